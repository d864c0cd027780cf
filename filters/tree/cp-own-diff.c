#include "filter/gate.h"
#include "tree/compare.h"

static bool pass, look_for_twins;
static struct compare *compare;

static void start(int argc, char **argv)
{
	compare = compare_new(argc ? argv[0] : NULL, look_for_twins);
}

static void step(struct record *r)
{
	if (pass)
		emit(r);
	compare_record(compare, r);
}

static void finish(bool complete)
{
	if (complete)
		compare_conclude(compare, "OWN-DIFF");
}

static const struct opt options[] = {
	{.name = "pass", .summary = "hand the records on before the findings", .kind = OPT_FLAG, .target = &pass},
	{.name = "case", .summary = "note names that differ only in case", .kind = OPT_FLAG, .target = &look_for_twins},
	{0},
};

static const struct filter self = {
	.name = "cp-own-diff",
	.summary = "compare a hashed tree with its ownership registry",
	.args = "[REGISTRY]",
	.reads = "plane file dir special excluded",
	.writes = "finding verdict",
	.opts = options,
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
