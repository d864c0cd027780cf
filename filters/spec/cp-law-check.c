/* cp-law-check: are law documents what they must be? */
#include "charter/say.h"
#include "filter/gate.h"
#include "gate/judged.h"
#include "law/law.h"

static const char gate[] = "LAW";
static struct lawbook book;
static struct judged *subject;

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	subject = judged_new();
}

static void step(struct record *r)
{
	gate_pass(gate, r);
	if (judged_add(subject, r))
		lawbook_add(&book, r, true);
}

static void finish(bool complete)
{
	struct law_ends ends = charter_ends();
	char hash[DIGEST_TEXT];

	if (complete) {
		gate_checked(law_check(&book, &ends));
		judged_end(subject, hash);
		gate_verdict(gate, (struct span){hash, sizeof hash}, (struct span){0});
	}
	lawbook_free(&book);
	judged_free(subject);
}

static const struct filter self = {
	.name = "cp-law-check",
	.summary = "judge law documents",
	.args = "",
	.reads = "framework",
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
