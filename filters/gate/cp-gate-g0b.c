/* cp-gate-g0b: every governed file of a plane is owned, there and unaltered. */
#include "filter/gate.h"
#include "tree/compare.h"

static const char gate[] = "G0B";
static struct compare *compare;

static void start(int argc, char **argv)
{
	compare = compare_new(argc ? argv[0] : NULL, false);
}

static void step(struct record *r)
{
	gate_pass(gate, r);
	compare_record(compare, r);
}

static void finish(bool complete)
{
	if (complete)
		compare_conclude(compare, gate);
}

static const struct filter self = {
	.name = "cp-gate-g0b",
	.summary = "judge that every governed file is owned, there and unaltered",
	.args = "[REGISTRY]",
	.reads = "plane file dir special excluded",
	.writes = "* finding verdict",
	.role = ROLE_JUDGE,
	.flags = FILTER_ROOT | FILTER_GATE,
	.operands_max = 1,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
