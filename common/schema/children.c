/* Keywords that apply schemas to the members or elements of a value. */
#include "schema/internal.h"

static bool is_object(const struct frame *f) { return frame_node(f)->type == JSON_OBJECT; }
static bool is_array(const struct frame *f) { return frame_node(f)->type == JSON_ARRAY; }

static void note(const struct frame *f, uint32_t i)
{
	if (f->seen)
		seen_set(f->seen, i);
}

/* --- arrays --- */

static uint32_t prefix_length(const struct frame *f)
{
	const struct keyword *prefix = schema_keyword(f->s, KW_PREFIX_ITEMS);

	return prefix ? prefix->n : 0;
}

bool apply_prefix_items(const struct frame *f, const struct keyword *k)
{
	const struct json *j = f->e->j;
	uint32_t i = 0;
	bool good = true;

	if (!is_array(f))
		return true;
	for (uint32_t c = json_first(j, f->at); i < k->n && c != frame_node(f)->end; c = json_next(j, c), i++) {
		good &= frame_apply(f, k->named[i].schema, c, NULL);
		note(f, i);
		if (!good && frame_hasty(f))
			return false;
	}
	return good;
}

bool apply_items(const struct frame *f, const struct keyword *k)
{
	const struct json *j = f->e->j;
	uint32_t i = 0, from;
	bool good = true;

	if (!is_array(f))
		return true;
	from = prefix_length(f);
	for (uint32_t c = json_first(j, f->at); c != frame_node(f)->end; c = json_next(j, c), i++) {
		if (i < from)
			continue;
		good &= frame_apply(f, k->schema, c, NULL);
		if (!good && frame_hasty(f))
			return false;
	}
	if (f->seen)
		seen_all(f->seen);
	return good;
}

bool apply_contains(const struct frame *f, const struct keyword *k)
{
	const struct keyword *least = schema_keyword(f->s, KW_MIN_CONTAINS);
	const struct keyword *most = schema_keyword(f->s, KW_MAX_CONTAINS);
	const struct json *j = f->e->j;
	uint64_t min = least ? least->count : 1, got = 0;
	uint32_t i = 0;

	if (!is_array(f))
		return true;
	f->e->mute++;
	for (uint32_t c = json_first(j, f->at); c != frame_node(f)->end && !f->e->stopped; c = json_next(j, c), i++) {
		if (!f->seen && !most && got >= min)
			break;
		if (frame_apply(f, k->schema, c, NULL)) {
			note(f, i);
			got++;
		}
	}
	f->e->mute--;
	if (got < min)
		return frame_fail(f, least ? least : k, "contains %llu of what it must contain %llu of",
				  (unsigned long long)got, (unsigned long long)min);
	if (most && got > most->count)
		return frame_fail(f, most, "contains %llu of what it may contain %llu of", (unsigned long long)got,
				  (unsigned long long)most->count);
	return true;
}

bool apply_unevaluated_items(const struct frame *f, const struct keyword *k)
{
	const struct json *j = f->e->j;
	uint32_t i = 0;
	bool good = true;

	if (!is_array(f))
		return true;
	for (uint32_t c = json_first(j, f->at); c != frame_node(f)->end; c = json_next(j, c), i++) {
		if (seen_get(f->seen, i))
			continue;
		good &= frame_apply(f, k->schema, c, NULL);
		if (!good && frame_hasty(f))
			return false;
	}
	seen_all(f->seen);
	return good;
}

/* --- objects --- */

/* Does a keyword of this schema speak of members so named? *stop: a pattern's limit was reached. */
static bool matches(const struct frame *f, const struct keyword *k, struct span name)
{
	for (uint32_t i = 0; k && i < k->n; i++) {
		switch (regex_search(k->named[i].regex, name)) {
		case REGEX_MATCH:
			return true;
		case REGEX_LIMIT:
			frame_stop(f, k, "matching the pattern takes too much work");
			return true;
		case REGEX_NO_MATCH:
			break;
		}
	}
	return false;
}

/* Applies `schema` to the member whose key is node c. */
static bool member(const struct frame *f, const struct schema *schema, uint32_t c, uint32_t i)
{
	note(f, i);
	return frame_apply(f, schema, c + 1, NULL);
}

/* One member judged: true while nothing is wrong with it. */
typedef bool judge_member(const struct frame *f, const struct keyword *k, uint32_t c, uint32_t i, struct span name);

/* Judges each member of an object, key node c and number i; to the first that is wrong where that is enough. */
static bool each_member(const struct frame *f, const struct keyword *k, judge_member *judge)
{
	const struct json *j = f->e->j;
	struct buf scratch = {0};
	uint32_t i = 0;
	bool good = true;

	if (!is_object(f))
		return true;
	for (uint32_t c = json_first(j, f->at); c != frame_node(f)->end; c = json_next_member(j, c), i++) {
		good &= judge(f, k, c, i, json_string(j, c, &scratch));
		if (!good && frame_hasty(f))
			break;
	}
	buf_free(&scratch);
	return good;
}

static bool by_name(const struct frame *f, const struct keyword *k, uint32_t c, uint32_t i, struct span name)
{
	const struct named *m = named_find(k->named, k->n, name);

	return !m || member(f, m->schema, c, i);
}

bool apply_properties(const struct frame *f, const struct keyword *k)
{
	return each_member(f, k, by_name);
}

static bool by_patterns(const struct frame *f, const struct keyword *k, uint32_t c, uint32_t i, struct span name)
{
	bool good = true;

	for (uint32_t p = 0; p < k->n; p++) {
		enum regex_result got = regex_search(k->named[p].regex, name);

		if (got == REGEX_LIMIT)
			return frame_stop(f, k, "matching the pattern takes too much work");
		if (got == REGEX_MATCH && !member(f, k->named[p].schema, c, i))
			good = false;
	}
	return good;
}

bool apply_pattern_properties(const struct frame *f, const struct keyword *k)
{
	return each_member(f, k, by_patterns);
}

/* A member that must not be is reported by its name, not as "nothing is allowed here". */
static bool extra(const struct frame *f, const struct keyword *k, uint32_t c, uint32_t i, struct span name)
{
	if (k->schema->type != JSON_FALSE)
		return member(f, k->schema, c, i);
	return frame_fail(f, k, "has a member %.*s, which is not allowed", (int)name.n, name.p);
}

static bool additional(const struct frame *f, const struct keyword *k, uint32_t c, uint32_t i, struct span name)
{
	const struct keyword *properties = schema_keyword(f->s, KW_PROPERTIES);

	if (properties && named_find(properties->named, properties->n, name))
		return true;
	return matches(f, schema_keyword(f->s, KW_PATTERN_PROPERTIES), name) || extra(f, k, c, i, name);
}

bool apply_additional_properties(const struct frame *f, const struct keyword *k)
{
	return each_member(f, k, additional);
}

static bool as_name(const struct frame *f, const struct keyword *k, uint32_t c, uint32_t i, struct span name)
{
	(void)i;
	(void)name;
	return frame_apply(f, k->schema, c, NULL);
}

bool apply_property_names(const struct frame *f, const struct keyword *k)
{
	return each_member(f, k, as_name);
}

static bool unevaluated(const struct frame *f, const struct keyword *k, uint32_t c, uint32_t i, struct span name)
{
	return seen_get(f->seen, i) || extra(f, k, c, i, name);
}

bool apply_unevaluated_properties(const struct frame *f, const struct keyword *k)
{
	return each_member(f, k, unevaluated);
}
