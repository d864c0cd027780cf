/* Canonical writers: RFC 8785 (JCS) and the rule of the earlier implementation's ledgers. */
#ifndef CP_DATA_CANON_H
#define CP_DATA_CANON_H

#include "data/json.h"

/* Appends the RFC 8785 form of node `at`: members sorted by UTF-16 code units, ES6 numbers.
 * False when a number is out of a double's range (nothing is appended). */
bool canon_jcs(struct buf *b, const struct json *j, uint32_t at);
/* The same without the top-level member `without`. */
bool canon_jcs_without(struct buf *b, const struct json *j, uint32_t at, const char *without);
/* Is the text that was parsed (with JSON_RECORD) its own RFC 8785 form, byte for byte, nothing around it? */
bool canon_is_jcs(const struct json *j, size_t n);
/* Appends the ECMAScript text of a finite double (RFC 8785 section 3.2.2.3). False for NaN and infinity. */
bool canon_number(struct buf *b, double v);
/* Python's json.dumps(sort_keys=True, ensure_ascii=False): keys by code point at every level, ", " and ": ",
 * number text as written, non-ASCII raw; the top-level member `without` (may be NULL) left out. */
void canon_legacy(struct buf *b, const struct json *j, uint32_t at, const char *without);

#endif
