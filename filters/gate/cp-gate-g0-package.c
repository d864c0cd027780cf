/* cp-gate-g0-package: every governed file belongs to an installed package, and is what its manifest says. */
#include "filter/gate.h"
#include "registry/judge.h"
#include "tree/compare.h"

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

static void finish(bool complete)
{
	struct plane_judge judge;

	if (!complete)
		return;
	if (plane_judge(&judge, filter_root()))
		compare_anchor(compare, "ledger");
	plane_judge_free(&judge);
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
