/* cp-auth-init: makes the shared secret of tokens, or the next one. */
#include "data/jsonw.h"
#include "filter/filter.h"
#include "identity/actor.h"
#include "identity/policy.h"
#include "identity/secrets.h"
#include "identity/token.h"
#include "os/beneath.h"
#include "os/clock.h"
#include "os/env.h"
#include "os/in.h"
#include "os/save.h"
#include "outside/outside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *secrets_option, *keep_text, *admin, *at_text;
static const char taken[] = "there is something of that name (--rotate makes the next one)";
static bool rotate;

/* What it writes, and where. */
static struct work {
	int64_t now, keep;
	struct outside at;
	struct secrets secrets;
	struct save save;
	bool saving;
	struct buf roles; /* the starter; empty: none is to be written */
} w;

/* Whatever ends the process before the commit leaves no temporary behind. */
static void drop(void)
{
	if (w.saving)
		save_abort(&w.save);
}

static void check_words(void)
{
	const char *why = admin ? user_bad(span_of(admin)) : NULL;

	w.now = option_time("at", at_text, clock_now());
	w.keep = INT64_C(86400) * 1000000000;
	if (keep_text && !rotate)
		bad_usage("unable to use --keep without --rotate");
	if (keep_text && !clock_parse_length(span_of(keep_text), &w.keep))
		bad_usage("unable to use --keep %s: it is no length of time such as 90s, 15m, 8h or 7d", keep_text);
	if (admin && rotate)
		bad_usage("unable to use both --admin and --rotate");
	if (why)
		bad_usage("unable to make %s an admin: the name %s", admin, why);
}

/* --- where --- */

static void find_place(void)
{
	struct buf path = {0};
	const char *why;

	if (!secrets_path(&path, secrets_option))
		bad_usage("unable to find the secrets file: give --secrets, or set HOME");
	if (!secrets_option && !filter_dry_run()) {
		struct buf dir = {0};

		buf_add(&dir, path.p, path.n - strlen("/auth_secrets.json"));
		if (mkdir(buf_cstr(&dir), 0700) < 0 && errno != EEXIST)
			sys_fail(errno, "unable to make %s", buf_cstr(&dir));
		buf_free(&dir);
	}
	if (outside_open(&w.at, buf_cstr(&path), filter_root(), &why) < 0) {
		if (errno)
			sys_fail(0, "unable to make the secret %s: %s", buf_cstr(&path), why);
		bad_usage("unable to make the secret %s: %s", buf_cstr(&path), why);
	}
	buf_free(&path);
}

/* --- the roles --- */

