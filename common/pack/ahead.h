/* What a gzip file comes to, a piece at a time. A large one is inflated ahead of who looks at the pieces, by a thread
 * of its own. */
#ifndef CP_PACK_AHEAD_H
#define CP_PACK_AHEAD_H

#include "pack/gunzip.h"

struct ahead;

/* `gunzip` is copied. Its tap is called in that thread, until ahead_close. */
struct ahead *ahead_open(const struct gunzip *gunzip);
/* The next piece, good until the next call, or 0 at the end; -1: *why, as gunzip_read says it. */
ssize_t ahead_next(struct ahead *a, const void **piece, const char **why);
/* Frees. 0, or errno where the system failed. */
int ahead_close(struct ahead *a);

#endif
