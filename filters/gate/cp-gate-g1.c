/* cp-gate-g1: a package stands under law that is in force, and what it needs is there. */
#include "admit/law.h"
#include "filter/gate.h"
#include "gate/judged.h"

static const char gate[] = "G1";
static struct judged *subject;
static struct admit_law *law;

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	subject = judged_new();
}

static void step(struct record *r)
{
	gate_pass(gate, r);
	if (!judged_add(subject, r) || record_is(r, "plane"))
		return;
	/* Which plane it is may be known from the stream alone. */
	if (!law)
		law = admit_law_new(filter_root());
	if (admit_law_add(law, r))
		gate_checked(1);
}

static void finish(bool complete)
{
	char hash[DIGEST_TEXT];

	if (!complete)
		return;
	if (law)
		admit_law_end(law);
	judged_end(subject, hash);
	gate_verdict(gate, (struct span){hash, sizeof hash}, (struct span){0});
	judged_free(subject);
}

static const struct filter self = {
	.name = "cp-gate-g1",
	.summary = "judge that a package stands under law that is in force, and has what it needs",
	.args = "",
	.reads = "framework spec package asset",
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
