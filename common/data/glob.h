/* Path patterns: `*` and `?` stay within one component, `**` as a whole component spans any number of them (none
 * included), `[a-z]` and `[!a-z]` are sets of bytes, `\` quotes. Matching is anchored at both ends, over bytes, and
 * takes time proportional to pattern times path whatever the pattern. */
#ifndef CP_DATA_GLOB_H
#define CP_DATA_GLOB_H

#include "base/buf.h"

/* Why the pattern is unusable, or NULL. */
const char *glob_bad(struct span pattern);
bool glob_match(struct span pattern, struct span path);

#endif
