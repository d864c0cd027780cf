#include "schema/internal.h"

#include <stdlib.h>

static const struct keyword_fact facts[] = {
	{"$id", KW_ID, VOCAB_CORE, SHAPE_STRING},
	{"$schema", KW_SCHEMA, VOCAB_CORE, SHAPE_STRING},
	{"$anchor", KW_ANCHOR, VOCAB_CORE, SHAPE_NAME},
	{"$dynamicAnchor", KW_DYNAMIC_ANCHOR, VOCAB_CORE, SHAPE_NAME},
	{"$vocabulary", KW_VOCABULARY, VOCAB_CORE, SHAPE_VOCABULARY},
	{"$comment", KW_ANNOTATION, VOCAB_CORE, SHAPE_STRING},
	{"$defs", KW_DEFS, VOCAB_CORE, SHAPE_SCHEMA_MAP},
	{"$ref", KW_REF, VOCAB_CORE, SHAPE_URI},
	{"$dynamicRef", KW_DYNAMIC_REF, VOCAB_CORE, SHAPE_URI},
	{"type", KW_TYPE, VOCAB_VALIDATION, SHAPE_TYPES},
	{"enum", KW_ENUM, VOCAB_VALIDATION, SHAPE_VALUES},
	{"const", KW_CONST, VOCAB_VALIDATION, SHAPE_VALUE},
	{"multipleOf", KW_MULTIPLE_OF, VOCAB_VALIDATION, SHAPE_POSITIVE},
	{"maximum", KW_MAXIMUM, VOCAB_VALIDATION, SHAPE_NUMBER},
	{"exclusiveMaximum", KW_EXCLUSIVE_MAXIMUM, VOCAB_VALIDATION, SHAPE_NUMBER},
	{"minimum", KW_MINIMUM, VOCAB_VALIDATION, SHAPE_NUMBER},
	{"exclusiveMinimum", KW_EXCLUSIVE_MINIMUM, VOCAB_VALIDATION, SHAPE_NUMBER},
	{"maxLength", KW_MAX_LENGTH, VOCAB_VALIDATION, SHAPE_COUNT},
	{"minLength", KW_MIN_LENGTH, VOCAB_VALIDATION, SHAPE_COUNT},
	{"pattern", KW_PATTERN, VOCAB_VALIDATION, SHAPE_PATTERN},
	{"maxItems", KW_MAX_ITEMS, VOCAB_VALIDATION, SHAPE_COUNT},
	{"minItems", KW_MIN_ITEMS, VOCAB_VALIDATION, SHAPE_COUNT},
	{"uniqueItems", KW_UNIQUE_ITEMS, VOCAB_VALIDATION, SHAPE_BOOL},
	{"maxContains", KW_MAX_CONTAINS, VOCAB_VALIDATION, SHAPE_COUNT},
	{"minContains", KW_MIN_CONTAINS, VOCAB_VALIDATION, SHAPE_COUNT},
	{"maxProperties", KW_MAX_PROPERTIES, VOCAB_VALIDATION, SHAPE_COUNT},
	{"minProperties", KW_MIN_PROPERTIES, VOCAB_VALIDATION, SHAPE_COUNT},
	{"required", KW_REQUIRED, VOCAB_VALIDATION, SHAPE_NAMES},
	{"dependentRequired", KW_DEPENDENT_REQUIRED, VOCAB_VALIDATION, SHAPE_NAMES_MAP},
	{"prefixItems", KW_PREFIX_ITEMS, VOCAB_APPLICATOR, SHAPE_SCHEMAS},
	{"items", KW_ITEMS, VOCAB_APPLICATOR, SHAPE_SCHEMA},
	{"contains", KW_CONTAINS, VOCAB_APPLICATOR, SHAPE_SCHEMA},
	{"properties", KW_PROPERTIES, VOCAB_APPLICATOR, SHAPE_SCHEMA_MAP},
	{"patternProperties", KW_PATTERN_PROPERTIES, VOCAB_APPLICATOR, SHAPE_PATTERN_MAP},
	{"additionalProperties", KW_ADDITIONAL_PROPERTIES, VOCAB_APPLICATOR, SHAPE_SCHEMA},
	{"propertyNames", KW_PROPERTY_NAMES, VOCAB_APPLICATOR, SHAPE_SCHEMA},
	{"allOf", KW_ALL_OF, VOCAB_APPLICATOR, SHAPE_SCHEMAS},
	{"anyOf", KW_ANY_OF, VOCAB_APPLICATOR, SHAPE_SCHEMAS},
	{"oneOf", KW_ONE_OF, VOCAB_APPLICATOR, SHAPE_SCHEMAS},
	{"not", KW_NOT, VOCAB_APPLICATOR, SHAPE_SCHEMA},
	{"if", KW_IF, VOCAB_APPLICATOR, SHAPE_SCHEMA},
	{"then", KW_THEN, VOCAB_APPLICATOR, SHAPE_SCHEMA},
	{"else", KW_ELSE, VOCAB_APPLICATOR, SHAPE_SCHEMA},
	{"dependentSchemas", KW_DEPENDENT_SCHEMAS, VOCAB_APPLICATOR, SHAPE_SCHEMA_MAP},
	{"unevaluatedItems", KW_UNEVALUATED_ITEMS, VOCAB_UNEVALUATED, SHAPE_SCHEMA},
	{"unevaluatedProperties", KW_UNEVALUATED_PROPERTIES, VOCAB_UNEVALUATED, SHAPE_SCHEMA},
	{"contentSchema", KW_CONTENT_SCHEMA, VOCAB_CONTENT, SHAPE_SCHEMA},
	{"contentEncoding", KW_ANNOTATION, VOCAB_CONTENT, SHAPE_STRING},
	{"contentMediaType", KW_ANNOTATION, VOCAB_CONTENT, SHAPE_STRING},
	{"format", KW_ANNOTATION, VOCAB_FORMAT, SHAPE_STRING},
	{"title", KW_ANNOTATION, VOCAB_META_DATA, SHAPE_STRING},
	{"description", KW_ANNOTATION, VOCAB_META_DATA, SHAPE_STRING},
	{"default", KW_ANNOTATION, VOCAB_META_DATA, SHAPE_ANY},
	{"examples", KW_ANNOTATION, VOCAB_META_DATA, SHAPE_ANY},
	{"deprecated", KW_ANNOTATION, VOCAB_META_DATA, SHAPE_BOOL},
	{"readOnly", KW_ANNOTATION, VOCAB_META_DATA, SHAPE_BOOL},
	{"writeOnly", KW_ANNOTATION, VOCAB_META_DATA, SHAPE_BOOL},
};

