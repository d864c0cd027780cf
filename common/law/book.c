#include "law/book.h"

#include <stdlib.h>

static int line_cmp(const void *a, const void *b)
{
	const struct law_line *x = a, *y = b;

	return span_cmp(x->pointer, y->pointer);
}

/* Pointers with an escape in their text are left out: such names are no field of a spec. */
static void index_lines(struct law_doc *d)
{
	const struct json *j = &d->r.json;
	uint32_t map = json_get(j, 0, "lines");
	int64_t n;

	if (!map || j->node[map].type != JSON_OBJECT)
		return;
	d->line = xcalloc(j->node[map].count + 1, sizeof *d->line);
	for (uint32_t k = json_first(j, map); k != j->node[map].end; k = json_next_member(j, k))
		if (!(j->node[k].flags & JSON_ESCAPED) && json_int(j, k + 1, 1, INT32_MAX, &n))
			d->line[d->lines++] = (struct law_line){json_text(j, k), (uint64_t)n};
	qsort(d->line, d->lines, sizeof *d->line, line_cmp);
}

uint64_t law_line_of(const struct law_doc *d, struct span pointer)
{
	const struct law_line key = {.pointer = pointer};
	const struct law_line *found = d->lines ? bsearch(&key, d->line, d->lines, sizeof key, line_cmp) : NULL;

	return found ? found->line : 0;
}

bool lawbook_add(struct lawbook *b, const struct record *r, bool judged)
{
	enum law_sort sort = record_is(r, "framework") ? LAW_FRAMEWORK : LAW_SPEC;
	struct buf scratch = {0};
	struct law_doc *d;
	struct span s;
	const char *why;

	if (sort == LAW_SPEC && !record_is(r, "spec"))
		return false;
	d = xcalloc(1, sizeof *d);
	d->sort = sort;
	d->judged = judged;
	buf_span_add(&d->text, r->line);
	why = record_parse(&d->r, buf_span(&d->text));
	if (why) /* it was parsed once already */
		abort();
	d->r.number = r->number;
	d->id = law_member(&d->r.json, 0, sort == LAW_FRAMEWORK ? "framework_id" : "spec_id", &d->id_text);
	if (record_path(&d->r, &s, &why) > 0 || record_str(&d->r, "source", &s, &scratch))
		buf_span_add(&d->where_text, s);
	d->where = buf_span(&d->where_text);
	index_lines(d);
	if (b->n == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 16;
		b->doc = xreallocarray(b->doc, b->cap, sizeof *b->doc);
	}
	b->doc[b->n++] = d;
	b->sorted = false;
	buf_free(&scratch);
	return true;
}

static int key_cmp(const struct law_doc *d, enum law_sort sort, struct span id)
{
	return d->sort == sort ? span_cmp(d->id, id) : (d->sort > sort) - (d->sort < sort);
}

static int doc_cmp(const void *a, const void *b)
{
	const struct law_doc *x = *(struct law_doc *const *)a, *y = *(struct law_doc *const *)b;
	int c = key_cmp(x, y->sort, y->id);

	return c ? c : (x->mark > y->mark) - (x->mark < y->mark);
}

static void sort_docs(struct lawbook *b)
{
	if (b->sorted)
		return;
	b->by_id = xreallocarray(b->by_id, b->n ? b->n : 1, sizeof *b->by_id);
	for (size_t i = 0; i < b->n; i++) {
		b->doc[i]->mark = (unsigned)i;
		b->by_id[i] = b->doc[i];
	}
	qsort(b->by_id, b->n, sizeof *b->by_id, doc_cmp);
	for (size_t i = 0; i < b->n; i++)
		b->doc[i]->mark = 0;
	b->sorted = true;
}

struct law_doc *lawbook_find(struct lawbook *b, enum law_sort sort, struct span id)
{
	size_t lo = 0, hi = b->n;

