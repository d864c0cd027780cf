/* cp-auth: who acts. */
#include "filter/filter.h"
#include "identity/ask.h"
#include "identity/token.h"
#include "os/clock.h"

static struct ask ask;

static void start(int argc, char **argv)
{
	struct actor a = {0};
	const char *why;

	(void)argc;
	(void)argv;
	if (ask.token && ask.token_file)
		bad_usage("unable to use both --token and --token-file");
	/* The provider takes it as it is. */
	option_time("at", ask.at, 0);
	if (ask.plane_uid && (why = plane_uid_bad(span_of(ask.plane_uid))))
		bad_usage("unable to use --plane-uid: %s", why);
	filter_root();
	if (identity_ask(&a, &ask)) {
		actor_write(out_record("actor"), &a);
		emit_out();
	}
	actor_free(&a);
}

static const struct opt opts[] = {
	{.name = "at", .value = "TIME", .summary = "what now is", .kind = OPT_STR, .target = &ask.at},
	{.name = "plane-uid",
	 .value = "UID",
	 .summary = "of the plane, which a token that ends is bound to (*)",
	 .kind = OPT_STR,
	 .target = &ask.plane_uid},
	{.name = "provider",
	 .value = "NAME",
	 .summary = "who is asked, cp-auth-NAME (CONTROL_PLANE_AUTH_PROVIDER)",
	 .kind = OPT_STR,
	 .target = &ask.provider},
	{.name = "secrets",
	 .value = "FILE",
	 .summary = "hmac: the secrets file ($HOME/.control_plane/auth_secrets.json)",
	 .kind = OPT_STR,
	 .target = &ask.secrets},
	{.name = "token",
	 .value = "TOKEN",
	 .summary = "the token; others can see it, use --token-file",
	 .kind = OPT_STR,
	 .target = &ask.token},
	{.name = "token-file",
	 .value = "FILE",
	 .summary = "a file with it, - for standard input (CONTROL_PLANE_TOKEN)",
	 .kind = OPT_STR,
	 .target = &ask.token_file},
	{0},
};

static const struct filter self = {
	.name = "cp-auth",
	.summary = "say who acts",
	.args = "",
	.reads = "",
	.writes = "actor",
	.opts = opts,
	.role = ROLE_SOURCE,
	.flags = FILTER_ROOT,
	.start = start,
};

int main(int argc, char **argv)
{
	secret_guard();
	return filter_main(argc, argv, &self);
}
