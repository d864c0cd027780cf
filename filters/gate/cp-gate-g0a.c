/* cp-gate-g0a: a package holds what it declares, and nothing else. */
#include "bundle/judge.h"
#include "filter/gate.h"
#include "gate/judged.h"

static const char gate[] = "G0A";
static struct judged *subject;
static struct package_judge *judge;

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	subject = judged_new();
	judge = package_judge_new();
}

static void step(struct record *r)
{
	gate_pass(gate, r);
	if (judged_add(subject, r) && package_judge_add(judge, r))
		gate_checked(1);
}

static void finish(bool complete)
{
	char hash[DIGEST_TEXT];

	if (!complete)
		return;
	package_judge_end(judge);
	judged_end(subject, hash);
	gate_verdict(gate, (struct span){hash, sizeof hash}, (struct span){0});
	judged_free(subject);
}

static const struct filter self = {
	.name = "cp-gate-g0a",
	.summary = "judge that a package holds what it declares, and nothing else",
	.args = "",
	.reads = "package asset member",
	.writes = "* finding verdict",
	.role = ROLE_JUDGE,
	.flags = FILTER_GATE,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
