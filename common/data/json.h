/* JSON (RFC 8259), strict, one pass: the text is validated and indexed, never copied.
 *
 * A document is a flat array of nodes in the order of the text (a tape); a node is a slice of the text. Members keep
 * their order and numbers keep their text. The tape is the arena of one record: parsing the next reuses it.
 * Refused always: anything RFC 8259 does not allow, invalid UTF-8, lone surrogates, a byte-order mark, duplicate keys
 * (compared after unescaping), a depth over JSON_DEPTH, a text over JSON_BYTES.
 * With JSON_RECORD also: numbers that would not survive a round trip through an IEEE double (see json.c). */
#ifndef CP_DATA_JSON_H
#define CP_DATA_JSON_H

#include "base/buf.h"

enum json_type { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };
enum { JSON_DEPTH = 64, JSON_ESCAPED = 1 };
enum json_flags { JSON_DOCUMENT = 0, JSON_RECORD = 1 /* round-trip numbers, top level must be an object */ };
#define JSON_BYTES ((size_t)1 << 31)

/* One value. In an object the children alternate: key (a JSON_STRING node), value. */
struct json_node {
	uint32_t off, len; /* slice of the text; for a string: between the quotes, still escaped */
	uint32_t end;      /* index of the first node behind this value's last descendant */
	uint32_t count;    /* array: elements; object: members; else 0 */
	uint8_t type;      /* enum json_type */
	uint8_t flags;     /* JSON_ESCAPED: the string holds a backslash */
};

/* A parsed document. Zero-initialise; node[0] is the top. `text` is the caller's and must outlive the tape's use. */
struct json {
	const char *text;
	struct json_node *node;
	uint32_t n, cap;
	uint32_t depth;      /* how deep arrays and objects are nested */
	const char *error;   /* after a failure: why, as a noun phrase ("duplicate key") */
	size_t error_offset; /* bytes from the start of the text */
};

/* Parses n bytes. Surrounding JSON white space is allowed. Returns false and sets error. */
bool json_parse(struct json *j, const char *text, size_t n, enum json_flags flags);
void json_free(struct json *j);

/* The source text of a node; for a string without its quotes. */
static inline struct span json_text(const struct json *j, uint32_t at)
{
	return (struct span){j->text + j->node[at].off, j->node[at].len};
}
/* The source text of a whole value, a string with its quotes. */
struct span json_source(const struct json *j, uint32_t at);
/* The value of member `key` (unescaped comparison) of object `at`, 0 when there is none or `at` is no object. */
uint32_t json_get(const struct json *j, uint32_t at, const char *key);
uint32_t json_get_span(const struct json *j, uint32_t at, struct span key);
/* Iteration: for (c = json_first(j, at); c != j->node[at].end; c = json_next(j, c)).
 * In an array c is each element. In an object c is each KEY, its value is c + 1, and json_next_member steps. */
static inline uint32_t json_first(const struct json *j, uint32_t at) { (void)j; return at + 1; }
static inline uint32_t json_next(const struct json *j, uint32_t c) { return j->node[c].end; }
static inline uint32_t json_next_member(const struct json *j, uint32_t key) { return j->node[key + 1].end; }

/* A string's value: a slice of the text when nothing was escaped, else decoded into `scratch` (which is reset).
 * May hold NUL bytes. */
struct span json_string(const struct json *j, uint32_t at, struct buf *scratch);
/* Appends the decoded value of a raw string slice (between quotes, already validated). */
void json_unescape(struct buf *b, const char *p, size_t n);
/* An integer within min..max written as one (no fraction, no exponent). */
bool json_int(const struct json *j, uint32_t at, int64_t min, int64_t max, int64_t *out);
/* Deep equality as JSON Schema has it: numbers by value, objects regardless of order. Decided on the number's
 * decimal text, never through a double. */
bool json_equal(const struct json *a, uint32_t at, const struct json *b, uint32_t bt);
/* Is the whole text a JSON number that a record may hold, because it survives a round trip through a double? */
bool json_number_survives(struct span text);
/* Compares two JSON number texts by value, exactly (exponents beyond 10^16 count as equal). Returns <0, 0, >0. */
int json_number_cmp(struct span a, struct span b);

/* Writing. These append to a buffer; the caller keeps the commas in order with json_key and json_comma. */
void json_quote(struct buf *b, struct span utf8); /* "…" with the shortest escapes (RFC 8785 section 3.2.2.2) */

#endif
