#include "identity/ask.h"

#include "filter/filter.h"
#include "filter/share.h"
#include "filter/stream.h"
#include "identity/choice.h"
#include "identity/secrets.h"
#include "identity/token.h"
#include "os/env.h"
#include "os/out.h"
#include "os/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { ARGS_MAX = 12, NUMBER_TEXT = 16 };

void identity_deny(const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	complain("unable to authenticate: %s", buf_cstr(&b));
	buf_free(&b);
	filter_raise(STATUS_NO);
}

/* --- what is handed on --- */

/* Both ends are closed when a program starts. */
static void make_pipe(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC) < 0)
		sys_fail(errno, "unable to make a pipe");
}

static void give(int fd, const struct secret *s)
{
	if (write_all(fd, s->p, s->n) < 0 && errno != EPIPE)
		sys_fail(errno, "unable to hand the token on");
	close(fd);
}

/* --- the token --- */

static bool from_file(struct secret *token, const char *path)
{
	bool standard = strcmp(path, "-") == 0;
	const char *why = NULL;
	int fd = standard ? 0 : secret_open(path, &why);

	if (fd >= 0) {
		why = token_read(token, fd);
		if (!standard) {
			int failed = errno;

			close(fd);
			errno = failed;
		}
	}
	if (!why)
		return true;
	if (errno && err_is_ours(errno))
		sys_fail(errno, "unable to read the token");
	identity_deny("the token %s cannot be used: %s", standard ? "on standard input" : path, why);
	return false;
}

static bool from_text(struct secret *token, char *text, const char *where)
{
	const char *why = "it is longer than 16 KiB";
	struct secret raw;

	secret_init(&raw);
	errno = 0;
	if (secret_take_env(&raw, text))
		why = token_take(token, &raw);
	else if (!errno)
		why = "it is empty";
	secret_free(&raw);
	if (why)
		identity_deny("the token of %s cannot be used: %s", where, why);
	return !why;
}

/* Has nobody said who it is, where one need not? */
static bool is_dev(const struct ask *q, const char *provider, const struct choice *c)
{
	return c->pins.development && !q->token && !q->token_file && !env_token() &&
	       (!provider || strcmp(provider, "passthrough") == 0);
}

static bool find_token(struct secret *token, const struct ask *q)
{
	bool named = q->token || q->token_file;

	/* A file may let us wait: what stands elsewhere is gone by then. */
	if (named && env_token())
		secret_wipe(env_token(), strlen(env_token()));
	if (q->token)
		return from_text(token, q->token, "--token");
	if (q->token_file)
		return from_file(token, q->token_file);
	if (env_token())
		return from_text(token, env_token(), "CONTROL_PLANE_TOKEN");
	identity_deny("there is no token (set CONTROL_PLANE_TOKEN, or give --token-file)");
	return false;
}

/* --- the provider --- */

/* Programs of such a name that are none. */
static bool reserved(const char *name)
{
	return strcmp(name, "init") == 0;
}

static bool may_choose(const char *name, const struct choice *c)
{
	if (strcmp(name, "passthrough") == 0 && !c->open && !c->pins.development)
		identity_deny("passthrough is only for planes made for development");
	else if (!choice_provider(c, span_of(name)))
		identity_deny("the plane's GENESIS does not have the provider %s", name);
	else
		return true;
	return false;
}

static bool find_provider(struct buf *path, const char *name, const struct choice *c)
{
	struct buf program = {0};
	bool found = false;

	if (!name) {
		identity_deny("no provider was chosen (set CONTROL_PLANE_AUTH_PROVIDER, or give --provider)");
		return false;
	}
	if (provider_name_good(span_of(name)) && !reserved(name)) {
		buf_printf(&program, "cp-auth-%s", name);
		share_program(path, buf_cstr(&program));
		found = access(buf_cstr(path), X_OK) == 0;
	}
	buf_free(&program);
	if (!found)
		identity_deny("there is no provider %s", name);
	return found && may_choose(name, c);
}

struct provider {
	const char *name, *program; /* the program's path */
	char *argv[ARGS_MAX];
	unsigned args;
	char number[NUMBER_TEXT]; /* of the secret's descriptor */
	struct secret token, secret;
	struct buf secrets; /* the path */
	pid_t pid;
	int from, to;
	int secret_from, secret_to; /* -1: no secret is handed on */
};

static void arg(struct provider *p, const char *option, const char *value)
{
	p->argv[p->args++] = (char *)option;
	if (value)
		p->argv[p->args++] = (char *)value;
}

/* A secret of the environment goes before the default file, also an empty one, which denies. */
static bool add_secret(struct provider *p, const struct ask *q, bool given)
{
	if (!q->secrets && given) {
		struct buf number = {0};
		int fd[2];

		make_pipe(fd);
		p->secret_from = fd[0];
		p->secret_to = fd[1];
		buf_u64(&number, (uint64_t)fd[0]);
		memcpy(p->number, buf_cstr(&number), number.n + 1);
		buf_free(&number);
		arg(p, "--secret-fd", p->number);
	} else if (secrets_path(&p->secrets, q->secrets)) {
		arg(p, "--secrets", buf_cstr(&p->secrets));
	} else {
		identity_deny("there is no secret (set CONTROL_PLANE_SHARED_SECRET, or HOME, or give --secrets)");
		return false;
	}
	return true;
}

