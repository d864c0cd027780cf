#include "schema/internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { EVAL_DEPTH = 1000, EVAL_STEPS = 1 << 22, EVAL_STEPS_PER_NODE = 256 };

static keyword_apply *const functions[KW_ANNOTATION + 1] = {
	[KW_TYPE] = apply_type,
	[KW_ENUM] = apply_enum,
	[KW_CONST] = apply_enum,
	[KW_MULTIPLE_OF] = apply_multiple_of,
	[KW_MAXIMUM] = apply_range,
	[KW_EXCLUSIVE_MAXIMUM] = apply_range,
	[KW_MINIMUM] = apply_range,
	[KW_EXCLUSIVE_MINIMUM] = apply_range,
	[KW_MAX_LENGTH] = apply_length,
	[KW_MIN_LENGTH] = apply_length,
	[KW_PATTERN] = apply_pattern,
	[KW_MAX_ITEMS] = apply_items_count,
	[KW_MIN_ITEMS] = apply_items_count,
	[KW_UNIQUE_ITEMS] = apply_unique,
	[KW_MAX_PROPERTIES] = apply_properties_count,
	[KW_MIN_PROPERTIES] = apply_properties_count,
	[KW_REQUIRED] = apply_required,
	[KW_DEPENDENT_REQUIRED] = apply_dependent_required,
	[KW_PREFIX_ITEMS] = apply_prefix_items,
	[KW_ITEMS] = apply_items,
	[KW_CONTAINS] = apply_contains,
	[KW_PROPERTIES] = apply_properties,
	[KW_PATTERN_PROPERTIES] = apply_pattern_properties,
	[KW_ADDITIONAL_PROPERTIES] = apply_additional_properties,
	[KW_PROPERTY_NAMES] = apply_property_names,
	[KW_REF] = apply_ref,
	[KW_DYNAMIC_REF] = apply_dynamic_ref,
	[KW_ALL_OF] = apply_all_of,
	[KW_ANY_OF] = apply_any_of,
	[KW_ONE_OF] = apply_one_of,
	[KW_NOT] = apply_not,
	[KW_IF] = apply_if,
	[KW_DEPENDENT_SCHEMAS] = apply_dependent_schemas,
	[KW_UNEVALUATED_ITEMS] = apply_unevaluated_items,
	[KW_UNEVALUATED_PROPERTIES] = apply_unevaluated_properties,
};

/* --- reporting --- */

static void report(const struct frame *f, const struct keyword *k, const char *reason)
{
	struct eval *e = f->e;
	struct buf instance = {0}, keyword = {0};
	const struct document *d = f->s->resource->document;

	pointer_write(&instance, e->j, e->top, f->at);
	buf_span_add(&keyword, d->uri.n ? d->uri : f->s->resource->uri);
	buf_char(&keyword, '#');
	pointer_write(&keyword, &d->json, 0, k ? k->value : f->s->at);
	e->report(e->ctx, buf_span(&instance), buf_span(&keyword), reason);
	buf_free(&instance);
	buf_free(&keyword);
}

bool frame_fail(const struct frame *f, const struct keyword *k, const char *fmt, ...)
{
	struct buf reason = {0};
	va_list ap;

	if (frame_hasty(f))
		return false;
	va_start(ap, fmt);
	buf_vprintf(&reason, fmt, ap);
	va_end(ap);
	report(f, k, buf_cstr(&reason));
	buf_free(&reason);
	return false;
}

bool frame_stop(const struct frame *f, const struct keyword *k, const char *why)
{
	if (f->e->stopped)
		return false;
	if (f->e->report)
		report(f, k, why);
	f->e->stopped = why;
	return false;
}

/* --- what was evaluated --- */

static size_t seen_words(uint32_t n)
{
	return (size_t)n / 64 + 1;
}

void seen_all(struct seen *s)
{
	memset(s->bit, 0xff, seen_words(s->n) * sizeof *s->bit);
}

/* --- applying --- */

static bool keywords(const struct frame *f)
{
	bool good = true;

	for (uint32_t i = 0; i < f->s->n; i++) {
		const struct keyword *k = &f->s->keyword[i];

		if (functions[k->fact->id] && !functions[k->fact->id](f, k))
			good = false;
		if (!good && frame_hasty(f))
			return false;
	}
	return good;
}

/* The keywords see only what this schema and those within it evaluated; if it is valid its caller learns of it. */
static bool keywords_seeing(const struct frame *f, struct seen *outer)
{
	uint64_t few[4] = {0};
	struct seen own = {.bit = few, .n = frame_node(f)->count};
	struct frame inner = *f;
	bool good;

	if (seen_words(own.n) > sizeof few / sizeof *few)
		own.bit = xcalloc(seen_words(own.n), sizeof *own.bit);
	inner.seen = &own;
	good = keywords(&inner);
	if (good && outer)
		for (size_t i = 0; i < seen_words(own.n); i++)
			outer->bit[i] |= own.bit[i];
	if (own.bit != few)
		free(own.bit);
	return good;
}

static bool enter(const struct frame *f, struct seen *seen)
{
	struct eval *e = f->e;

	if (f->s->type == JSON_TRUE)
		return true;
	if (f->s->type == JSON_FALSE)
		return frame_fail(f, NULL, "nothing is allowed here");
	if (e->stopped)
		return false;
	if (e->depth == EVAL_DEPTH)
		return frame_stop(f, NULL, "the schema leads too deep");
	if (!e->budget--)
		return frame_stop(f, NULL, "the schema takes too much work");
	if (!seen && !f->s->unevaluated)
		return keywords(f);
	return keywords_seeing(f, seen);
}

bool frame_apply(const struct frame *f, const struct schema *s, uint32_t at, struct seen *seen)
{
	struct scope here = {s->resource, f->scope};
	struct frame inner = {.e = f->e, .s = s, .at = at, .scope = &here};
	bool good;

	if (f->scope && f->scope->resource == s->resource)
		inner.scope = f->scope;
	f->e->depth++;
	good = enter(&inner, seen);
	f->e->depth--;
	return good;
}

bool schema_apply(const struct schema *s, const struct json *instance, uint32_t at, schema_report *reporter, void *ctx)
{
	struct eval e = {.j = instance, .top = at, .report = reporter, .ctx = ctx};
	struct frame f = {.e = &e, .s = s, .at = at};
	bool good;

	e.budget = EVAL_STEPS + (uint64_t)instance->n * EVAL_STEPS_PER_NODE;
	good = frame_apply(&f, s, at, NULL);
	return good && !e.stopped;
}
