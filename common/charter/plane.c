#include "charter/plane.h"

#include "filter/filter.h"
#include "law/law.h"
#include "law/spec.h"
#include "os/beneath.h"
#include "os/in.h"
#include "os/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void charter_framework(struct buf *b, struct span text, const char *name)
{
	static struct markdown m;

	if (!markdown_read(&m, text)) {
		err_place(name, m.error_line);
		bad_input("unable to read the law document: %s", m.error);
	}
	buf_str(b, "{\"kind\":\"framework\"");
	law_members(b, &m, span_of(name));
	err_place(name, 0);
	if (b->n > RECORD_BYTES - 1)
		bad_input("unable to make a record of the law document: it is over 1 MiB");
	err_place(NULL, 0);
}

void charter_spec(struct buf *b, struct span text, const char *name)
{
	static struct yamldoc y;
	const char *why;

	if (!yamldoc_parse(&y, text.n ? text.p : "", text.n, RECORD_BYTES)) {
		err_place(name, y.error_at.line);
		bad_input("unable to read the spec: %s at column %u", y.error, y.error_at.column);
	}
	buf_str(b, "{\"kind\":\"spec\"");
	err_place(name, 0);
	why = spec_members(b, &y, span_of(name));
	if (why)
		bad_input("unable to read the spec: it %s", why);
	if (b->n > RECORD_BYTES - 1)
		bad_input("unable to make a record of the spec: it is over 1 MiB");
	err_place(NULL, 0);
}

static bool ends_in(struct span s, const char *end)
{
	size_t n = strlen(end);

	return s.n >= n && memcmp(s.p + s.n - n, end, n) == 0;
}

static bool is_framework(struct span path)
{
	size_t name = path.n;

	while (name && path.p[name - 1] != '/')
		name--;
	return ends_in(path, ".md") && path.n - name > 5 && memcmp(path.p + name, "FMWK-", 5) == 0;
}

/* `ID/manifest.yaml`, beneath specs/. */
static bool is_spec(struct span path)
{
	const char *slash = path.n ? memchr(path.p, '/', path.n) : NULL;

	return slash && span_is((struct span){slash, (size_t)(path.p + path.n - slash)}, "/manifest.yaml");
}

static bool beneath(struct span path, const char *dir, struct span *rest)
{
	size_t n = strlen(dir);

	if (path.n <= n || memcmp(path.p, dir, n) != 0)
		return false;
	*rest = (struct span){path.p + n, path.n - n};
	return true;
}

unsigned charter_place(struct span path)
{
	struct span rest;

	if (beneath(path, "frameworks/", &rest))
		return is_framework(rest) ? CHARTER_FRAMEWORKS : 0;
	return beneath(path, "specs/", &rest) && is_spec(rest) ? CHARTER_SPECS : 0;
}

static void take(struct lawbook *b, int dir, const char *name, bool framework)
{
	struct buf text = {0}, line = {0};
	struct record r = {0};
	int fd = beneath_open(dir, span_of(name), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct span id;
	struct buf scratch = {0};
	const char *why;

	if (fd < 0 || slurp_fd(fd, RECORD_BYTES, &text) < 0) {
		if (fd >= 0 && errno == EFBIG)
			bad_input("unable to read %s: it is over 1 MiB", name);
		sys_fail(errno, "unable to read %s", name);
	}
	close(fd);
	(framework ? charter_framework : charter_spec)(&line, buf_span(&text), name);
	buf_char(&line, '}');
	why = record_parse(&r, buf_span(&line));
	if (why)
		bad_input("unable to make a record of %s: %s", name, why);
	id = law_member(&r.json, 0, framework ? "framework_id" : "spec_id", &scratch);
	if (!lawbook_find(b, framework ? LAW_FRAMEWORK : LAW_SPEC, id))
		lawbook_add(b, &r, false);
	record_free(&r);
	buf_free(&text);
	buf_free(&line);
	buf_free(&scratch);
}

struct leaving {
	bool (*gone)(void *ctx, struct span path);
	void *ctx;
};

static void read_dir(struct lawbook *b, int root, const char *dir, bool framework, const struct leaving *l)
{
	int fd = beneath_open(root, span_of(dir), O_RDONLY | O_DIRECTORY, 0);
	struct buf name = {0};
	struct walk_entry e;
	struct walk *w;

	if (fd < 0 && errno == ENOENT)
		return;
	w = fd < 0 ? NULL : walk_open(fd, WALK_LAZY, NULL, NULL);
	if (!w)
		sys_fail(errno, "unable to read %s/", dir);
	while (walk_next(w, &e)) {
		if (e.error != WALK_FINE)
			sys_fail(e.number, "unable to read %s/%.*s", dir, (int)e.path.n, e.path.p);
		if (e.type != S_IFREG || !(framework ? is_framework : is_spec)(e.path))
			continue;
		buf_reset(&name);
		buf_printf(&name, "%s/", dir);
		buf_span_add(&name, e.path);
		if (!l->gone || !l->gone(l->ctx, buf_span(&name)))
			take(b, root, buf_cstr(&name), framework);
	}
	walk_close(w);
	close(fd);
	buf_free(&name);
}

void charter_read_but(struct lawbook *b, const char *root, unsigned what, bool (*gone)(void *ctx, struct span path),
		      void *ctx)
{
	const struct leaving l = {gone, ctx};
	int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		sys_fail(errno, "unable to open the root %s", root);
	if (what & CHARTER_FRAMEWORKS)
		read_dir(b, fd, "frameworks", true, &l);
	if (what & CHARTER_SPECS)
		read_dir(b, fd, "specs", false, &l);
	close(fd);
}

void charter_read(struct lawbook *b, const char *root, unsigned what)
{
	charter_read_but(b, root, what, NULL, NULL);
}
