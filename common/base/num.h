/* Strict numbers: the whole text or nothing. No sign, no blanks, no leading zero, no overflow. */
#ifndef CP_BASE_NUM_H
#define CP_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUM_MAX_SAFE ((INT64_C(1) << 53) - 1) /* largest integer every JSON reader keeps (RFC 8785) */

/* Decimal, "0" or no leading zero, at most max. */
bool num_u64(const char *p, size_t n, uint64_t max, uint64_t *out);
/* The same with an optional leading '-'; "-0" is refused. */
bool num_i64(const char *p, size_t n, int64_t min, int64_t max, int64_t *out);
/* Octal digits only, 1 to 6 of them (leading zeros allowed: "0644", "4755"), at most 07777. */
bool num_mode(const char *p, size_t n, unsigned *out);

#endif
