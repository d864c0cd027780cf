/* cp-auth-oidc: whoever an issuer that the plane trusts says. */
#include "filter/filter.h"
#include "provider/oidc.h"
#include "provider/provide.h"

static const char *at_text;

static void judge(const struct provided *p, const struct oidc *o)
{
	struct oidc_token t;
	struct actor a = {0};
	const char *why = oidc_check(&t, o, secret_span(&p->token), p->now);

	if (why) {
		identity_deny("the token is not valid: %s", why);
	} else {
		buf_span_add(&a.user, buf_span(&t.subject));
		buf_str(&a.provider, "oidc");
		a.expires = t.expires;
		a.roles = policy_claimed(&p->policy, buf_span(&t.issuer), &t.claims);
		provide_actor(p, &a);
	}
	oidc_token_free(&t);
	actor_free(&a);
}

static void start(int argc, char **argv)
{
	struct provided p;
	struct oidc o;
	const char *why;

	(void)argc;
	(void)argv;
	if (provide_begin(&p, at_text)) {
		why = oidc_open(&o, filter_root());
		if (why)
			identity_deny(OIDC_FILE " cannot be used: %s", why);
		else
			judge(&p, &o);
		oidc_close(&o);
	}
	provide_end(&p);
}

static const struct opt opts[] = {
	{.name = "at", .value = "TIME", .summary = "what now is", .kind = OPT_STR, .target = &at_text},
	{0},
};

static const struct filter self = {
	.name = "cp-auth-oidc",
	.summary = "say whom an OpenID Connect ID token is of",
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