const struct keyword_fact *keyword_fact(struct span name)
{
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
		if (span_is(name, facts[i].name))
			return &facts[i];
	return NULL;
}

/* What a reader of values works on. */
struct reading {
	struct schema *s;
	struct keyword *k;
	struct document *d;
	struct schema_set *set;
	const struct json *j;
};

static bool bad(const struct reading *r, uint32_t at, const char *what)
{
	return set_fail(r->set, r->d, at, "%s %s", r->k->fact->name, what);
}

static bool expect(const struct reading *r, uint32_t at, enum json_type type, const char *what)
{
	return r->j->node[at].type == type || bad(r, at, what);
}

static struct span copy_string(const struct reading *r, uint32_t at)
{
	struct buf scratch = {0};
	struct span s = set_copy(r->set, json_string(r->j, at, &scratch));

	buf_free(&scratch);
	return s;
}

static int named_cmp(const void *x, const void *y)
{
	return span_cmp(((const struct named *)x)->name, ((const struct named *)y)->name);
}

static void named_sort(struct named *list, uint32_t n)
{
	if (n)
		qsort(list, n, sizeof *list, named_cmp);
}

const struct named *named_find(const struct named *list, uint32_t n, struct span name)
{
	enum { FEW = 32 };
	struct named key = {.name = name};

	if (n > FEW)
		return bsearch(&key, list, n, sizeof *list, named_cmp);
	/* Most schemas name a few things, most of different lengths. */
	for (uint32_t i = 0; i < n; i++)
		if (list[i].name.n == name.n && (!name.n || memcmp(list[i].name.p, name.p, name.n) == 0))
			return &list[i];
	return NULL;
}

/* An array of strings, each once, sorted. */
static bool read_names(const struct reading *r, uint32_t at, struct named **list, uint32_t *n)
{
	uint32_t i = 0;

	if (!expect(r, at, JSON_ARRAY, "is no array of names"))
		return false;
	*list = set_alloc(r->set, r->j->node[at].count, sizeof **list);
	for (uint32_t c = json_first(r->j, at); c != r->j->node[at].end; c = json_next(r->j, c)) {
		if (!expect(r, c, JSON_STRING, "is no array of names"))
			return false;
		(*list)[i++].name = copy_string(r, c);
	}
	*n = i;
	named_sort(*list, i);
	for (i = 1; i < *n; i++)
		if (span_eq((*list)[i - 1].name, (*list)[i].name))
			return bad(r, at, "names something twice");
	return true;
}

