/* Sorting more than memory holds: entries are sorted in memory up to a limit, spilled as sorted runs into one unnamed
 * temporary file, and merged in one pass. By the bytes of the key (a prefix comes first); stable: equal keys keep the
 * order they were added in. Nothing is spilled while everything fits. */
#ifndef CP_STORE_EXTSORT_H
#define CP_STORE_EXTSORT_H

#include "base/buf.h"

enum { EXTSORT_MEMORY = 48 << 20 }; /* a limit that keeps a process below 64 MiB */

struct extsort;

/* `memory`: bytes to use before spilling, counted with all overhead. */
struct extsort *extsort_new(size_t memory);
/* Copies both; together less than 4 GiB. 0, or -1 with errno (spilling failed). */
int extsort_add(struct extsort *s, struct span key, struct span value);
/* After the last add: 1 and the next entry in order (good until the next call), 0: no more, -1 with errno. */
int extsort_next(struct extsort *s, struct span *key, struct span *value);
void extsort_free(struct extsort *s);

#endif
