/* What the modules of this floor share. Not for anybody else. */
#ifndef CP_SCHEMA_INTERNAL_H
#define CP_SCHEMA_INTERNAL_H

#include "schema/schema.h"

/* Every keyword of draft 2020-12, in the order it is applied: what reads annotations comes behind what makes them. */
enum keyword_id {
	KW_ID, KW_SCHEMA, KW_ANCHOR, KW_DYNAMIC_ANCHOR, KW_VOCABULARY, KW_COMMENT, KW_DEFS,
	KW_TYPE, KW_ENUM, KW_CONST,
	KW_MULTIPLE_OF, KW_MAXIMUM, KW_EXCLUSIVE_MAXIMUM, KW_MINIMUM, KW_EXCLUSIVE_MINIMUM,
	KW_MAX_LENGTH, KW_MIN_LENGTH, KW_PATTERN,
	KW_MAX_ITEMS, KW_MIN_ITEMS, KW_UNIQUE_ITEMS, KW_MAX_CONTAINS, KW_MIN_CONTAINS,
	KW_MAX_PROPERTIES, KW_MIN_PROPERTIES, KW_REQUIRED, KW_DEPENDENT_REQUIRED,
	KW_PREFIX_ITEMS, KW_ITEMS, KW_CONTAINS,
	KW_PROPERTIES, KW_PATTERN_PROPERTIES, KW_ADDITIONAL_PROPERTIES, KW_PROPERTY_NAMES,
	KW_REF, KW_DYNAMIC_REF, KW_ALL_OF, KW_ANY_OF, KW_ONE_OF, KW_NOT, KW_IF, KW_THEN, KW_ELSE, KW_DEPENDENT_SCHEMAS,
	KW_UNEVALUATED_ITEMS, KW_UNEVALUATED_PROPERTIES,
	KW_CONTENT_SCHEMA, KW_ANNOTATION,
};

/* Vocabularies, as bits. Core is always there. */
enum vocabulary {
	VOCAB_CORE = 1, VOCAB_APPLICATOR = 2, VOCAB_UNEVALUATED = 4, VOCAB_VALIDATION = 8, VOCAB_META_DATA = 16,
	VOCAB_FORMAT = 32, VOCAB_CONTENT = 64, VOCAB_ALL = 127,
};

/* What a keyword's value must look like, and so what becomes of it at loading. */
enum shape {
	SHAPE_ANY, SHAPE_STRING, SHAPE_BOOL, SHAPE_URI, SHAPE_NAME, SHAPE_COUNT, SHAPE_NUMBER, SHAPE_POSITIVE,
	SHAPE_TYPES, SHAPE_VALUE, SHAPE_VALUES, SHAPE_NAMES, SHAPE_NAMES_MAP, SHAPE_PATTERN,
	SHAPE_SCHEMA, SHAPE_SCHEMAS, SHAPE_SCHEMA_MAP, SHAPE_PATTERN_MAP, SHAPE_VOCABULARY,
};

struct keyword_fact {
	const char *name;
	enum keyword_id id;
	enum vocabulary vocabulary;
	enum shape shape;
};
const struct keyword_fact *keyword_fact(struct span name); /* NULL: unknown */

struct regex;

/* Something with a name: a property and its schema, a required name, a canonical value of an enum. */
struct named {
	struct span name;
	struct schema *schema;
	struct named *list; /* dependentRequired: the names it needs */
	uint32_t n;
	struct regex *regex;
};

struct keyword {
	const struct keyword_fact *fact;
	uint32_t key, value;  /* nodes of the schema's document */
	uint32_t n;           /* of named; of the schemas of allOf and its like */
	struct named *named;  /* sorted by name where there is one */
	struct schema *schema;/* the only one; a reference's target once linked */
	struct regex *regex;
	uint64_t count;       /* minLength and its like; the set of types as bits */
	bool dynamic;         /* a $dynamicRef whose target is a $dynamicAnchor of the fragment's name */
};

/* A schema with an $id, or a document's root: what a base URI belongs to. */
struct resource {
	struct span uri; /* absolute, no fragment; empty where nobody gave one */
	struct document *document;
	struct schema *root;
	unsigned vocabulary;
	struct named *dynamic; /* its $dynamicAnchors */
	uint32_t dynamic_n;
};

struct schema {
	struct resource *resource;
	uint32_t at; /* node of its document */
	uint32_t n;
	struct keyword *keyword; /* in order of application */
	bool unevaluated;        /* has a keyword that needs to know what was evaluated */
	uint8_t type;            /* enum json_type: TRUE, FALSE or OBJECT */
};

struct document {
	struct json json;
	uint32_t number;
	struct span uri;         /* of retrieval; for messages and for its root's base */
	struct slot {
		struct schema *schema;
	} *slot; /* by node; NULL where no schema was read */
	struct schema_set *set;
	struct document *next;
};

/* A URI that leads to a schema. */
struct anchor {
	struct span uri;
	uint32_t document; /* its number, where the URI is empty and so means this document alone; else 0 */
	struct span fragment;
	struct schema *schema;
	bool dynamic;
};

struct pending {
	struct schema *from;
	struct keyword *keyword;
};

struct schema_set {
	enum schema_unknown unknown;
	struct document *document;
	uint32_t documents;
	struct anchor *anchor;
	size_t anchor_n, anchor_cap;
	bool anchors_sorted;
	struct pending *pending;
	size_t pending_n, pending_cap, pending_done;
	schema_fetch *fetch;
	void *fetch_ctx;
	struct memory *memory;
	struct regex *regexes;
	struct buf error;
};

