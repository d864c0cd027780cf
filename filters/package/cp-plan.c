/* cp-plan: what a package would change on a plane, as steps. */
#include "plan/plan.h"

#include "data/ident.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool upgrade, force;
static const char *removed;
static struct planning *planning;
static int root;

static void begin(void)
{
	struct plan_ask ask = {.action = removed ? PLAN_REMOVE : upgrade ? PLAN_UPGRADE : PLAN_INSTALL, .force = force,
			       .root_path = filter_root()};

	root = open(ask.root_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		sys_fail(errno, "unable to open the root %s", ask.root_path);
	ask.root = root;
	if (removed)
		ask.remove_id = span_of(removed);
	planning = plan_new(&ask);
}

static void finish(bool complete)
{
	struct plan plan;
	struct span line;

	/* What somebody before us found is in the way of all. */
	if (!complete || filter_input_status() != STATUS_YES)
		return;
	if (!planning)
		begin();
	if (plan_end(planning, &plan)) {
		while (spool_next(plan.lines, &line))
			emit_line(line);
		plan_free(&plan);
	}
	close(root);
}

/* The archive's records are behind us: what is to be done is in the steps. */
static void step(struct record *r)
{
	if (record_is(r, "plan") || record_is(r, "step"))
		bad_input("unable to trust the stream: it has a plan already");
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
	{0},
};

static void start(int argc, char **argv);

/* Not constant: a removal has no stream. */
static struct filter self = {
	.name = "cp-plan",
	.summary = "tell what a package would change on a plane, step by step",
	.args = "",
	.reads = "package asset member",
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
