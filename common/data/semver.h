/* Versions (SemVer 2.0.0) and ranges of them, which mean what npm's `semver` makes of them without options.
 *
 * A version is at most SEMVER_BYTES long, its three numbers are at most 2^53-1; no `v` before it, no blanks around it.
 *
 * A range is alternatives separated by `||`; an alternative is one hyphen range (`1.2 - 2.0.0`), or comparators that
 * all must hold, separated by blanks or one comma (004, 9.2: `>=1.0.0,<2.0.0`; npm knows no comma), or nothing, which
 * is any version. A comparator is an operator (`<` `<=` `>` `>=` `=` `^` `~`, or none, which is `=`), blanks, and a
 * version that may be partial (`1`, `1.2`) or end in wildcards (`1.x`, `1.2.*`, `X`).
 * A pre-release satisfies a range only if a comparator of the alternative that it satisfies names a pre-release of the
 * same three numbers; and none does where an alternative is any version.
 * What npm reads beside its own grammar is refused: `v1.2`, `==1`, `~>1`, a number or pre-release behind a wildcard. */
#ifndef CP_DATA_SEMVER_H
#define CP_DATA_SEMVER_H

#include "base/buf.h"

enum { SEMVER_BYTES = 256 };

struct semver {
	uint64_t number[3];     /* major, minor, patch */
	struct span pre, build; /* without the `-` and the `+`; n = 0: none. Slices of the text */
};

/* NULL, or why the text is no version: a predicate, "has a leading zero". */
const char *semver_parse(struct semver *v, struct span text);
/* Precedence (section 11): build metadata does not count. <0, 0, >0. */
int semver_cmp(const struct semver *a, const struct semver *b);
/* NULL, or why the text is no range. Linear time, like semver_satisfies. */
const char *semver_range_bad(struct span range);
/* False also where the range is none. */
bool semver_satisfies(const struct semver *v, struct span range);

#endif