static bool read_regex(const struct reading *r, uint32_t at, struct regex **regex)
{
	const char *why;

	*regex = regex_new(&r->set->regexes, copy_string(r, at), &why);
	return *regex || set_fail(r->set, r->d, at, "bad pattern: %s", why);
}

/* An object; each member's value goes into named[].schema, .list or .regex as its shape says. */
static bool read_map(const struct reading *r)
{
	enum shape shape = r->k->fact->shape;
	uint32_t at = r->k->value;

	if (!expect(r, at, JSON_OBJECT, "is no object"))
		return false;
	r->k->named = set_alloc(r->set, r->j->node[at].count, sizeof *r->k->named);
	for (uint32_t c = json_first(r->j, at); c != r->j->node[at].end; c = json_next_member(r->j, c)) {
		struct named *m = &r->k->named[r->k->n++];

		m->name = copy_string(r, c);
		if (shape == SHAPE_NAMES_MAP) {
			if (!read_names(r, c + 1, &m->list, &m->n))
				return false;
			continue;
		}
		if (shape == SHAPE_PATTERN_MAP && !read_regex(r, c, &m->regex))
			return false;
		m->schema = schema_at(r->d, c + 1, r->s->resource);
		if (!m->schema)
			return false;
	}
	named_sort(r->k->named, r->k->n);
	return true;
}

static bool read_schemas(const struct reading *r)
{
	uint32_t at = r->k->value;

	if (!expect(r, at, JSON_ARRAY, "is no array of schemas"))
		return false;
	if (!r->j->node[at].count)
		return bad(r, at, "is empty");
	r->k->named = set_alloc(r->set, r->j->node[at].count, sizeof *r->k->named);
	for (uint32_t c = json_first(r->j, at); c != r->j->node[at].end; c = json_next(r->j, c)) {
		r->k->named[r->k->n].schema = schema_at(r->d, c, r->s->resource);
		if (!r->k->named[r->k->n++].schema)
			return false;
	}
	return true;
}

static void read_value(const struct reading *r, uint32_t at)
{
	struct buf text = {0};

	value_write(&text, r->j, at);
	r->k->named[r->k->n++].name = set_copy(r->set, buf_span(&text));
	buf_free(&text);
}

static bool read_values(const struct reading *r)
{
	uint32_t at = r->k->value;

	if (r->k->fact->shape == SHAPE_VALUE) {
		r->k->named = set_alloc(r->set, 1, sizeof *r->k->named);
		read_value(r, at);
		return true;
	}
	if (!expect(r, at, JSON_ARRAY, "is no array"))
		return false;
	r->k->named = set_alloc(r->set, r->j->node[at].count, sizeof *r->k->named);
	for (uint32_t c = json_first(r->j, at); c != r->j->node[at].end; c = json_next(r->j, c))
		read_value(r, c);
	named_sort(r->k->named, r->k->n);
	return true;
}

/* --- types --- */

static bool read_type(const struct reading *r, uint32_t at)
{
	static const struct {
		const char *name;
		unsigned bits;
	} types[] = {
		{"null", 1 << JSON_NULL}, {"boolean", 1 << JSON_FALSE | 1 << JSON_TRUE}, {"number", 1 << JSON_NUMBER},
		{"string", 1 << JSON_STRING}, {"array", 1 << JSON_ARRAY}, {"object", 1 << JSON_OBJECT},
		{"integer", 1 << (JSON_OBJECT + 1)},
	};
	struct buf scratch = {0};
	struct span name = json_string(r->j, at, &scratch);
	unsigned bits = 0;

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (r->j->node[at].type == JSON_STRING && span_is(name, types[i].name))
			bits = types[i].bits;
	buf_free(&scratch);
	if (!bits)
		return bad(r, at, "names no type");
	if (r->k->count & bits)
		return bad(r, at, "names a type twice");
	r->k->count |= bits;
	return true;
}

static bool read_types(const struct reading *r)
{
	uint32_t at = r->k->value;

	if (r->j->node[at].type != JSON_ARRAY)
		return read_type(r, at);
	if (!r->j->node[at].count)
		return bad(r, at, "is empty");
	for (uint32_t c = json_first(r->j, at); c != r->j->node[at].end; c = json_next(r->j, c))
		if (!read_type(r, c))
			return false;
	return true;
}

/* --- names and references --- */

