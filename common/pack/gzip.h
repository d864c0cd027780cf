/* One gzip member (RFC 1952), deflated by as many threads as there are processors: pieces of a fixed size, each with
 * the end of the one before it as its dictionary. The same bytes in give the same bytes out, however many threads. No
 * time and no name is in it. */
#ifndef CP_PACK_GZIP_H
#define CP_PACK_GZIP_H

#include <stddef.h>

struct gzip;

/* Writes to fd, which stays the caller's. */
struct gzip *gzip_open(int fd);
/* 0, or -1: *why says what. */
int gzip_add(struct gzip *g, const void *p, size_t n, const char **why);
/* Writes what is left and frees. 0, or -1: *why. */
int gzip_close(struct gzip *g, const char **why);

#endif
