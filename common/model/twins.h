/* Case twins: names in one directory that differ only in case, which one of two file systems cannot hold. Names are
 * compared by the simple lower case of the C library's C.UTF-8; bytes that are not UTF-8 only by themselves. Memory:
 * the names of the directories between the root and the present place. */
#ifndef CP_MODEL_TWINS_H
#define CP_MODEL_TWINS_H

#include "base/buf.h"

struct twins;

/* `report` gets the path of each name that has a twin before it in byte order, and that twin's name. */
struct twins *twins_new(void (*report)(void *ctx, struct span path, struct span twin), void *ctx);
/* Paths in path order (relpath_cmp); directories as well as what is in them. */
void twins_add(struct twins *t, struct span path);
/* The directories still open are judged; frees. */
void twins_finish(struct twins *t);
/* Appends what all names (or paths) have in common that differ only in case. */
void twins_fold(const struct twins *t, struct buf *b, struct span name);

#endif
