/* Keywords that look at a value itself. */
#include "schema/internal.h"

#include <stdlib.h>

static const char *const type_names[] = {"null", "boolean", "boolean", "number", "string", "array", "object"};

/* The limit as it is written in the schema. */
static struct span limit(const struct frame *f, const struct keyword *k)
{
	return json_text(&f->s->resource->document->json, k->value);
}

bool apply_type(const struct frame *f, const struct keyword *k)
{
	static const char *const all[] = {"null", NULL, "boolean", "number", "string", "array", "object", "integer"};
	struct buf want = {0};

	if (k->count >> frame_node(f)->type & 1)
		return true;
	if (frame_node(f)->type == JSON_NUMBER && k->count >> (JSON_OBJECT + 1) & 1 &&
	    number_is_integer(json_text(f->e->j, f->at)))
		return true;
	if (frame_hasty(f))
		return false;
	for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
		if (k->count >> i & 1 && all[i])
			buf_printf(&want, "%s%s", want.n ? " or " : "", all[i]);
	}
	frame_fail(f, k, "is %s, not %s", type_names[frame_node(f)->type], buf_cstr(&want));
	buf_free(&want);
	return false;
}

bool apply_enum(const struct frame *f, const struct keyword *k)
{
	const struct json_node *n = frame_node(f);
	struct buf text = {0};
	bool good;

	/* What is written without escapes is its own canonical text. */
	if (n->type == JSON_STRING && !(n->flags & JSON_ESCAPED) &&
	    named_find(k->named, k->n, json_source(f->e->j, f->at)))
		return true;
	value_write(&text, f->e->j, f->at);
	good = named_find(k->named, k->n, buf_span(&text)) != NULL;
	buf_free(&text);
	if (good)
		return true;
	if (k->fact->id == KW_ENUM)
		return frame_fail(f, k, "is none of the values allowed");
	return frame_fail(f, k, "is not %.*s", (int)(limit(f, k).n < 80 ? limit(f, k).n : 80), limit(f, k).p);
}

/* --- numbers --- */

bool apply_multiple_of(const struct frame *f, const struct keyword *k)
{
	if (frame_node(f)->type != JSON_NUMBER || number_is_multiple(json_text(f->e->j, f->at), limit(f, k)))
		return true;
	return frame_fail(f, k, "is no multiple of %.*s", (int)limit(f, k).n, limit(f, k).p);
}

bool apply_range(const struct frame *f, const struct keyword *k)
{
	enum keyword_id id = k->fact->id;
	bool upper = id == KW_MAXIMUM || id == KW_EXCLUSIVE_MAXIMUM;
	bool exclusive = id == KW_EXCLUSIVE_MAXIMUM || id == KW_EXCLUSIVE_MINIMUM;
	int order;

	if (frame_node(f)->type != JSON_NUMBER)
		return true;
	order = json_number_cmp(json_text(f->e->j, f->at), limit(f, k));
	if (order == 0 ? !exclusive : (order < 0) == upper)
		return true;
	return frame_fail(f, k, "is not %s%s %.*s", upper ? "at most" : "at least",
			  exclusive ? " (and not equal to)" : "", (int)limit(f, k).n, limit(f, k).p);
}

/* --- strings --- */

bool apply_length(const struct frame *f, const struct keyword *k)
{
	struct buf scratch = {0};
	struct span s;
	uint64_t n = 0;

	if (frame_node(f)->type != JSON_STRING)
		return true;
	s = json_string(f->e->j, f->at, &scratch);
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80; /* code points: bytes that do not continue one */
	buf_free(&scratch);
	if (k->fact->id == KW_MAX_LENGTH)
		return n <= k->count || frame_fail(f, k, "is longer than %llu", (unsigned long long)k->count);
	return n >= k->count || frame_fail(f, k, "is shorter than %llu", (unsigned long long)k->count);
}

