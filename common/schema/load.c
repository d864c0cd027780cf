#include "schema/internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Every allocation of a set, so that one call frees them all. */
struct memory {
	struct memory *next;
	max_align_t bytes[];
};

static struct schema *schema_read(struct document *d, uint32_t at, struct resource *r);

void *set_alloc(struct schema_set *set, size_t count, size_t size)
{
	struct memory *m;

	if (size && count > (SIZE_MAX - sizeof *m) / size)
		abort();
	m = xcalloc(1, sizeof *m + count * size);
	m->next = set->memory;
	set->memory = m;
	return m->bytes;
}

struct span set_copy(struct schema_set *set, struct span s)
{
	char *p = set_alloc(set, s.n + 1, 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct span){p, s.n};
}

bool set_fail(struct schema_set *set, const struct document *d, uint32_t at, const char *fmt, ...)
{
	va_list ap;

	if (set->error.n)
		return false;
	if (d) {
		buf_span_add(&set->error, d->uri.n ? d->uri : SPAN("schema"));
		buf_char(&set->error, ':');
		if (d->json.n)
			pointer_write(&set->error, &d->json, 0, at);
		buf_str(&set->error, ": ");
	}
	va_start(ap, fmt);
	buf_vprintf(&set->error, fmt, ap);
	va_end(ap);
	return false;
}

struct schema_set *schema_set_new(enum schema_unknown unknown)
{
	struct schema_set *set = xcalloc(1, sizeof *set);

	set->unknown = unknown;
	return set;
}

void schema_set_fetch(struct schema_set *set, schema_fetch *fetch, void *ctx)
{
	set->fetch = fetch;
	set->fetch_ctx = ctx;
}

void schema_set_free(struct schema_set *set)
{
	if (!set)
		return;
	for (struct document *d = set->document; d; d = d->next)
		json_free(&d->json);
	regex_free_all(set->regexes);
	while (set->memory) {
		struct memory *next = set->memory->next;

		free(set->memory);
		set->memory = next;
	}
	free(set->anchor);
	free(set->pending);
	buf_free(&set->error);
	free(set);
}

const char *schema_error(const struct schema_set *set)
{
	return set->error.n ? set->error.p : "";
}

const struct keyword *schema_keyword(const struct schema *s, enum keyword_id id)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->keyword[i].fact->id == id)
			return &s->keyword[i];
	return NULL;
}

/* --- resources --- */

/* What a metaschema's $vocabulary asks for; 0 after set_fail. */
static unsigned vocabulary_of(struct document *d, uint32_t at, const struct schema *meta)
{
	static const struct {
		const char *name;
		enum vocabulary bit;
	} known[] = {
		{"core", VOCAB_CORE}, {"applicator", VOCAB_APPLICATOR}, {"unevaluated", VOCAB_UNEVALUATED},
		{"validation", VOCAB_VALIDATION}, {"meta-data", VOCAB_META_DATA}, {"format-annotation", VOCAB_FORMAT},
		{"content", VOCAB_CONTENT},
	};
	static const char prefix[] = "https://json-schema.org/draft/2020-12/vocab/";
	const struct json *j = &meta->resource->document->json;
	uint32_t object = json_get(j, meta->at, "$vocabulary");
	unsigned mask = VOCAB_CORE;

	if (!object)
		return VOCAB_ALL;
	for (uint32_t k = json_first(j, object); k != j->node[object].end; k = json_next_member(j, k)) {
		struct span uri = json_text(j, k);
		size_t i, n = sizeof prefix - 1;

		for (i = 0; i < sizeof known / sizeof *known; i++)
			if (uri.n > n && memcmp(uri.p, prefix, n) == 0 &&
			    span_is((struct span){uri.p + n, uri.n - n}, known[i].name))
				break;
		if (i < sizeof known / sizeof *known) {
			mask |= known[i].bit;
		} else if (j->node[k + 1].type == JSON_TRUE) {
			set_fail(d->set, d, at, "vocabulary %.*s is required, but unknown", (int)uri.n, uri.p);
			return 0;
		}
	}
	return mask;
}

/* The vocabulary of the resource whose root is `at`. */
static unsigned vocabulary(struct document *d, uint32_t at, unsigned inherited)
{
	uint32_t value = json_get(&d->json, at, "$schema");
	struct buf scratch = {0}, uri = {0};
	struct span text, fragment;
	const struct anchor *a;
	unsigned mask = VOCAB_ALL;

	if (!value || d->json.node[value].type != JSON_STRING)
		return inherited;
	text = json_string(&d->json, value, &scratch);
	uri_resolve(&uri, (struct span){0}, text, &fragment);
	if (!span_is(buf_span(&uri), "https://json-schema.org/draft/2020-12/schema")) {
		a = anchor_find(d->set, d, buf_span(&uri), (struct span){0});
		mask = a ? vocabulary_of(d, value, a->schema) : 0;
		if (!a)
			set_fail(d->set, d, value, "metaschema %.*s is not loaded", (int)text.n, text.p);
	}
	buf_free(&scratch);
	buf_free(&uri);
	return mask;
}

