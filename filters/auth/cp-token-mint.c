/* cp-token-mint: makes a token of the shared secret. */
#include "data/jsonw.h"
#include "filter/filter.h"
#include "identity/actor.h"
#include "identity/secrets.h"
#include "identity/token.h"
#include "os/clock.h"

static const int64_t second = 1000000000;
static const char *secrets_option, *plane_uid, *expires_text, *for_text, *at_text;
static bool bare;

static int64_t now(void)
{
	return option_time("at", at_text, clock_now());
}

/* In whole seconds, 0: never. */
static int64_t find_end(void)
{
	int64_t start = now(), end;

	if (expires_text && for_text)
		bad_usage("unable to use both --expires and --for");
	end = option_time("expires", expires_text, 0);
	if (for_text && !clock_parse_length(span_of(for_text), &end))
		bad_usage("unable to use --for %s: it is no length of time such as 90s, 15m, 8h or 7d", for_text);
	if (for_text && (end == 0 || end > INT64_MAX - start))
		bad_usage("unable to use --for %s: the token would end at once, or never", for_text);
	if (for_text)
		end += start;
	if (expires_text && end <= start)
		bad_usage("unable to use --expires %s: that is past", expires_text);
	return end / second;
}

static void say(const struct secret *token, int64_t end)
{
	char time[CLOCK_TEXT];
	struct buf *b;

	if (bare) {
		emit_text(secret_span(token));
		emit_text(SPAN("\n"));
		return;
	}
	b = out_record("token");
	jsonw_str(b, "token", secret_span(token));
	if (end) {
		clock_text(end * second, 0, time);
		jsonw_cstr(b, "expires_at", time);
		jsonw_cstr(b, "plane_uid", plane_uid ? plane_uid : TOKEN_ANY_PLANE);
	} else {
		jsonw_null(b, "expires_at");
	}
	emit_out();
}

static void check_names(const char *user, int64_t end)
{
	const char *why = user_bad(span_of(user));

	if (why)
		bad_usage("unable to make a token for %s: the name %s", user, why);
	if (plane_uid && !end)
		bad_usage("unable to use --plane-uid: only a token that ends is bound to a plane");
	if (plane_uid && (why = plane_uid_bad(span_of(plane_uid))))
		bad_usage("unable to use --plane-uid: %s", why);
}

static struct filter self;

static void start(int argc, char **argv)
{
	int64_t end = find_end();
	struct secrets s;
	struct secret token;
	const char *why;

	(void)argc;
	check_names(argv[0], end);
	if (bare)
		self.flags |= FILTER_TEXT;
	secrets_init(&s);
	why = secrets_find(&s, secrets_option, filter_root_or_null());
	if (why) {
		complain("unable to make a token: the secret cannot be used: %s", why);
		filter_raise(STATUS_NO);
	} else {
		secret_init(&token);
		token_make(&token, span_of(argv[0]), end, span_of(plane_uid ? plane_uid : TOKEN_ANY_PLANE),
			   secret_span(&s.current));
		say(&token, end);
		secret_free(&token);
	}
	secrets_free(&s);
}

static const struct opt opts[] = {
	{.name = "at", .value = "TIME", .summary = "what now is", .kind = OPT_STR, .target = &at_text},
	{.name = "bare", .summary = "the token alone, no record", .kind = OPT_FLAG, .target = &bare},
	{.name = "expires", .value = "TIME", .summary = "when it ends", .kind = OPT_STR, .target = &expires_text},
	{.name = "for",
	 .value = "LENGTH",
	 .summary = "how long it counts: 90s, 15m, 8h, 7d",
	 .kind = OPT_STR,
	 .target = &for_text},
	{.name = "plane-uid",
	 .value = "UID",
	 .summary = "of the plane that it counts for (*)",
	 .kind = OPT_STR,
	 .target = &plane_uid},
	{.name = "secrets",
	 .value = "FILE",
	 .summary = "the secrets file ($HOME/.control_plane/auth_secrets.json)",
	 .kind = OPT_STR,
	 .target = &secrets_option},
	{0},
};

static struct filter self = {
	.name = "cp-token-mint",
	.summary = "make a token of the shared secret",
	.args = "USER",
	.reads = "",
	.writes = "token",
	.opts = opts,
	.role = ROLE_SOURCE,
	.flags = FILTER_ROOT,
	.operands_min = 1,
	.operands_max = 1,
	.start = start,
};

int main(int argc, char **argv)
{
	secret_guard();
	return filter_main(argc, argv, &self);
}
