/* cp-plan: what a package would change on a plane, as steps. */
#include "plan/invert.h"
#include "plan/plan.h"

#include "data/ident.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool upgrade, force, invert;
static bool denied; /* by a verdict */
static const char *removed;
static struct planning *planning;
static struct spool *given; /* the plan that is turned round */
static int root;

static void open_root(void)
{
	root = open(filter_root(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		sys_fail(errno, "unable to open the root %s", filter_root());
}

static void begin(void)
{
	struct plan_ask ask = {.action = removed ? PLAN_REMOVE : upgrade ? PLAN_UPGRADE : PLAN_INSTALL, .force = force,
			       .root_path = filter_root()};

	open_root();
	ask.root = root;
	if (removed)
		ask.remove_id = span_of(removed);
	planning = plan_new(&ask);
}

static void turn_round(void)
{
	struct spool *out = spool_new();

	open_root();
	if (plan_invert(given, root, out))
		spool_emit(out);
	spool_free(out);
}

static void make(void)
{
	struct plan plan;

	if (!planning)
		begin();
	if (plan_end(planning, &plan)) {
		spool_emit(plan.lines);
		plan_free(&plan);
	}
}

static void finish(bool complete)
{
	/* What somebody before us found is in the way of all. */
	if (!complete || filter_input_status() != STATUS_YES)
		return;
	if (denied) {
		complain("unable to plan: a verdict of the stream says no");
		filter_raise(STATUS_NO);
	} else if (invert) {
		turn_round();
	} else {
		make();
	}
	close(root);
}

/* The archive's records are behind us: what is to be done is in the steps. */
static void step(struct record *r)
{
	bool plan = record_is(r, "plan") || record_is(r, "step");

	if (invert) {
		if (plan)
			spool_add(given, r->line);
		else
			emit(r);
		return;
	}
	if (plan)
		bad_input("unable to trust the stream: it has a plan already");
	denied |= record_is(r, "verdict") && !record_true(r, "pass");
	if (!planning)
		begin();
	if (!plan_add(planning, r))
		emit(r);
}

static const struct opt opts[] = {
	{.name = "upgrade",
	 .summary = "an earlier version is installed, and this one takes its place",
	 .kind = OPT_FLAG,
	 .target = &upgrade},
	{.name = "remove",
	 .value = "PACKAGE_ID",
	 .summary = "plan the removal of that package; no stream is read",
	 .kind = OPT_STR,
	 .target = &removed},
	{.name = "force",
	 .summary = "files that nobody owns may be replaced",
	 .kind = OPT_FLAG,
	 .target = &force},
	{.name = "invert",
	 .summary = "a plan is read, and the one that takes back what it did is written",
	 .kind = OPT_FLAG,
	 .target = &invert},
	{0},
};

static void start(int argc, char **argv);

/* Not constant: a removal has no stream. */
static struct filter self = {
	.name = "cp-plan",
	.summary = "tell what a package would change on a plane, step by step",
	.args = "",
	.reads = "package asset member plan step",
	.writes = "* plan step finding",
	.opts = opts,
	.role = ROLE_JUDGE,
	.flags = FILTER_ROOT,
	.start = start,
	.step = step,
	.finish = finish,
};

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (invert && (upgrade || force || removed))
		bad_usage("unable to turn a plan round: --invert goes with none of --upgrade, --force and --remove");
	if (invert)
		given = spool_new();
	if (!removed)
		return;
	if (upgrade || force)
		bad_usage("unable to plan: --remove goes with neither --upgrade nor --force");
	if (!ident_is(IDENT_PACKAGE, span_of(removed)))
		bad_usage("unable to plan the removal: %s is no id of a package", removed);
	self.flags |= FILTER_OWN_INPUT;
}

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