bool apply_pattern(const struct frame *f, const struct keyword *k)
{
	struct buf scratch = {0};
	enum regex_result got;

	if (frame_node(f)->type != JSON_STRING)
		return true;
	got = regex_search(k->regex, json_string(f->e->j, f->at, &scratch));
	buf_free(&scratch);
	if (got == REGEX_LIMIT)
		return frame_stop(f, k, "matching the pattern takes too much work");
	return got == REGEX_MATCH || frame_fail(f, k, "does not match %.*s", (int)limit(f, k).n, limit(f, k).p);
}

/* --- arrays --- */

static bool in_count(const struct frame *f, const struct keyword *k, bool upper, const char *what)
{
	uint32_t n = frame_node(f)->count;

	if (upper ? n <= k->count : n >= k->count)
		return true;
	return frame_fail(f, k, "has %u %s, %s than %llu", n, what, upper ? "more" : "fewer",
			  (unsigned long long)k->count);
}

bool apply_items_count(const struct frame *f, const struct keyword *k)
{
	return frame_node(f)->type != JSON_ARRAY || in_count(f, k, k->fact->id == KW_MAX_ITEMS, "elements");
}

static int text_cmp(const void *x, const void *y)
{
	return span_cmp(*(const struct span *)x, *(const struct span *)y);
}

/* Equal values have equal texts, so sorting the texts brings them together. */
bool apply_unique(const struct frame *f, const struct keyword *k)
{
	const struct json *j = f->e->j;
	uint32_t n = frame_node(f)->count, i = 0;
	struct buf all = {0};
	struct span *text;
	size_t *end;
	bool good = true;

	if (!k->count || frame_node(f)->type != JSON_ARRAY || n < 2)
		return true;
	text = xcalloc(n, sizeof *text);
	end = xcalloc((size_t)n + 1, sizeof *end);
	for (uint32_t c = json_first(j, f->at); c != frame_node(f)->end; c = json_next(j, c)) {
		value_write(&all, j, c);
		end[++i] = all.n;
	}
	for (i = 0; i < n; i++)
		text[i] = (struct span){all.p + end[i], end[i + 1] - end[i]};
	qsort(text, n, sizeof *text, text_cmp);
	for (i = 1; i < n && good; i++)
		good = !span_eq(text[i - 1], text[i]);
	free(text);
	free(end);
	buf_free(&all);
	return good || frame_fail(f, k, "has two equal elements");
}

/* --- objects --- */

bool apply_properties_count(const struct frame *f, const struct keyword *k)
{
	return frame_node(f)->type != JSON_OBJECT || in_count(f, k, k->fact->id == KW_MAX_PROPERTIES, "members");
}

/* Are all these names members? Looks at each member once; only a failure looks for what is missing. */
static bool has_all(const struct frame *f, const struct keyword *k, const struct named *list, uint32_t n)
{
	const struct json *j = f->e->j;
	struct buf scratch = {0};
	uint32_t got = 0;

	for (uint32_t c = json_first(j, f->at); got < n && c != frame_node(f)->end; c = json_next_member(j, c))
		got += named_find(list, n, json_string(j, c, &scratch)) != NULL;
	buf_free(&scratch);
	if (got == n)
		return true;
	for (uint32_t i = 0; i < n && !frame_hasty(f); i++)
		if (!json_get_span(j, f->at, list[i].name))
			frame_fail(f, k, "has no member %.*s", (int)list[i].name.n, list[i].name.p);
	return false;
}

bool apply_required(const struct frame *f, const struct keyword *k)
{
	return frame_node(f)->type != JSON_OBJECT || has_all(f, k, k->named, k->n);
}

bool apply_dependent_required(const struct frame *f, const struct keyword *k)
{
	const struct json *j = f->e->j;
	struct buf scratch = {0};
	bool good = true;

	if (frame_node(f)->type != JSON_OBJECT)
		return true;
	for (uint32_t c = json_first(j, f->at); c != frame_node(f)->end; c = json_next_member(j, c)) {
		const struct named *m = named_find(k->named, k->n, json_string(j, c, &scratch));

		if (m && !has_all(f, k, m->list, m->n))
			good = false;
	}
	buf_free(&scratch);
	return good;
}
