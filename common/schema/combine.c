/* Keywords that apply other schemas to the same value. */
#include "schema/internal.h"

bool apply_ref(const struct frame *f, const struct keyword *k)
{
	return frame_apply(f, k->schema, f->at, f->seen);
}

/* A $dynamicRef to a $dynamicAnchor means the outermost resource on the way here that has one of that name. */
bool apply_dynamic_ref(const struct frame *f, const struct keyword *k)
{
	const struct schema *target = k->schema;

	if (!k->dynamic)
		return apply_ref(f, k);
	for (const struct scope *s = f->scope; s; s = s->outer)
		for (uint32_t i = 0; i < s->resource->dynamic_n; i++)
			if (span_eq(s->resource->dynamic[i].name, k->named->name))
				target = s->resource->dynamic[i].schema;
	return frame_apply(f, target, f->at, f->seen);
}

/* Applies without a word. */
static bool silently(const struct frame *f, const struct schema *s, struct seen *seen)
{
	bool good;

	f->e->mute++;
	good = frame_apply(f, s, f->at, seen);
	f->e->mute--;
	return good;
}

bool apply_all_of(const struct frame *f, const struct keyword *k)
{
	bool good = true;

	for (uint32_t i = 0; i < k->n && (good || !frame_hasty(f)); i++)
		good &= frame_apply(f, k->named[i].schema, f->at, f->seen);
	return good;
}

bool apply_any_of(const struct frame *f, const struct keyword *k)
{
	bool good = false;

	/* With somebody asking what was evaluated, every branch has its say. */
	for (uint32_t i = 0; i < k->n && (!good || f->seen); i++)
		good |= silently(f, k->named[i].schema, f->seen);
	if (good)
		return true;
	if (k->n == 1)
		return frame_apply(f, k->named[0].schema, f->at, NULL);
	return frame_fail(f, k, "is allowed by none of %u schemas", k->n);
}

bool apply_one_of(const struct frame *f, const struct keyword *k)
{
	uint32_t good = 0;

	for (uint32_t i = 0; i < k->n && good < 2; i++)
		good += silently(f, k->named[i].schema, f->seen);
	if (good == 1)
		return true;
	return good ? frame_fail(f, k, "is allowed by more than one of %u schemas", k->n)
		    : frame_fail(f, k, "is allowed by none of %u schemas", k->n);
}

bool apply_not(const struct frame *f, const struct keyword *k)
{
	return !silently(f, k->schema, NULL) || frame_fail(f, k, "is what it must not be");
}

bool apply_if(const struct frame *f, const struct keyword *k)
{
	const struct keyword *next;

	next = schema_keyword(f->s, silently(f, k->schema, f->seen) ? KW_THEN : KW_ELSE);
	return !next || frame_apply(f, next->schema, f->at, f->seen);
}

bool apply_dependent_schemas(const struct frame *f, const struct keyword *k)
{
	const struct json *j = f->e->j;
	struct buf scratch = {0};
	bool good = true;

	if (frame_node(f)->type != JSON_OBJECT)
		return true;
	for (uint32_t c = json_first(j, f->at); c != frame_node(f)->end && (good || !frame_hasty(f));
	     c = json_next_member(j, c)) {
		const struct named *m = named_find(k->named, k->n, json_string(j, c, &scratch));

		if (m)
			good &= frame_apply(f, m->schema, f->at, f->seen);
	}
	buf_free(&scratch);
	return good;
}
