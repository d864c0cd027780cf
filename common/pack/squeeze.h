/* One compressed stream of bytes, gzip or zstd. zstd, and what is read, goes through libarchive (its filters, no
 * archive format). */
#ifndef CP_PACK_SQUEEZE_H
#define CP_PACK_SQUEEZE_H

#include "base/buf.h"

#include <sys/types.h>

enum squeeze_format { SQUEEZE_GZIP, SQUEEZE_ZSTD };

struct squeeze; /* compresses */
/* Writes to fd, which stays the caller's. The same bytes in give the same bytes out. */
struct squeeze *squeeze_open(int fd, enum squeeze_format format);
/* 0, or -1: *why says what. */
int squeeze_add(struct squeeze *s, const void *p, size_t n, const char **why);
/* Writes what is left and frees. 0, or -1: *why. */
int squeeze_close(struct squeeze *s, const char **why);

struct unsqueeze; /* decompresses */
/* Reads from fd, which stays the caller's; what is neither gzip nor zstd is refused. NULL: *why. */
struct unsqueeze *unsqueeze_open(int fd, const char **why);
/* Bytes, 0 at the end, -1: *why. */
ssize_t unsqueeze_read(struct unsqueeze *u, void *p, size_t n, const char **why);
void unsqueeze_close(struct unsqueeze *u);

#endif
