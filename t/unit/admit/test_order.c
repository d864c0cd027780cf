/* Asks for a work order: a filter of its own, for t/gate/order.bats, since only what changes a plane asks in earnest.
 * Without arguments it asks itself what needs no ledger. */
#include "unit.h"

#include "admit/order.h"
#include "filter/filter.h"
#include "os/clock.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *order = "", *package = "PKG-SIGNED-001", *version = "1.0.0", *archive = "", *plan = "", *txn = "",
		  *keyring;
static bool development, before;

static void start(int argc, char **argv)
{
	int root = open(filter_root(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct order_ask ask = {
		.work_order_id = span_of(order), .package_id = span_of(package), .version = span_of(version),
		.archive_hash = span_of(archive), .plan_hash = span_of(plan), .txn = span_of(txn),
		.development = development, .before_genesis = before, .keyring = keyring, .now = clock_now()};
	struct order_answer a;
	bool good = admit_order(root, filter_root(), &ask, &a);

	(void)argc;
	(void)argv;
	if (good)
		fprintf(stderr, "%s %.*s\n", a.unproven ? "unproven" : "approved by", (int)a.approver.n,
			a.approver.n ? a.approver.p : "");
	buf_free(&a.approver);
	buf_free(&a.signed_by);
	close(root);
}

static const struct opt opts[] = {
	{.name = "order", .value = "ID", .summary = "its id", .kind = OPT_STR, .target = &order},
	{.name = "package", .value = "ID", .summary = "for which", .kind = OPT_STR, .target = &package},
	{.name = "of", .value = "VERSION", .summary = "of that", .kind = OPT_STR, .target = &version},
	{.name = "archive", .value = "HASH", .summary = "from that", .kind = OPT_STR, .target = &archive},
	{.name = "plan", .value = "HASH", .summary = "by that", .kind = OPT_STR, .target = &plan},
	{.name = "txn", .value = "ID", .summary = "ours", .kind = OPT_STR, .target = &txn},
	{.name = "keyring", .value = "FILE", .summary = "whose", .kind = OPT_STR, .target = &keyring},
	{.name = "development", .summary = "made for it", .target = &development},
	{.name = "before", .summary = "genesis", .target = &before},
	{0},
};

static const struct filter self = {
	.name = "ask-order",
	.summary = "ask for a work order",
	.args = "",
	.reads = "",
	.writes = "finding",
	.opts = opts,
	.role = ROLE_SOURCE,
	.flags = FILTER_ROOT,
	.start = start,
};

static int asked(const char *program, const char *order_id)
{
	int status = 0, null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t child = fork();

	if (child == 0) {
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execl(program, program, "--root", "/tmp", "--order", order_id, (char *)NULL);
		_exit(126);
	}
	close(null);
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return filter_main(argc, argv, &self);
	CHECK_INT(asked(argv[0], ""), 1);
	CHECK_INT(asked(argv[0], "WO-1"), 1);
	CHECK_INT(asked(argv[0], "WO-20261121-001"), 1);
	return unit_done();
}
