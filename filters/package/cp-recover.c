/* cp-recover: finishes or undoes what an interrupted change of the plane left. */
#include "apply/recover.h"
#include "apply/txn.h"
#include "data/jsonw.h"
#include "ledger/book.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *keyring;
static bool wait_lock;

static void say(struct span txn, const char *outcome)
{
	struct buf *b = out_record("recovery");

	jsonw_str(b, "txn", txn);
	if (outcome)
		jsonw_cstr(b, "outcome", outcome);
	else
		jsonw_bool(b, "dry_run", true);
	emit_out();
}

static void told(struct span txn, enum recovered how)
{
	static const char *const outcomes[] = {
		[RECOVERED_DROPPED] = "dropped",
		[RECOVERED_FINISHED] = "finished",
		[RECOVERED_UNDONE] = "undone",
		[RECOVERED_SETTLED] = "settled",
	};

	say(txn, outcomes[how]);
}

static void start(int argc, char **argv)
{
	struct txn_list l;
	int root;

	(void)argc;
	(void)argv;
	umask(022);
	root = effect_lock(wait_lock);
	if (filter_dry_run()) {
		txn_list(&l, root);
		for (size_t i = 0; i < l.n; i++)
			say(span_of(l.name[i]), NULL);
		txn_list_free(&l);
	} else {
		recover_all(root, filter_root(), author_name(NULL), keyring, told);
	}
	close(root);
}

static const struct opt opts[] = {
	{.name = "keyring",
	 .value = "FILE",
	 .summary = "the keys that are believed ($HOME/.control_plane/trusted_keys.json)",
	 .kind = OPT_STR,
	 .target = &keyring},
	{.name = "wait", .summary = "wait while somebody else changes the plane", .target = &wait_lock},
	{0},
};

static const struct filter self = {
	.name = "cp-recover",
	.summary = "finish or undo what an interrupted change of the plane left",
	.args = "",
	.reads = "",
	.writes = "recovery ack finding",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_ROOT | FILTER_DRY_RUN | FILTER_OWN_INPUT,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
