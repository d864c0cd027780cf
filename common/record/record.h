/* A record: one line, parsed in place. Access to its members, with the shapes every kind shares. */
#ifndef CP_RECORD_RECORD_H
#define CP_RECORD_RECORD_H

#include "data/json.h"

enum { RECORD_BYTES = 1 << 20 }; /* longest line, without its LF */

struct record {
	struct span line;     /* without the LF; the bytes as received */
	struct json json;     /* its tape */
	struct span kind;     /* value of member `kind` (never escaped) */
	unsigned long number; /* 1-based line of its stream, 0 when it was made here */
	struct buf scratch;   /* decoded path, when it had to be decoded */
};

/* Parses a line into r (whose tape and scratch are reused). NULL, or why not: "invalid JSON: …", "no kind". */
const char *record_parse(struct record *r, struct span line);
void record_free(struct record *r);

static inline bool record_is(const struct record *r, const char *kind) { return span_is(r->kind, kind); }

/* The node of top-level member `key`, 0 when absent. */
uint32_t record_get(const struct record *r, const char *key);
/* String member into *out; false when absent or no string. Decoded into scratch where escaped. */
bool record_str(const struct record *r, const char *key, struct span *out, struct buf *scratch);
/* Integer member within min..max; false when absent or something else. */
bool record_int(const struct record *r, const char *key, int64_t min, int64_t max, int64_t *out);
bool record_true(const struct record *r, const char *key);

/* The path, from `path` or, for a name that is not UTF-8, `path_b64`: the file's own bytes, checked by relpath_bad.
 * 1: *path is set (alive as long as the record), 0: the record has neither, -1: *why says what is wrong with it
 * (both members, not a string, not relative, a path_b64 that is UTF-8 after all). */
int record_path(struct record *r, struct span *path, const char **why);

/* `sha256:` and 64 lower-case hex digits? */
enum { RECORD_HASH_LEN = 71 };
bool record_hash_ok(struct span hash);

/* Appends the record's line with `members` (`"hash":"x"`, no braces or leading comma) before its closing brace. */
void record_splice(struct buf *b, const struct record *r, struct span members);

#endif
