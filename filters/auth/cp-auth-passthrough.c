/* cp-auth-passthrough: whoever the token says, where that was allowed. */
#include "filter/filter.h"
#include "identity/choice.h"
#include "provider/provide.h"

static bool allowed;
static const char *at_text;

static void judge(const struct provided *p)
{
	struct span token = secret_span(&p->token);
	const char *colon = memchr(token.p, ':', token.n);
	struct actor a = {.expires = ACTOR_FOR_EVER};
	const char *why;

	/* What hmac would check stands behind a colon, and is nobody's name. */
	if (colon)
		token.n = (size_t)(colon - token.p);
	why = user_bad(token);
	if (why) {
		identity_deny("the user that the token names %s", why);
		return;
	}
	buf_span_add(&a.user, token);
	buf_str(&a.provider, "passthrough");
	provide_actor(p, &a);
	actor_free(&a);
}

/* The option stands for the environment, and neither goes past what the plane pins. */
static bool may(void)
{
	struct choice c;
	bool yes;

	choice_read(&c, filter_root());
	yes = c.passthrough || (allowed && c.open);
	choice_free(&c);
	return yes;
}

static void start(int argc, char **argv)
{
	struct provided p;

	(void)argc;
	(void)argv;
	if (provide_begin(&p, at_text)) {
		if (may())
			judge(&p);
		else
			identity_deny("passthrough is not allowed (CONTROL_PLANE_ALLOW_PASSTHROUGH=1 allows it before "
				      "genesis, or a plane made for development)");
	}
	provide_end(&p);
}

static const struct opt opts[] = {
	{.name = "allow-passthrough",
	 .summary = "what CONTROL_PLANE_ALLOW_PASSTHROUGH=1 says",
	 .kind = OPT_FLAG,
	 .target = &allowed},
	{.name = "at", .value = "TIME", .summary = "what now is", .kind = OPT_STR, .target = &at_text},
	{0},
};

static const struct filter self = {
	.name = "cp-auth-passthrough",
	.summary = "believe whatever name a token has, for development",
	.args = "",
	.reads = "token",
	.writes = "actor",
	.opts = opts,
	.role = ROLE_SOURCE,
	.flags = FILTER_ROOT | FILTER_OWN_INPUT,
	.start = start,
};

int main(int argc, char **argv)
{
	secret_guard();
	return filter_main(argc, argv, &self);
}