/* Is there none yet, or just what we would write? */
static bool roles_free(int root)
{
	int fd = beneath_open(root, SPAN(POLICY_FILE), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct buf text = {0};
	bool same;

	if (fd < 0 && errno != ENOENT)
		sys_fail(errno, "unable to read " POLICY_FILE);
	if (fd < 0)
		return true;
	same = slurp_fd(fd, w.roles.n, &text) == 0 && span_eq(buf_span(&text), buf_span(&w.roles));
	close(fd);
	buf_free(&text);
	return same;
}

static void write_roles(int root)
{
	struct save s;
	int dir;

	if (beneath_mkdirs(root, SPAN("config"), 0755) < 0 ||
	    (dir = beneath_open(root, SPAN("config"), O_RDONLY | O_DIRECTORY, 0)) < 0)
		sys_fail(errno, "unable to make config");
	if (save_begin(&s, dir, "roles.json", 0644) < 0)
		sys_fail(errno, "unable to write " POLICY_FILE);
	out_add(&s.out, w.roles.p, w.roles.n);
	if (save_commit(&s) < 0)
		sys_fail(errno, "unable to write " POLICY_FILE);
	close(dir);
}

/* False: other roles are there. */
static bool make_roles(void)
{
	int root;
	bool good;

	if (!admin)
		return true;
	root = open(filter_root(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		sys_fail(errno, "unable to open %s", filter_root());
	jsonw_open(&w.roles, NULL);
	jsonw_cstr(&w.roles, "schema_version", "1.0");
	jsonw_open(&w.roles, "users");
	jsonw_array_open(&w.roles, admin);
	jsonw_cstr(&w.roles, NULL, role_name(ADMIN_ROLE));
	jsonw_array_close(&w.roles);
	jsonw_close(&w.roles);
	jsonw_open(&w.roles, "origins");
	jsonw_cstr(&w.roles, admin, origin_name(ORIGIN_BUILDER));
	jsonw_close(&w.roles);
	jsonw_close(&w.roles);
	buf_char(&w.roles, '\n');
	good = roles_free(root);
	if (good && !filter_dry_run())
		write_roles(root);
	close(root);
	return good;
}

/* --- the secret --- */

/* The present one becomes the former. */
static void read_former(void)
{
	const char *why = secrets_read(&w.secrets, w.at.path, filter_root());

	err_place(w.at.path, 0);
	if (why && errno)
		sys_fail(0, "unable to read the secret: %s", why);
	if (why)
		bad_input("unable to use the secret: %s", why);
	err_place(NULL, 0);
	if (w.secrets.current.n > SECRET_BYTES / 4)
		bad_usage("unable to keep the former secret: it is too long");
	secret_wipe(w.secrets.former.p, SECRET_BYTES);
	w.secrets.former.n = 0;
	if (w.keep == 0)
		return;
	memcpy(w.secrets.former.p, w.secrets.current.p, w.secrets.current.n);
	w.secrets.former.n = w.secrets.current.n;
	w.secrets.until = w.now > INT64_MAX - w.keep ? INT64_MAX : w.now + w.keep;
}

static void fill(void)
{
	struct secret *s = &w.secrets.current;

	secret_wipe(s->p, SECRET_BYTES);
	s->n = (size_t)2 * SECRET_RANDOM_BYTES;
	random_hex((char *)s->p, SECRET_RANDOM_BYTES);
	s->p[s->n] = 0;
}

static void deny(const char *why)
{
	complain("unable to make the secret %s: %s", w.at.path, why);
	filter_raise(STATUS_NO);
}

/* Past the buffer of `save`, which nobody wipes. */
static int replace(const struct secret *text)
{
	int failed = write_all(w.save.fd, text->p, text->n) < 0 ? errno : 0;

	if (failed)
		return failed;
	w.saving = false;
	return save_commit(&w.save) < 0 ? errno : 0;
}

/* False: somebody else was first. */
static bool commit(void)
{
	struct secret text;
	int failed;

	secret_init(&text);
	secrets_write(&text, &w.secrets);
	if (rotate)
		failed = replace(&text);
	else
		failed = save_new(w.at.dir, w.at.name, secret_span(&text)) < 0 ? errno : 0;
	secret_free(&text);
	if (failed == EEXIST)
		deny(taken);
	else if (failed)
		sys_fail(failed, "unable to write the secret %s", w.at.path);
	return !failed;
}

static void say(void)
{
	struct buf *b = out_record("secrets");
	char time[CLOCK_TEXT];

	jsonw_bytes(b, "file", span_of(w.at.path));
	jsonw_bool(b, "rotated", rotate);
	if (w.secrets.former.n) {
		clock_text(w.secrets.until, 0, time);
		jsonw_cstr(b, "former_until", time);
	} else {
		jsonw_null(b, "former_until");
	}
	if (admin)
		jsonw_cstr(b, "roles", POLICY_FILE);
	if (filter_dry_run())
		jsonw_bool(b, "dry_run", true);
	emit_out();
}

/* The temporary of the next one is the lock: who has it reads the secret that it will replace. */
static void begin(void)
{
	if (filter_dry_run() || !rotate)
		return;
	if (save_begin(&w.save, w.at.dir, w.at.name, 0600) < 0) {
		if (errno == EBUSY)
			sys_fail(0, "unable to make the secret %s: somebody else is making it", w.at.path);
		sys_fail(errno, "unable to make the secret %s", w.at.path);
	}
	w.saving = true;
	atexit(drop);
}

static void start(int argc, char **argv)
{
	bool there;

	(void)argc;
	(void)argv;
	check_words();
	find_place();
	there = faccessat(w.at.dir, w.at.name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (there != rotate) {
		deny(there ? taken : "there is none to rotate");
	} else {
		begin();
		secrets_init(&w.secrets);
		if (rotate)
			read_former();
		if (!make_roles()) {
			deny("there is another " POLICY_FILE);
		} else {
			fill();
			if (filter_dry_run() || commit())
				say();
		}
		secrets_free(&w.secrets);
		buf_free(&w.roles);
	}
	outside_close(&w.at);
}

static const struct opt opts[] = {
	{.name = "admin",
	 .value = "USER",
	 .summary = "begin config/roles.json with this user as admin",
	 .kind = OPT_STR,
	 .target = &admin},
	{.name = "at", .value = "TIME", .summary = "what now is", .kind = OPT_STR, .target = &at_text},
	{.name = "keep",
	 .value = "LENGTH",
	 .summary = "how long the former secret counts, 0s: no more (1d)",
	 .kind = OPT_STR,
	 .target = &keep_text},
	{.name = "rotate", .summary = "make the next secret", .kind = OPT_FLAG, .target = &rotate},
	{.name = "secrets",
	 .value = "FILE",
	 .summary = "where it goes ($HOME/.control_plane/auth_secrets.json)",
	 .kind = OPT_STR,
	 .target = &secrets_option},
	{0},
};

static const struct filter self = {
	.name = "cp-auth-init",
	.summary = "make the shared secret of tokens, or the next one",
	.args = "",
	.reads = "",
	.writes = "secrets",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_ROOT | FILTER_DRY_RUN | FILTER_OWN_INPUT,
	.start = start,
};

int main(int argc, char **argv)
{
	secret_guard();
	return filter_main(argc, argv, &self);
}
