#include "store/kinds.h"

#include "base/err.h"
#include "os/in.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { SCHEMA_BYTES = 16 << 20, NAME_BYTES = 64 };

struct kinds {
	int dir;
	struct schema_set *set;
	struct kind {
		char *name;
		const struct schema *schema;
	} *kind;
	size_t n, last; /* last: found last; they come in runs */
};

static const char kind_bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";

static bool plain_name(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(kind_bytes, s.p[i]))
			return false;
	return s.n && s.n <= NAME_BYTES;
}

/* `event.json` and its like, beside the schema that refers to it. */
static bool fetch(void *ctx, struct span uri, struct buf *text)
{
	const struct kinds *k = ctx;
	struct buf name = {0};
	int fd = -1;

	if (uri.n > 5 && memcmp(uri.p + uri.n - 5, ".json", 5) == 0 && plain_name((struct span){uri.p, uri.n - 5})) {
		buf_span_add(&name, uri);
		fd = openat(k->dir, buf_cstr(&name), O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0 && errno != ENOENT)
			die_errno("unable to read the schema %s", buf_cstr(&name));
		buf_free(&name);
	}
	if (fd < 0)
		return false;
	if (slurp_fd(fd, SCHEMA_BYTES, text) < 0)
		die_errno("unable to read the schema %.*s", (int)uri.n, uri.p);
	close(fd);
	return true;
}

struct kinds *kinds_new(int dir, enum schema_unknown unknown)
{
	struct kinds *k = xcalloc(1, sizeof *k);

	k->dir = dir;
	k->set = schema_set_new(unknown);
	if (dir >= 0)
		schema_set_fetch(k->set, fetch, k);
	return k;
}

const struct schema *kinds_load(struct kinds *k, int fd, const char *name)
{
	struct buf text = {0};
	const struct schema *s;

	if (fd < 0 || slurp_fd(fd, SCHEMA_BYTES, &text) < 0)
		die_errno("unable to read the schema %s", name);
	close(fd);
	s = schema_load(k->set, text.p ? text.p : "", text.n, name);
	if (!s)
		die(STATUS_INPUT, "unable to use the schema: %s", schema_error(k->set));
	buf_free(&text);
	return s;
}

void kinds_link(struct kinds *k)
{
	if (!schema_link(k->set))
		die(STATUS_INPUT, "unable to use the schema: %s", schema_error(k->set));
}

static const struct schema *load(struct kinds *k, struct span kind)
{
	struct buf name = {0};
	const struct schema *s = NULL;
	int fd;

	if (k->dir < 0 || !plain_name(kind))
		return NULL;
	buf_span_add(&name, kind);
	buf_str(&name, ".json");
	fd = openat(k->dir, buf_cstr(&name), O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0 || errno != ENOENT) {
		s = kinds_load(k, fd, buf_cstr(&name));
		kinds_link(k);
	}
	buf_free(&name);
	return s;
}

const struct schema *kinds_get(struct kinds *k, struct span kind)
{
	const struct schema *s;

	if (k->last < k->n && span_is(kind, k->kind[k->last].name))
		return k->kind[k->last].schema;
	for (k->last = 0; k->last < k->n; k->last++)
		if (span_is(kind, k->kind[k->last].name))
			return k->kind[k->last].schema;
	s = load(k, kind);
	if (!s)
		return NULL;
	k->kind = xreallocarray(k->kind, k->n + 1, sizeof *k->kind);
	k->kind[k->n] = (struct kind){xstrndup(kind.p, kind.n), s};
	return k->kind[k->n++].schema;
}

void kinds_free(struct kinds *k)
{
	if (!k)
		return;
	while (k->n)
		free(k->kind[--k->n].name);
	free(k->kind);
	schema_set_free(k->set);
	free(k);
}

void schema_text(struct buf *b, struct span instance, struct span keyword, const char *reason)
{
	buf_span_add(b, instance);
	if (instance.n)
		buf_str(b, ": ");
	buf_printf(b, "%s (%.*s)", reason, (int)keyword.n, keyword.p);
}
