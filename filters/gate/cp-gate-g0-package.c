/* cp-gate-g0-package: every governed file belongs to an installed package, and is what its manifest says. */
#include "filter/gate.h"
#include "ledger/pins.h"
#include "registry/project.h"
#include "store/ownership.h"
#include "tree/compare.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char gate[] = "G0-PACKAGE";
static struct compare *compare;

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	compare = compare_new(NULL, false);
}

static void step(struct record *r)
{
	gate_pass(gate, r);
	compare_record(compare, r);
}

/* One finding for each owner, at the first of its files. */
static void judge_owner(const struct project *p, const struct registry_row *row, struct buf *told)
{
	const struct known *k = projection_find(p->state, OF_PACKAGES, row->owner);

	/* One that no entry knows was found when the rows were explained. */
	if (!k || k->state == KNOWN_INSTALLED || k->state == KNOWN_ADOPTED)
		return;
	for (size_t at = 0; at < told->n; at += strlen(told->p + at) + 1)
		if (span_eq(span_of(told->p + at), row->owner))
			return;
	buf_span_add(told, row->owner);
	buf_char(told, '\0');
	finding(CODE_UNRECORDED, row->path, "Owner not installed: %.*s",
		(int)(row->owner.n < 255 ? row->owner.n : 255), row->owner.p);
}

static void judge_owners(const struct project *p)
{
	struct buf path = {0}, told = {0};
	struct registry_row row;
	struct registry *registry;
	int status, got;

	buf_printf(&path, "%s/" OWNERSHIP_FILE, p->root_path);
	registry = registry_open(buf_cstr(&path), &status);
	if (!registry)
		filter_abandon((enum status)status);
	while ((got = registry_next(registry, &row, &status)) > 0)
		judge_owner(p, &row, &told);
	if (got < 0)
		filter_abandon((enum status)status);
	registry_close(registry);
	buf_free(&told);
	buf_free(&path);
}

/* What the ledger and the manifests that it vouches for come to: whose each file is, and its hash. */
static void judge_projection(int root)
{
	struct project p = {.root = root};

	project_run(&p, filter_root(), false);
	for (size_t i = 0; p.compared && i < p.outputs.n; i++)
		if (strcmp(p.outputs.output[i].path, OWNERSHIP_FILE) == 0 && p.outputs.output[i].differs)
			finding(CODE_STALE, span_of(OWNERSHIP_FILE), NULL);
	judge_owners(&p);
	project_free(&p);
}

static void finish(bool complete)
{
	int root;

	if (!complete)
		return;
	root = open(filter_root(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		sys_fail(errno, "unable to open the plane %s", filter_root());
	if (faccessat(root, PINS_LEDGER, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		judge_projection(root);
		compare_anchor(compare, "ledger");
	} else if (errno != ENOENT && errno != ENOTDIR) {
		sys_fail(errno, "unable to look for " PINS_LEDGER);
	}
	close(root);
	compare_conclude(compare, gate);
}

static const struct filter self = {
	.name = "cp-gate-g0-package",
	.summary = "judge that every governed file is an installed package's, and as its manifest says",
	.args = "",
	.reads = "plane file dir special excluded",
	.writes = "* finding verdict",
	.role = ROLE_JUDGE,
	.flags = FILTER_ROOT | FILTER_GATE,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
