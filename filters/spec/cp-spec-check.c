/* cp-spec-check: are specs what they must be, and under a framework that allows what they own? */
#include "charter/plane.h"
#include "charter/say.h"
#include "filter/gate.h"
#include "gate/judged.h"
#include "law/spec.h"

static const char gate[] = "SPEC";
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
	const char *root = complete ? filter_root_or_null() : NULL;
	char hash[DIGEST_TEXT];

	if (complete) {
		if (root)
			charter_read(&book, root, CHARTER_FRAMEWORKS | CHARTER_SPECS);
		gate_checked(spec_check(&book, &ends, root != NULL));
		judged_end(subject, hash);
		gate_verdict(gate, (struct span){hash, sizeof hash}, (struct span){0});
	}
	lawbook_free(&book);
	judged_free(subject);
}

static const struct filter self = {
	.name = "cp-spec-check",
	.summary = "judge specs, and whether their framework allows what they own",
	.args = "",
	.reads = "spec framework",
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
