#include "identity/secrets.h"

#include "data/json.h"
#include "identity/config.h"
#include "os/clock.h"
#include "os/env.h"
#include "outside/outside.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

void secrets_init(struct secrets *s)
{
	secret_init(&s->current);
	secret_init(&s->former);
	s->until = INT64_MIN;
}

void secrets_free(struct secrets *s)
{
	secret_free(&s->current);
	secret_free(&s->former);
}

bool secrets_path(struct buf *path, const char *option)
{
	if (!option && !env_home())
		return false;
	if (option)
		buf_str(path, option);
	else
		buf_printf(path, "%s/.control_plane/auth_secrets.json", env_home());
	return true;
}

static bool take(struct secret *out, const struct json *j, uint32_t at)
{
	struct span text;

	if (!config_text(j, at, &text) || !text.n || text.n > SECRET_BYTES)
		return false;
	memcpy(out->p, text.p, text.n);
	out->n = text.n;
	out->p[out->n] = 0;
	return true;
}

static const char *parse(struct secrets *s, const struct json *j)
{
	static const char *const names[] = {"schema_version", "secret", "former", NULL};
	static const char *const former_names[] = {"secret", "until", NULL};
	uint32_t former = json_get(j, 0, "former");
	struct span text;

	if (!config_text(j, json_get(j, 0, "schema_version"), &text) || !span_is(text, "1.0"))
		return "its schema_version is not 1.0";
	if (!config_members(j, 0, names))
		return "it has a member that it may not have";
	if (!take(&s->current, j, json_get(j, 0, "secret")))
		return "it has no secret";
	if (!former)
		return NULL;
	if (j->node[former].type != JSON_OBJECT || !config_members(j, former, former_names) ||
	    !take(&s->former, j, json_get(j, former, "secret")) ||
	    !config_text(j, json_get(j, former, "until"), &text) || !clock_parse(text, &s->until))
		return "its former secret is none, or does not say until when it counts";
	return NULL;
}

static const char *read_file(struct secrets *s, int fd)
{
	struct json j = {0};
	const char *why = NULL;
	struct secret raw;
	int failed = 0;

	secret_init(&raw);
	if (secret_read(&raw, fd) < 0) {
		failed = errno == EFBIG ? 0 : errno;
		why = failed ? strerror(failed) : "it is longer than 16 KiB";
	} else if (!json_parse(&j, (const char *)raw.p, raw.n, JSON_RECORD)) {
		why = j.error;
	} else {
		why = parse(s, &j);
	}
	json_free(&j);
	secret_free(&raw);
	errno = failed;
	return why;
}

const char *secrets_read(struct secrets *s, const char *path, const char *root)
{
	struct outside o;
	const char *why;
	struct stat st;
	int fd, failed;

	if (outside_open(&o, path, root, &why) < 0)
		return why;
	fd = outside_read(&o, &why);
	failed = errno;
	if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_mode & 077)) {
		close(fd);
		fd = -1;
		why = "others may read it (chmod 600)";
		failed = 0;
	}
	outside_close(&o);
	errno = failed;
	if (fd < 0)
		return why;
	why = read_file(s, fd);
	failed = errno;
	close(fd);
	errno = failed;
	return why;
}

const char *secrets_find(struct secrets *s, const char *option, const char *root)
{
	const char *why = "there is none (set CONTROL_PLANE_SHARED_SECRET, or HOME, or give --secrets)";
	struct buf path = {0};

	if (option && env_shared_secret())
		secret_wipe(env_shared_secret(), strlen(env_shared_secret()));
	errno = 0;
	if (!option && env_shared_secret()) {
		secret_take_env(&s->current, env_shared_secret());
		why = errno ? "it is longer than 16 KiB" : !s->current.n ? "it is empty" : NULL;
		errno = 0;
	} else if (secrets_path(&path, option)) {
		why = secrets_read(s, buf_cstr(&path), root);
	}
	buf_free(&path);
	return why;
}

const char *secrets_receive(struct secrets *s, int fd)
{
	if (secret_read(&s->current, fd) < 0)
		return errno == EFBIG ? "it is longer than 16 KiB" : strerror(errno);
	return NULL;
}

static void add(struct secret *out, struct span text)
{
	memcpy(out->p + out->n, text.p, text.n);
	out->n += text.n;
	out->p[out->n] = 0;
}

void secrets_write(struct secret *out, const struct secrets *s)
{
	char time[CLOCK_TEXT];

	add(out, SPAN("{\"schema_version\":\"1.0\",\"secret\":\""));
	add(out, secret_span(&s->current));
	if (s->former.n) {
		clock_text(s->until, 0, time);
		add(out, SPAN("\",\"former\":{\"secret\":\""));
		add(out, secret_span(&s->former));
		add(out, SPAN("\",\"until\":\""));
		add(out, span_of(time));
		add(out, SPAN("\"}"));
	} else {
		add(out, SPAN("\""));
	}
	add(out, SPAN("}\n"));
}
