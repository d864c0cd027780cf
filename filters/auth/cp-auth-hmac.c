/* cp-auth-hmac: whoever holds a token that the shared secret made. */
#include "filter/filter.h"
#include "provider/provide.h"
#include "identity/secrets.h"
#include "identity/token.h"

#include <errno.h>

static const char *secrets_option, *plane_uid = TOKEN_ANY_PLANE, *at_text;
static int64_t secret_fd = -1;

/* The descriptor that cp-auth gave us goes before all else. */
static const char *find_secrets(struct secrets *s)
{
	const char *why =
		secret_fd >= 0 ? secrets_receive(s, (int)secret_fd) : secrets_find(s, secrets_option, filter_root());

	if (why && errno && err_is_ours(errno))
		sys_fail(0, "unable to read the secret: %s", why);
	return !why && !s->current.n ? "it is empty" : why;
}

/* By the secret, or by the former one as long as that counts. */
static enum token_answer check(const struct provided *p, const struct secrets *s, struct span *user, int64_t *expires)
{
	struct span uid = span_of(plane_uid), token = secret_span(&p->token);
	enum token_answer a = token_check(token, secret_span(&s->current), uid, p->now, user, expires), b = TOKEN_BAD;

	if (s->former.n && p->now < s->until)
		b = token_check(token, secret_span(&s->former), uid, p->now, user, expires);
	if (a == TOKEN_BAD && b != TOKEN_BAD && *expires > s->until)
		*expires = s->until;
	return a == TOKEN_BAD ? b : a;
}

static void judge(const struct provided *p, const struct secrets *s)
{
	struct actor a = {0};
	struct span user;

	switch (check(p, s, &user, &a.expires)) {
	case TOKEN_GOOD:
		buf_span_add(&a.user, user);
		buf_str(&a.provider, "hmac");
		provide_actor(p, &a);
		break;
	case TOKEN_ENDED:
		identity_deny("the token has ended");
		break;
	case TOKEN_BAD:
		identity_deny("the token is not valid");
		break;
	}
	actor_free(&a);
}

static void start(int argc, char **argv)
{
	struct provided p;
	struct secrets s;
	const char *why;

	(void)argc;
	(void)argv;
	if ((why = plane_uid_bad(span_of(plane_uid))))
		bad_usage("unable to use --plane-uid: %s", why);
	if (provide_begin(&p, at_text)) {
		secrets_init(&s);
		why = find_secrets(&s);
		if (why)
			identity_deny("the secret cannot be used: %s", why);
		else
			judge(&p, &s);
		secrets_free(&s);
	}
	provide_end(&p);
}

static const struct opt opts[] = {
	{.name = "at", .value = "TIME", .summary = "what now is", .kind = OPT_STR, .target = &at_text},
	{.name = "plane-uid",
	 .value = "UID",
	 .summary = "of the plane, which a token that ends is bound to (*)",
	 .kind = OPT_STR,
	 .target = &plane_uid},
	{.name = "secret-fd",
	 .value = "N",
	 .summary = "a descriptor to read the secret from, as cp-auth gives it",
	 .kind = OPT_INT,
	 .target = &secret_fd,
	 .min = 3,
	 .max = 1 << 20},
	{.name = "secrets",
	 .value = "FILE",
	 .summary = "the secrets file ($HOME/.control_plane/auth_secrets.json)",
	 .kind = OPT_STR,
	 .target = &secrets_option},
	{0},
};

static const struct filter self = {
	.name = "cp-auth-hmac",
	.summary = "say who holds a token of the shared secret",
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
