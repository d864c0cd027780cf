/* cp-keygen: makes a key pair. */
#include "base/text.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "os/clock.h"
#include "os/save.h"
#include "trust/keyring.h"
#include "outside/outside.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const int64_t day = INT64_C(86400) * 1000000000;
static const char *algorithm_name = "ed25519", *key_id, *out_path, *owner, *from_text, *until_text, *at_text;
static struct opt_list roles;

static void check_texts(void)
{
	const char *why = key_id_bad(span_of(key_id));

	if (why)
		bad_usage("unable to use the key_id: it %s", why);
	if (owner && (why = key_id_bad(span_of(owner))))
		bad_usage("unable to use the owner: it %s", why);
	for (unsigned i = 0; i < roles.n; i++)
		if (key_id_bad(span_of(roles.item[i])))
			bad_usage("unable to use the role %u: it %s", i + 1, key_id_bad(span_of(roles.item[i])));
}

static void taken(const struct outside *o)
{
	complain("unable to make the key %s: there is something of that name", o->path);
	filter_raise(STATUS_NO);
}

/* False: somebody has taken the name meanwhile. */
static bool write_key(const struct outside *o, const struct sign_key *k)
{
	struct secret pem;
	int failed;

	secret_init(&pem);
	sign_key_pem(k, &pem);
	failed = save_new(o->dir, o->name, secret_span(&pem)) == 0 ? 0 : errno;
	secret_free(&pem);
	if (failed == EEXIST)
		taken(o);
	else if (failed)
		sys_fail(failed, "unable to write the key %s", o->path);
	return !failed;
}

static void say(const struct sign_key *k, int64_t from, int64_t until)
{
	struct buf *b = out_record("key"), public = {0}, text = {0};
	char time[CLOCK_TEXT];

	sign_key_public(k, &public);
	buf_str(&text, "base64:");
	base64_add(&text, public.p, public.n);
	jsonw_cstr(b, "key_id", key_id);
	jsonw_cstr(b, "algorithm", algorithm_name);
	jsonw_str(b, "public_key", buf_span(&text));
	clock_text(from, 0, time);
	jsonw_cstr(b, "valid_from", time);
	clock_text(until, 0, time);
	jsonw_cstr(b, "valid_until", time);
	jsonw_cstr(b, "status", "active");
	jsonw_array_open(b, "roles");
	for (unsigned i = 0; i < roles.n; i++)
		jsonw_cstr(b, NULL, roles.item[i]);
	jsonw_array_close(b);
	if (owner)
		jsonw_cstr(b, "owner", owner);
	if (filter_dry_run())
		jsonw_bool(b, "dry_run", true);
	emit_out();
	buf_free(&public);
	buf_free(&text);
}

static void start(int argc, char **argv)
{
	int64_t now = option_time("at", at_text, clock_now());
	int64_t from = option_time("valid-from", from_text, now),
		until = option_time("valid-until", until_text, from + 365 * day);
	enum key_algorithm algorithm = KEY_ED25519;
	const char *why = NULL;
	struct outside o;
	struct sign_key *k;

	(void)argc;
	(void)argv;
	check_texts();
	if (until < from)
		bad_usage("unable to use --valid-until: it is before --valid-from");
	if (outside_open(&o, out_path, filter_root_or_null(), &why) < 0) {
		if (errno)
			sys_fail(0, "unable to make the key %s: %s", out_path, why);
		bad_usage("unable to make the key %s: %s", out_path, why);
	}
	key_algorithm_of(span_of(algorithm_name), &algorithm);
	if (faccessat(o.dir, o.name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		taken(&o);
	} else {
		k = sign_key_make(algorithm);
		if (filter_dry_run() || write_key(&o, k))
			say(k, from, until);
		sign_key_free(k);
	}
	outside_close(&o);
}

static const struct opt opts[] = {
	{.name = "key-id",
	 .value = "ID",
	 .summary = "the name of the key",
	 .kind = OPT_STR,
	 .target = &key_id,
	 .required = true},
	{.name = "out",
	 .value = "FILE",
	 .summary = "where the private key goes, outside every plane",
	 .kind = OPT_STR,
	 .target = &out_path,
	 .required = true},
	{.name = "algorithm",
	 .value = "ed25519|rsa4096",
	 .summary = "of which kind it is (ed25519)",
	 .kind = OPT_CHOICE,
	 .target = &algorithm_name},
	{.name = "owner", .value = "NAME", .summary = "whose key it is", .kind = OPT_STR, .target = &owner},
	{.name = "role",
	 .value = "ROLE",
	 .summary = "what it may sign for; may be given again",
	 .kind = OPT_LIST,
	 .target = &roles},
	{.name = "valid-from",
	 .value = "TIME",
	 .summary = "it counts from then on (now)",
	 .kind = OPT_STR,
	 .target = &from_text},
	{.name = "valid-until",
	 .value = "TIME",
	 .summary = "it counts until then (365 days later)",
	 .kind = OPT_STR,
	 .target = &until_text},
	{.name = "at", .value = "TIME", .summary = "what now is", .kind = OPT_STR, .target = &at_text},
	{0},
};

static const struct filter self = {
	.name = "cp-keygen",
	.summary = "make a key to sign with",
	.args = "",
	.reads = "",
	.writes = "key",
	.opts = opts,
	.role = ROLE_SOURCE,
	.flags = FILTER_ROOT | FILTER_DRY_RUN,
	.start = start,
};

int main(int argc, char **argv)
{
	secret_guard();
	return filter_main(argc, argv, &self);
}
