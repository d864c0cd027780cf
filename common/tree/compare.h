/* A hashed tree on the stream against an ownership registry: the judge's part of cp-own-diff and of the gate G0B. */
#ifndef CP_TREE_COMPARE_H
#define CP_TREE_COMPARE_H

#include "record/record.h"

struct compare;

/* `registry` NULL: the plane's own, which must be the one that the walk saw. `twins`: names that differ only in case
 * are noted. */
struct compare *compare_new(const char *registry, bool twins);
/* A record of the tree; others are taken into the subject alone. Findings are made as they come (filter/filter.h).
 * Ends the process with 3 where stream or registry cannot be trusted. */
void compare_record(struct compare *c, struct record *r);
/* What vouches for the registry, for the verdict; `none` where nobody says. */
void compare_anchor(struct compare *c, const char *what);
/* After the last record of a stream that was whole: what is missing, then the verdict. Frees. */
void compare_conclude(struct compare *c, const char *gate);

#endif
