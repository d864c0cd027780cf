/* cp-authz: may the actor do this? */
#include "data/jsonw.h"
#include "filter/filter.h"
#include "identity/choice.h"
#include "identity/policy.h"
#include "os/clock.h"

static const char *at_text;
static enum action action;
static struct policy_terms terms;
static struct actor actor;
static bool seen;

static void start(int argc, char **argv)
{
	struct buf names = {0};
	struct choice choice;

	(void)argc;
	if (!action_of(span_of(argv[0]), &action)) {
		for (enum action a = 0; a < ACTIONS; a++)
			buf_printf(&names, "%s%s", a ? ", " : "", action_name(a));
		bad_usage("unable to decide on %s: that is no action, which are %s", argv[0], buf_cstr(&names));
	}
	terms.now = option_time("at", at_text, clock_now());
	choice_read(&choice, filter_root());
	terms.passthrough = choice.passthrough;
	choice_free(&choice);
}

static void step(struct record *r)
{
	const char *why = seen ? "it names more than one actor" : actor_read(&actor, r);

	if (why)
		bad_input("unable to decide: %s", why);
	seen = true;
}

static void decide(bool allowed, const char *why)
{
	struct buf *b = out_record("decision");

	jsonw_cstr(b, "action", action_name(action));
	jsonw_bool(b, "allowed", allowed);
	if (seen)
		actor_write(b, &actor);
	jsonw_cstr(b, "why", why);
	conclude_out();
	if (!allowed)
		filter_raise(STATUS_NO);
}

static void judge(void)
{
	struct policy p;
	struct buf why = {0};
	const char *unusable = policy_open(&p, filter_root());
	bool allowed = false;

	if (unusable)
		buf_printf(&why, POLICY_FILE " cannot be used: %s", unusable);
	else
		allowed = policy_allows(&p, &actor, action, &terms, &why);
	if (!allowed)
		complain("unable to allow %s: %s", action_name(action), buf_cstr(&why));
	decide(allowed, buf_cstr(&why));
	policy_close(&p);
	buf_free(&why);
}

static void finish(bool complete)
{
	if (!complete)
		return;
	if (filter_input_status() != STATUS_YES) /* whoever denied it has said why */
		decide(false, seen ? "what the actor came with says no" : "nobody was authenticated");
	else if (!seen)
		bad_input("unable to decide: there is no actor");
	else
		judge();
	actor_free(&actor);
}

static const struct opt opts[] = {
	{.name = "at", .value = "TIME", .summary = "what now is", .kind = OPT_STR, .target = &at_text},
	{0},
};

static const struct filter self = {
	.name = "cp-authz",
	.summary = "decide whether an actor may do something",
	.args = "ACTION",
	.reads = "actor",
	.writes = "decision",
	.opts = opts,
	.role = ROLE_JUDGE,
	.flags = FILTER_ROOT,
	.operands_min = 1,
	.operands_max = 1,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
