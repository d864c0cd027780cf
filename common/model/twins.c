#include "model/twins.h"

#include "base/text.h"
#include "data/relpath.h"

#include <locale.h>
#include <stdlib.h>
#include <wctype.h>

/* A name: where its bytes lie in the level's text, as it is and folded. */
struct name {
	size_t at, len, folded, folded_len;
	const struct buf *text; /* set for the comparison: the level may move until then */
};

struct level {
	struct buf dir, text;
	struct name *name;
	size_t n, cap;
};

struct twins {
	void (*report)(void *ctx, struct span path, struct span twin);
	void *ctx;
	locale_t locale;
	struct level *level;
	unsigned depth, cap;
};

struct twins *twins_new(void (*report)(void *ctx, struct span path, struct span twin), void *ctx)
{
	struct twins *t = xcalloc(1, sizeof *t);

	t->report = report;
	t->ctx = ctx;
	t->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	return t;
}

void twins_fold(const struct twins *t, struct buf *b, struct span name)
{
	bool text = utf8_valid(name.p, name.n);

	for (size_t i = 0, n; i < name.n; i += n) {
		uint32_t cp = 0;

		n = text ? utf8_decode(name.p + i, name.n - i, &cp) : 1;
		if (text && t->locale)
			utf8_add(b, (uint32_t)towlower_l((wint_t)cp, t->locale));
		else
			buf_add(b, name.p + i, n);
	}
}

static struct span part(const struct name *n, bool folded)
{
	if (folded)
		return (struct span){n->text->p + n->folded, n->folded_len};
	return (struct span){n->text->p + n->at, n->len};
}

static int name_cmp(const void *a, const void *b)
{
	int order = span_cmp(part(a, true), part(b, true));

	return order ? order : span_cmp(part(a, false), part(b, false));
}

static void judge(struct twins *t, struct level *l)
{
	struct buf path = {0};

	for (size_t i = 0; i < l->n; i++)
		l->name[i].text = &l->text;
	if (l->n)
		qsort(l->name, l->n, sizeof *l->name, name_cmp);
	for (size_t i = 1; i < l->n; i++) {
		if (!span_eq(part(&l->name[i - 1], true), part(&l->name[i], true)))
			continue;
		buf_reset(&path);
		buf_span_add(&path, buf_span(&l->dir));
		if (path.n)
			buf_char(&path, '/');
		buf_span_add(&path, part(&l->name[i], false));
		t->report(t->ctx, buf_span(&path), part(&l->name[i - 1], false));
	}
	buf_free(&path);
	l->n = 0;
	buf_reset(&l->text);
}

static struct level *enter(struct twins *t, struct span dir)
{
	struct level *l;

	if (t->depth == t->cap) {
		unsigned cap = t->cap ? t->cap * 2 : 16;

		t->level = xreallocarray(t->level, cap, sizeof *t->level);
		memset(t->level + t->cap, 0, (cap - t->cap) * sizeof *t->level);
		t->cap = cap;
	}
	l = &t->level[t->depth++];
	buf_reset(&l->dir);
	buf_span_add(&l->dir, dir);
	return l;
}

void twins_add(struct twins *t, struct span path)
{
	const char *slash = memrchr(path.p, '/', path.n);
	struct span dir = {path.p, slash ? (size_t)(slash - path.p) : 0};
	struct span name = {slash ? slash + 1 : path.p, path.n - dir.n - (slash ? 1 : 0)};
	struct level *l = NULL;
	struct name *n;

	while (t->depth) {
		l = &t->level[t->depth - 1];
		if (span_eq(buf_span(&l->dir), dir) || relpath_beneath(path, buf_span(&l->dir)))
			break;
		judge(t, l);
		t->depth--;
	}
	if (!t->depth || !span_eq(buf_span(&l->dir), dir))
		l = enter(t, dir);
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->name = xreallocarray(l->name, l->cap, sizeof *l->name);
	}
	n = &l->name[l->n++];
	*n = (struct name){.at = l->text.n, .len = name.n};
	buf_span_add(&l->text, name);
	n->folded = l->text.n;
	twins_fold(t, &l->text, name);
	n->folded_len = l->text.n - n->folded;
}

void twins_finish(struct twins *t)
{
	while (t->depth)
		judge(t, &t->level[--t->depth]);
	for (unsigned i = 0; i < t->cap; i++) {
		buf_free(&t->level[i].dir);
		buf_free(&t->level[i].text);
		free(t->level[i].name);
	}
	free(t->level);
	if (t->locale)
		freelocale(t->locale);
	free(t);
}