static bool read_anchor(const struct reading *r)
{
	struct span name = copy_string(r, r->k->value);
	struct resource *res = r->s->resource;
	bool dynamic = r->k->fact->id == KW_DYNAMIC_ANCHOR;

	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!letter && !(i && ((c >= '0' && c <= '9') || c == '-' || c == '.')))
			return bad(r, r->k->value, "is no name");
	}
	if (!name.n)
		return bad(r, r->k->value, "is no name");
	if (dynamic) {
		if ((res->dynamic_n & (res->dynamic_n - 1)) == 0) { /* full at every power of two */
			struct named *more = set_alloc(r->set, res->dynamic_n ? res->dynamic_n * 2 : 1, sizeof *more);

			if (res->dynamic_n)
				memcpy(more, res->dynamic, res->dynamic_n * sizeof *more);
			res->dynamic = more;
		}
		res->dynamic[res->dynamic_n++] = (struct named){.name = name, .schema = r->s};
	}
	return anchor_add(r->set, r->s, res->uri, name, dynamic);
}

static bool read_reference(const struct reading *r)
{
	struct schema_set *set = r->set;

	if (set->pending_n == set->pending_cap) {
		set->pending_cap = set->pending_cap ? set->pending_cap * 2 : 64;
		set->pending = xreallocarray(set->pending, set->pending_cap, sizeof *set->pending);
	}
	set->pending[set->pending_n++] = (struct pending){r->s, r->k};
	return true;
}

static bool read_vocabulary(const struct reading *r)
{
	uint32_t at = r->k->value;

	if (!expect(r, at, JSON_OBJECT, "is no object"))
		return false;
	for (uint32_t c = json_first(r->j, at); c != r->j->node[at].end; c = json_next_member(r->j, c))
		if (r->j->node[c + 1].type != JSON_TRUE && r->j->node[c + 1].type != JSON_FALSE)
			return bad(r, c + 1, "is neither true nor false");
	return true;
}

/* --- one keyword --- */

static bool read_number(const struct reading *r)
{
	struct span text = json_text(r->j, r->k->value);

	if (!expect(r, r->k->value, JSON_NUMBER, "is no number"))
		return false;
	if (r->k->fact->shape == SHAPE_COUNT)
		return number_count(text, &r->k->count) || bad(r, r->k->value, "is no count");
	if (r->k->fact->shape == SHAPE_POSITIVE)
		return number_divisor(text) || bad(r, r->k->value, "is no positive number of at most 18 digits");
	return true;
}

static bool read_bool(const struct reading *r)
{
	uint8_t type = r->j->node[r->k->value].type;

	r->k->count = type == JSON_TRUE;
	return type == JSON_TRUE || type == JSON_FALSE || bad(r, r->k->value, "is neither true nor false");
}

static bool read_schema(const struct reading *r)
{
	r->k->schema = schema_at(r->d, r->k->value, r->s->resource);
	return r->k->schema != NULL;
}

bool keyword_read(struct schema *s, struct keyword *k)
{
	struct document *d = s->resource->document;
	const struct reading r = {s, k, d, d->set, &d->json};

	switch (k->fact->shape) {
	case SHAPE_ANY:
		return true;
	case SHAPE_BOOL:
		return read_bool(&r);
	case SHAPE_COUNT: case SHAPE_NUMBER: case SHAPE_POSITIVE:
		return read_number(&r);
	case SHAPE_TYPES:
		return read_types(&r);
	case SHAPE_VALUE: case SHAPE_VALUES:
		return read_values(&r);
	case SHAPE_NAMES:
		return read_names(&r, k->value, &k->named, &k->n);
	case SHAPE_SCHEMA:
		return read_schema(&r);
	case SHAPE_SCHEMAS:
		return read_schemas(&r);
	case SHAPE_SCHEMA_MAP: case SHAPE_PATTERN_MAP: case SHAPE_NAMES_MAP:
		return read_map(&r);
	case SHAPE_VOCABULARY:
		return read_vocabulary(&r);
	default:
		break;
	}
	if (!expect(&r, k->value, JSON_STRING, "is no string"))
		return false;
	switch (k->fact->shape) {
	case SHAPE_URI:
		return read_reference(&r);
	case SHAPE_NAME:
		return read_anchor(&r);
	case SHAPE_PATTERN:
		return read_regex(&r, k->value, &k->regex);
	default:
		if (k->fact->id == KW_SCHEMA && s->resource->root != s)
			return bad(&r, k->value, "is not at the root of a resource");
		return true;
	}
}
