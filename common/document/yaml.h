/* YAML, a strict subset of 1.2, into our JSON tree. The only door to libyaml (its event interface).
 *
 * What is read has one meaning for every reader, and it is JSON's. Refused, with line and column: a second document,
 * directives, anchors, aliases, tags, merge keys, duplicate keys, keys that are no strings, a pair without braces in a
 * flow sequence, an empty value in a flow collection, depth over YAML_DEPTH, a last line without line feed, an empty
 * document, and in the bytes: whatever is not UTF-8, NUL, carriage returns, control characters other than tab and line
 * feed, a byte-order mark, line separators other than line feed (U+0085, U+2028, U+2029). Tabs separate, they never
 * indent. Double quotes can say any of these characters by an escape.
 *
 * Scalars: what is quoted, literal or folded is a string. A plain one is what the core schema (YAML 1.2.2, 10.3) says:
 * null ~ and nothing are null, true and false are booleans (also as True and TRUE, likewise null), what looks like a
 * number is one, everything else is a string: `no`, `yes`, `on`, `off`, `1.2.3`, `2026-01-31`, `12:30`. But a number is
 * accepted only where JSON would write it so and it survives a round trip through a double (data/json.h): `0644`,
 * `0o17`, `0x1f`, `+1`, `.5`, `1.`, `.inf`, `.nan` and 2^53 are refused: in quotes they are strings.
 *
 * Time is linear in the text, memory in the JSON text, which has a limit; a value longer than that limit ends the
 * reading before it was seen whole. What is accepted is a JSON_DOCUMENT whose numbers JSON_RECORD accepts.
 *
 * The functions are not called yaml_…: libyaml exports such names (yaml_free) and calls what it finds under them. */
#ifndef CP_DOCUMENT_YAML_H
#define CP_DOCUMENT_YAML_H

#include "data/json.h"

#include <sys/types.h>

enum { YAML_DEPTH = JSON_DEPTH - 1 }; /* so that it may be nested under one member of a record */

/* Where something begins, both counted from 1, columns in characters. Line 0: nowhere in particular. */
struct yaml_place {
	uint32_t line, column;
};

/* A document. Zero-initialise; reading the next one reuses it. */
struct yamldoc {
	struct buf text;          /* it as JSON, on one line */
	struct json json;         /* the tape over it */
	struct yaml_place *place; /* json.node[i] begins at place[i] */
	uint32_t n, cap;
	const char *error; /* after a failure: why, as a noun phrase */
	struct yaml_place error_at;
	int error_errno; /* reading itself failed */
	struct buf why;
};

struct yaml_source {
	ssize_t (*read)(void *ctx, void *p, size_t n); /* works like read(2) */
	void *ctx;
	size_t limit; /* longest JSON text, of the document and of each element */
	/* The member of the top whose elements are handed out one by one, as they come, instead of being kept: its
	 * value becomes []. NULL: none. A manifest of any number of assets needs the memory of its longest. The
	 * element is the callee's until it returns; false ends the reading ("stopped"). */
	const char *each;
	bool (*element)(void *element_ctx, struct yamldoc *element);
	void *element_ctx;
};

/* False: y->error, error_at. Elements handed out before were good by themselves, but the document is not. */
bool yamldoc_read(struct yamldoc *y, const struct yaml_source *source);
/* The same of n bytes in memory. */
bool yamldoc_parse(struct yamldoc *y, const char *text, size_t n, size_t limit);
void yamldoc_free(struct yamldoc *y);

#endif