/* --- memory.c, in load.c: lives as long as the set --- */
void *set_alloc(struct schema_set *set, size_t count, size_t size); /* zeroed */
struct span set_copy(struct schema_set *set, struct span s);
/* Writes the error once; always false. */
bool set_fail(struct schema_set *set, const struct document *d, uint32_t at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* --- load.c --- */
/* The schema at a node, read on the spot where nothing has made it one yet. NULL: set_fail was called. */
struct schema *schema_at(struct document *d, uint32_t at, struct resource *r);
const struct keyword *schema_keyword(const struct schema *s, enum keyword_id id); /* NULL: it has none */
/* One text, at its own URI; NULL: set_fail was called. */
struct schema *document_load(struct schema_set *set, const char *text, size_t n, struct span uri);

/* --- values.c: reading keyword values --- */
bool keyword_read(struct schema *s, struct keyword *k);

/* --- link.c --- */
bool anchor_add(struct schema_set *set, struct schema *s, struct span uri, struct span fragment, bool dynamic);
/* NULL when there is none. `d` is asked first where the URI is empty. */
const struct anchor *anchor_find(struct schema_set *set, const struct document *d, struct span uri,
				 struct span fragment);
/* The text of one of the documents the draft itself is made of, or NULL. */
const char *metaschema_text(struct span uri);

/* --- pointer.c --- */
/* Resolves a URI reference (RFC 3986 section 5.2) into b, without its fragment; *fragment is what stands behind `#`. */
void uri_resolve(struct buf *b, struct span base, struct span reference, struct span *fragment);
/* Appends with %XX decoded; false where one is malformed. */
bool uri_decode(struct buf *b, struct span text);
/* Appends the JSON Pointer of node `at` from node `top`. */
void pointer_write(struct buf *b, const struct json *j, uint32_t top, uint32_t at);

/* --- number.c: decimals of any size, exactly --- */
bool number_is_integer(struct span text);
bool number_count(struct span text, uint64_t *out);         /* an integer of 0 to 2^53, however written */
bool number_divisor(struct span text);                      /* positive, at most 18 significant digits */
bool number_is_multiple(struct span text, struct span divisor);
/* Appends a text that is the same for equal values and for no others. */
void value_write(struct buf *b, const struct json *j, uint32_t at);

/* --- regex.c --- */
enum regex_result { REGEX_MATCH, REGEX_NO_MATCH, REGEX_LIMIT };
/* Puts it in front of the list whose owner frees it. NULL on failure; *why says why. */
struct regex *regex_new(struct regex **list, struct span pattern, const char **why);
enum regex_result regex_search(struct regex *r, struct span subject);
void regex_free_all(struct regex *r);

/* --- apply.c --- */

/* Which members or elements of one instance value were evaluated. */
struct seen {
	uint64_t *bit;
	uint32_t n;
};
static inline void seen_set(struct seen *s, uint32_t i) { s->bit[i / 64] |= UINT64_C(1) << (i % 64); }
static inline bool seen_get(const struct seen *s, uint32_t i) { return s->bit[i / 64] >> (i % 64) & 1; }
void seen_all(struct seen *s);

/* The resources entered on the way here. */
struct scope {
	const struct resource *resource;
	const struct scope *outer;
};

struct eval {
	const struct json *j;
	uint32_t top;
	schema_report *report;
	void *ctx;
	unsigned mute; /* inside something whose failure is no failure yet */
	unsigned depth;
	uint64_t budget;
	const char *stopped; /* a limit was reached: the answer is no, whatever stands around it */
};

/* One schema being applied to one value. */
struct frame {
	struct eval *e;
	const struct schema *s;
	uint32_t at;
	const struct scope *scope;
	struct seen *seen; /* NULL where nobody asks */
};

typedef bool keyword_apply(const struct frame *f, const struct keyword *k);

bool frame_apply(const struct frame *f, const struct schema *s, uint32_t at, struct seen *seen);
/* Reports, unless muted; always false. */
bool frame_fail(const struct frame *f, const struct keyword *k, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A limit was reached; always false. */
bool frame_stop(const struct frame *f, const struct keyword *k, const char *why);
/* True where the rest of a failing schema need not be looked at. */
static inline bool frame_hasty(const struct frame *f) { return f->e->mute || !f->e->report || f->e->stopped; }
static inline const struct json_node *frame_node(const struct frame *f) { return &f->e->j->node[f->at]; }

/* Where a name stands in a sorted list; NULL when it does not. */
const struct named *named_find(const struct named *list, uint32_t n, struct span name);

/* assert.c, children.c, combine.c: one function per keyword. */
keyword_apply apply_type, apply_enum, apply_multiple_of, apply_range, apply_length, apply_pattern, apply_items_count,
	apply_unique, apply_properties_count, apply_required, apply_dependent_required;
keyword_apply apply_prefix_items, apply_items, apply_contains, apply_properties, apply_pattern_properties,
	apply_additional_properties, apply_property_names, apply_unevaluated_items, apply_unevaluated_properties;
keyword_apply apply_ref, apply_dynamic_ref, apply_all_of, apply_any_of, apply_one_of, apply_not, apply_if,
	apply_dependent_schemas;

#endif