static bool add_args(struct provider *p, const struct ask *q, bool given, bool passthrough)
{
	arg(p, p->program, NULL);
	arg(p, "--root", filter_root());
	if (q->at)
		arg(p, "--at", q->at);
	if (strcmp(p->name, "passthrough") == 0 && passthrough)
		arg(p, "--allow-passthrough", NULL);
	if (strcmp(p->name, "hmac") != 0)
		return true;
	if (q->plane_uid)
		arg(p, "--plane-uid", q->plane_uid);
	return add_secret(p, q, given);
}

static void start(struct provider *p)
{
	int in[2], out[2];

	make_pipe(in);
	make_pipe(out);
	if (p->secret_from >= 0 && fcntl(p->secret_from, F_SETFD, 0) < 0)
		sys_fail(errno, "unable to hand the secret on");
	p->argv[p->args] = NULL;
	p->pid = spawn_alone(p->argv, in[0], out[1], -1);
	if (p->pid < 0)
		sys_fail(errno, "unable to run %s", p->program);
	close(in[0]);
	close(out[1]);
	if (p->secret_from >= 0)
		close(p->secret_from);
	p->from = out[0];
	p->to = in[1];
}

/* --- its answer --- */

/* Ends it, whatever it is doing. */
static void put_down(struct provider *p)
{
	close(p->from);
	kill(p->pid, SIGKILL);
	spawn_wait(p->pid);
}

static _Noreturn void lied(struct provider *p, const char *why)
{
	err_place(NULL, 0);
	put_down(p);
	bad_input("unable to trust cp-auth-%s: %s", p->name, why);
}

/* Reads to the end: one actor at most. */
static enum stream_result read_answer(struct provider *p, struct actor *a, struct stream *s)
{
	enum stream_result got;
	const char *why;

	stream_open(s, p->from, p->program);
	while ((got = stream_next(s)) == STREAM_RECORD) {
		if (s->count > 1)
			lied(p, "it answered more than once");
		why = actor_read(a, &s->record);
		if (!why && !span_is(buf_span(&a->provider), p->name))
			why = "its actor is another provider's";
		if (why)
			lied(p, why);
	}
	if (got == STREAM_BAD) {
		put_down(p);
		filter_abandon(s->bad);
	}
	return got;
}

/* NULL, or what is wrong with how the stream ended and the program. */
static const char *ending_bad(const struct stream *s, enum stream_result got, int code)
{
	if (got == STREAM_END && s->by_hand)
		return "its answer was closed by hand";
	if (got == STREAM_END && (int)s->status != code)
		return "it ended with another status than its answer says";
	if (got == STREAM_END && (s->status == STATUS_YES) != (s->count == 1))
		return s->count ? "it denies, and gives an actor" : "it gave no actor";
	if (got == STREAM_OPEN && code == 0)
		return "its answer has no end";
	return NULL;
}

/* Denials and failures were told by the provider itself. */
static bool conclude(struct provider *p, const struct stream *s, enum stream_result got)
{
	int code = spawn_wait(p->pid);
	const char *why;

	err_place(NULL, 0);
	if (code > 128) {
		complain("unable to authenticate: cp-auth-%s was killed by signal %d", p->name, code - 128);
		filter_leave_open(code);
	}
	why = ending_bad(s, got, code);
	if (why)
		bad_input("unable to trust cp-auth-%s: %s", p->name, why);
	if (code == STATUS_INPUT)
		filter_abandon(STATUS_INPUT);
	if (code > STATUS_NO) {
		if (code > STATUS_SYSTEM)
			complain("unable to authenticate: cp-auth-%s ended with status %d", p->name, code);
		filter_abandon(STATUS_SYSTEM);
	}
	if (code == STATUS_NO)
		filter_raise(STATUS_NO);
	return code == STATUS_YES;
}

static bool run(struct provider *p, struct actor *a)
{
	struct secret line;
	enum stream_result got;
	struct stream s;
	bool yes;

	secret_init(&line);
	if (!token_record(&line, secret_span(&p->token))) {
		identity_deny("the token is not valid");
		secret_free(&line);
		return false;
	}
	start(p);
	give(p->to, &line);
	if (p->secret_to >= 0)
		give(p->secret_to, &p->secret);
	secret_free(&line);
	secret_free(&p->secret);
	secret_free(&p->token);
	got = read_answer(p, a, &s);
	close(p->from);
	yes = conclude(p, &s, got);
	stream_close(&s);
	return yes;
}

bool identity_ask(struct actor *a, const struct ask *q)
{
	struct provider p = {
		.name = q->provider ? q->provider : env_auth_provider(), .secret_from = -1, .secret_to = -1};
	bool given = env_shared_secret() != NULL, yes;
	struct buf path = {0};
	struct ask dev;
	struct choice choice;
	char name[] = "dev";

	secret_init(&p.token);
	secret_init(&p.secret);
	secret_take_env(&p.secret, env_shared_secret());
	choice_read(&choice, filter_root());
	if (is_dev(q, p.name, &choice)) {
		dev = *q;
		dev.token = name;
		q = &dev;
		p.name = "passthrough";
	}
	yes = find_token(&p.token, q) && find_provider(&path, p.name, &choice);
	if (yes) {
		p.program = buf_cstr(&path);
		yes = add_args(&p, q, given, choice.passthrough) && run(&p, a);
	}
	choice_free(&choice);
	secret_free(&p.token);
	secret_free(&p.secret);
	buf_free(&p.secrets);
	buf_free(&path);
	return yes;
}
