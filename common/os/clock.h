/* Times: RFC 3339, UTC, ending in Z. */
#ifndef CP_OS_CLOCK_H
#define CP_OS_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum { CLOCK_TEXT = 32 };

/* Nanoseconds since 1970-01-01T00:00:00Z. */
int64_t clock_now(void);
/* "2026-01-31T01:19:18Z" (digits 0) or with that many (3: ms) fraction digits. */
void clock_text(int64_t ns, int digits, char out[CLOCK_TEXT]);
/* Strict RFC 3339 in UTC with Z; at most 9 fraction digits. */
bool clock_parse(struct span text, int64_t *ns);
/* A length of time: a whole number and s, m, h or d ("90s", "7d"), at most 36500 days. */
bool clock_parse_length(struct span text, int64_t *ns);

#endif