/* Makes s the root of a resource when it is one: a document's root, or what has an $id. */
static bool resource_begin(struct schema *s, struct document *d, struct resource *outer)
{
	uint32_t id = json_get(&d->json, s->at, "$id");
	struct span base = outer ? outer->uri : d->uri, fragment = {0};
	struct buf scratch = {0}, uri = {0};
	struct resource *r;

	s->resource = outer;
	if (!id && outer)
		return true;
	if (id && d->json.node[id].type != JSON_STRING)
		return set_fail(d->set, d, id, "$id is no string");
	r = set_alloc(d->set, 1, sizeof *r);
	*r = (struct resource){.document = d, .root = s, .uri = base};
	s->resource = r;
	if (id) {
		uri_resolve(&uri, base, json_string(&d->json, id, &scratch), &fragment);
		r->uri = set_copy(d->set, buf_span(&uri));
		buf_free(&uri);
		buf_free(&scratch);
	}
	if (fragment.n)
		return set_fail(d->set, d, id, "$id has a fragment");
	r->vocabulary = vocabulary(d, s->at, outer ? outer->vocabulary : VOCAB_ALL);
	if (!r->vocabulary)
		return false;
	if (!outer && d->uri.n && !span_eq(d->uri, r->uri) &&
	    !anchor_add(d->set, s, d->uri, (struct span){0}, false))
		return false;
	return anchor_add(d->set, s, r->uri, (struct span){0}, false);
}

/* --- schemas --- */

static int keyword_cmp(const void *x, const void *y)
{
	const struct keyword *a = x, *b = y;

	return (int)a->fact->id - (int)b->fact->id;
}

static bool keyword_take(struct schema *s, struct document *d, uint32_t key)
{
	struct buf scratch = {0};
	struct span name = json_string(&d->json, key, &scratch);
	const struct keyword_fact *fact = keyword_fact(name);
	bool good = true;

	if (fact && s->resource->vocabulary & fact->vocabulary)
		s->keyword[s->n++] = (struct keyword){.fact = fact, .key = key, .value = key + 1};
	else if (d->set->unknown == SCHEMA_REFUSE)
		good = set_fail(d->set, d, s->at, "unknown keyword %.*s", (int)name.n, name.p);
	buf_free(&scratch);
	return good;
}

static bool keywords_read(struct schema *s, struct document *d)
{
	const struct json *j = &d->json;
	uint32_t n = 0;

	s->keyword = set_alloc(d->set, j->node[s->at].count, sizeof *s->keyword);
	for (uint32_t k = json_first(j, s->at); k != j->node[s->at].end; k = json_next_member(j, k))
		if (!keyword_take(s, d, k))
			return false;
	if (s->n)
		qsort(s->keyword, s->n, sizeof *s->keyword, keyword_cmp);
	for (uint32_t i = 0; i < s->n; i++) {
		if (!keyword_read(s, &s->keyword[i]))
			return false;
		s->unevaluated |= s->keyword[i].fact->vocabulary == VOCAB_UNEVALUATED;
		n += s->keyword[i].fact->id != KW_ANNOTATION;
	}
	s->n = n; /* annotations sort last, and are done with */
	return true;
}

static struct schema *schema_read(struct document *d, uint32_t at, struct resource *r)
{
	uint8_t type = d->json.node[at].type;
	struct schema *s;

	if (type != JSON_TRUE && type != JSON_FALSE && type != JSON_OBJECT) {
		set_fail(d->set, d, at, "no schema: neither an object nor true nor false");
		return NULL;
	}
	s = set_alloc(d->set, 1, sizeof *s);
	s->at = at;
	s->type = type;
	d->slot[at].schema = s;
	if (!resource_begin(s, d, r))
		return NULL;
	if (type == JSON_OBJECT && !keywords_read(s, d))
		return NULL;
	return s;
}

struct schema *schema_at(struct document *d, uint32_t at, struct resource *r)
{
	return d->slot[at].schema ? d->slot[at].schema : schema_read(d, at, r);
}

/* --- documents --- */

struct schema *document_load(struct schema_set *set, const char *text, size_t n, struct span uri)
{
	struct document *d = set_alloc(set, 1, sizeof *d);

	d->set = set;
	d->number = ++set->documents;
	d->uri = set_copy(set, uri);
	d->next = set->document;
	set->document = d;
	if (!json_parse(&d->json, set_copy(set, (struct span){text, n}).p, n, JSON_DOCUMENT)) {
		d->json.n = 0;
		set_fail(set, d, 0, "no JSON at byte %zu: %s", d->json.error_offset, d->json.error);
		return NULL;
	}
	d->slot = set_alloc(set, d->json.n, sizeof *d->slot);
	return schema_read(d, 0, NULL);
}

struct schema *schema_load(struct schema_set *set, const char *text, size_t n, const char *uri)
{
	struct buf resolved = {0};
	struct span fragment = {0};
	struct schema *s;

	if (set->error.n)
		return NULL;
	if (uri)
		uri_resolve(&resolved, (struct span){0}, span_of(uri), &fragment);
	s = document_load(set, text, n, buf_span(&resolved));
	buf_free(&resolved);
	if (!s)
		buf_cstr(&set->error);
	return s;
}
