/* The one tar that given members make: pax_restricted through libarchive, regular files only, mode 0644 or 0755, no
 * times, no owners, no names, no padding. The same members give the same bytes, on any day, in any directory, under any
 * umask and locale. */
#ifndef CP_PACK_TAROUT_H
#define CP_PACK_TAROUT_H

#include "base/buf.h"
#include "pack/gunzip.h"

struct tarout;

/* What is written goes to `sink`. Never NULL. */
struct tarout *tarout_open(pack_sink *sink, void *ctx);
/* The next member, behind all others by the bytes of its path. 0, or -1: *why is a predicate, and then only
 * tarout_close may follow. */
int tarout_member(struct tarout *t, struct span path, uint64_t size, bool execute, const char **why);
/* Of its content, which must come to `size`. */
int tarout_data(struct tarout *t, const void *p, size_t n, const char **why);
/* Writes the end, and frees. */
int tarout_close(struct tarout *t, const char **why);
/* Frees, and writes nothing more. */
void tarout_drop(struct tarout *t);

#endif
