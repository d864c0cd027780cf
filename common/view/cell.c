#include "view/cell.h"

#include "base/text.h"
#include "data/relpath.h"

#include <stdlib.h>

/* --- members --- */

static struct span member(const struct record *r, const char *key, struct buf *scratch)
{
	struct span s = {0};

	record_str(r, key, &s, scratch);
	return s;
}

/* Where a finding is: `path:line`, or `source:line` where it has no path. */
static void place_write(struct buf *b, struct record *r)
{
	cell_raw(b, r, SPAN("path"));
	if (!b->n)
		cell_raw(b, r, SPAN("source"));
	if (record_get(r, "line")) {
		buf_char(b, ':');
		cell_raw(b, r, SPAN("line"));
	}
}

static void locate(struct finding_cells *f, struct record *r)
{
	const char *why;

	if (!record_int(r, "line", 1, INT64_MAX, &f->line))
		f->line = 0;
	f->located = record_path(r, &f->file, &why) > 0;
	if (f->located || !record_get(r, "source"))
		return;
	buf_reset(&f->scratch[4]);
	cell_raw(&f->scratch[4], r, SPAN("source"));
	f->file = buf_span(&f->scratch[4]);
	f->located = !relpath_bad(f->file);
}

void finding_cells_read(struct finding_cells *f, struct record *r)
{
	struct buf scratch = {0};

	locate(f, r);
	buf_reset(&f->scratch[3]);
	place_write(&f->scratch[3], r);
	f->path = buf_span(&f->scratch[3]);
	f->code = member(r, "code", &f->scratch[0]);
	if (!f->code.n)
		f->code = SPAN("UNKNOWN");
	f->detail = member(r, "detail", &f->scratch[1]);
	f->by = member(r, "by", &f->scratch[2]);
	f->severity = SEVERITY_ERROR;
	severity_of(member(r, "severity", &scratch), &f->severity);
	buf_free(&scratch);
}

void finding_cells_free(struct finding_cells *f)
{
	for (size_t i = 0; i < sizeof f->scratch / sizeof *f->scratch; i++)
		buf_free(&f->scratch[i]);
}

void verdict_cells_read(struct verdict_cells *v, const struct record *r)
{
	v->gate = member(r, "gate", &v->scratch);
	if (!v->gate.n)
		v->gate = SPAN("UNKNOWN");
	v->pass = record_true(r, "pass");
	if (!record_int(r, "checked", 0, INT64_MAX, &v->checked))
		v->checked = 0;
}

void verdict_cells_free(struct verdict_cells *v)
{
	buf_free(&v->scratch);
}

enum json_type cell_raw(struct buf *b, struct record *r, struct span key)
{
	uint32_t at = json_get_span(&r->json, 0, key);
	struct buf scratch = {0};
	struct span path;
	const char *why;

	if (span_is(key, "path") && record_path(r, &path, &why) > 0) {
		buf_span_add(b, path);
		return JSON_STRING;
	}
	if (!at)
		return JSON_NULL;
	if (r->json.node[at].type == JSON_STRING)
		buf_span_add(b, json_string(&r->json, at, &scratch));
	else
		buf_span_add(b, json_source(&r->json, at));
	buf_free(&scratch);
	return (enum json_type)r->json.node[at].type;
}

/* --- columns --- */

struct span column_name(const struct columns *c, size_t i)
{
	return buf_slice(&c->names, i ? c->end[i - 1] : 0, c->end[i]);
}

void columns_add(struct columns *c, struct span name)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 16;
		c->end = xreallocarray(c->end, c->cap, sizeof *c->end);
	}
	buf_span_add(&c->names, name);
	c->end[c->n++] = c->names.n;
}

void columns_reset(struct columns *c)
{
	buf_reset(&c->names);
	c->n = 0;
}

void columns_free(struct columns *c)
{
	buf_free(&c->names);
	free(c->end);
}

struct span column_group(const struct record *r)
{
	return record_is(r, "file") || record_is(r, "dir") || record_is(r, "special") ? SPAN("tree") : r->kind;
}

static void scalars(struct columns *c, const struct record *r)
{
	const struct json *j = &r->json;
	struct buf scratch = {0};

	for (uint32_t k = json_first(j, 0); k != j->node[0].end && c->n < COLUMNS_SHOWN; k = json_next_member(j, k)) {
		struct span name = json_string(j, k, &scratch);

		if (j->node[k + 1].type >= JSON_ARRAY || j->node[k + 1].type == JSON_NULL || span_is(name, "kind"))
			continue;
		columns_add(c, span_is(name, "path_b64") ? SPAN("path") : name);
	}
	buf_free(&scratch);
}

/* The names of a list, all of them or those the record has. */
static void columns_of(struct columns *c, const char *const *name, const struct record *only_of)
{
	for (; *name; name++)
		if (!only_of || record_get(only_of, *name))
			columns_add(c, span_of(*name));
}

void columns_choose(struct columns *c, const struct view_ask *ask, const struct record *r)
{
	static const char *const of_finding[] = {"severity", "code", "path", "detail", NULL};
	static const char *const of_tree[] = {"mode", "size", "path", "hash", NULL};
	static const char *const of_verdict[] = {"gate", "pass", "checked", "findings", "excluded", "unjudged",
						 "reused", "anchor", NULL};

	columns_reset(c);
	for (size_t i = 0; i < ask->columns; i++)
		columns_add(c, ask->column[i]);
	if (ask->columns)
		return;
	if (record_is(r, "finding"))
		columns_of(c, of_finding, NULL);
	else if (span_is(column_group(r), "tree"))
		columns_of(c, of_tree, NULL);
	else if (record_is(r, "verdict"))
		columns_of(c, of_verdict, r);
	else
		scalars(c, r);
	if (!c->n) /* a record that only has its kind */
		columns_add(c, SPAN("kind"));
}

enum { HASH_SHOWN = 19 }; /* sha256: and twelve digits */

void cell_text(struct buf *b, struct record *r, struct span column)
{
	struct buf raw = {0};
	struct span s;

	if (span_is(column, "path") && record_is(r, "finding"))
		place_write(&raw, r);
	else
		cell_raw(&raw, r, column);
	if (span_is(column, "hash") && !raw.n) /* why it could not be read stands where the hash would */
		cell_raw(&raw, r, SPAN("error"));
	if (!raw.n && record_is(r, "finding") && (span_is(column, "severity") || span_is(column, "code")))
		buf_char(&raw, '?');
	if (span_is(column, "path") && record_is(r, "dir"))
		buf_char(&raw, '/');
	if (span_is(column, "path") && record_is(r, "special") && record_get(r, "target")) {
		buf_str(&raw, " -> ");
		cell_raw(&raw, r, SPAN("target"));
	}
	s = buf_span(&raw);
	if (record_hash_ok(s))
		s.n = HASH_SHOWN;
	text_escape(b, s.p, s.n);
	buf_free(&raw);
}
