/* Path patterns: `*` and `?` stay within one component, `**` as a whole component spans any number of them (none
 * included, but at the end at least one: what lies in a directory, not the directory), `[a-z]` and `[!a-z]` are sets of
 * characters, a backslash quotes. A name that begins with a dot is a name like others. Matching is anchored at both
 * ends and takes time proportional to pattern times path whatever the pattern. A character is one of UTF-8; a byte that
 * is none stands for itself.
 * This is what npm's `minimatch` does with `dot`, and without braces, extglobs, negation and comments. What it and
 * others read in different ways is refused: `**` within a component, sets that begin with `^`, `[:alpha:]` and its
 * like, a set without its end, empty components, `.` and `..`. */
#ifndef CP_DATA_GLOB_H
#define CP_DATA_GLOB_H

#include "base/buf.h"

/* Why the pattern is unusable, or NULL. */
const char *glob_bad(struct span pattern);
bool glob_match(struct span pattern, struct span path);

#endif
