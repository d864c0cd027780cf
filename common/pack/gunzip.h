/* Exactly one gzip member (RFC 1952), through zlib and not through libarchive: its gzip filter does not look at the
 * checksum, reads several members as one, and passes over what stands behind the last. */
#ifndef CP_PACK_GUNZIP_H
#define CP_PACK_GUNZIP_H

#include <stddef.h>
#include <stdint.h>

/* 0, or -1: *why. */
typedef int pack_sink(void *ctx, const void *p, size_t n, const char **why);

struct gunzip {
	int fd;                /* read from here to the end */
	pack_sink *tap, *sink; /* what was read, and what came out of it */
	void *ctx;
	uint64_t floor, ratio; /* no more comes out than floor + ratio * what was read */
	int number;            /* errno, where the system failed; else 0 */
};

/* 0, or -1: *why is a predicate ("ends early"). Checksum and length are verified; a second member or any other byte
 * behind the first is refused. What the sinks were given before is not to be trusted then. */
int gunzip(struct gunzip *g, const char **why);

#endif