	if (!id.n)
		return NULL;
	sort_docs(b);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (key_cmp(b->by_id[mid], sort, id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < b->n && key_cmp(b->by_id[lo], sort, id) == 0 ? b->by_id[lo] : NULL;
}

struct law_doc *lawbook_earlier(struct lawbook *b, const struct law_doc *d)
{
	struct law_doc *first = lawbook_find(b, d->sort, d->id);

	return first == d ? NULL : first;
}

bool lawbook_has(const struct lawbook *b, enum law_sort sort)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->doc[i]->sort == sort)
			return true;
	return false;
}

void lawbook_free(struct lawbook *b)
{
	for (size_t i = 0; i < b->n; i++) {
		record_free(&b->doc[i]->r);
		buf_free(&b->doc[i]->text);
		buf_free(&b->doc[i]->id_text);
		buf_free(&b->doc[i]->where_text);
		free(b->doc[i]->line);
		for (size_t k = 0; k < b->doc[i]->assets; k++)
			free(b->doc[i]->asset[k]);
		free(b->doc[i]->asset);
		free(b->doc[i]);
	}
	free(b->doc);
	free(b->by_id);
	*b = (struct lawbook){0};
}

struct span law_member(const struct json *j, uint32_t at, const char *key, struct buf *scratch)
{
	uint32_t v = json_get(j, at, key);

	return v && j->node[v].type == JSON_STRING ? json_string(j, v, scratch) : (struct span){0};
}

struct span law_string(const struct law_doc *d, const char *key, struct buf *scratch)
{
	return law_member(&d->r.json, 0, key, scratch);
}

uint64_t law_line(const struct json *j, uint32_t at)
{
	uint32_t v = json_get(j, at, "line");
	int64_t n;

	return v && json_int(j, v, 1, INT32_MAX, &n) ? (uint64_t)n : 0;
}

static uint32_t authorizations(const struct law_doc *d)
{
	uint32_t v = json_get(&d->r.json, 0, "path_authorizations");

	return v && d->r.json.node[v].type == JSON_ARRAY ? v : 0;
}

uint32_t law_authorizations(const struct law_doc *d)
{
	uint32_t v = authorizations(d);

	return v ? d->r.json.node[v].count : 0;
}

int law_allows(const struct law_doc *framework, struct span path, const struct authority_ids *known,
	       struct authority_ids *bound, struct buf *pattern)
{
	const struct json *j = &framework->r.json;
	uint32_t list = authorizations(framework);
	struct buf scratch = {0};
	int at = 0, found = -1;

	if (!list)
		return -1;
	for (uint32_t c = json_first(j, list); found < 0 && c != j->node[list].end; c = json_next(j, c), at++) {
		struct span p = law_member(j, c, "pattern", &scratch);

		if (!p.n || !authority_allows(p, path, known, bound))
			continue;
		found = at;
		if (pattern) {
			buf_reset(pattern);
			buf_span_add(pattern, p);
		}
	}
	buf_free(&scratch);
	return found;
}

static void say(const struct law_ends *e, enum code c, enum severity s, struct span where, uint64_t line,
		const char *fmt, va_list ap)
{
	struct buf text = {0};

	buf_vprintf(&text, fmt, ap);
	e->report(e->ctx, c, s, where, line, buf_cstr(&text));
	buf_free(&text);
}

void law_say(const struct law_ends *e, enum code c, struct span where, uint64_t line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(e, c, code_severity(c), where, line, fmt, ap);
	va_end(ap);
}

void law_say_as(const struct law_ends *e, enum code c, enum severity s, struct span where, uint64_t line,
		const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(e, c, s, where, line, fmt, ap);
	va_end(ap);
}

struct span law_brief(struct span s)
{
	enum { BRIEF = 80 };
	size_t n = s.n < BRIEF ? s.n : BRIEF;

	while (n && n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return (struct span){s.p ? s.p : "", n};
}

bool law_status_known(struct span status)
{
	return span_is(status, "active") || span_is(status, "draft") || span_is(status, "deprecated");
}

bool law_plane_known(struct span plane)
{
	return span_is(plane, "ho3") || span_is(plane, "ho2") || span_is(plane, "ho1");
}
