/* Exactly one gzip member (RFC 1952), through zlib and not through libarchive: its gzip filter does not look at the
 * checksum, reads several members as one, and passes over what stands behind the last. */
#ifndef CP_PACK_GUNZIP_H
#define CP_PACK_GUNZIP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* 0, or -1: *why. */
typedef int pack_sink(void *ctx, const void *p, size_t n, const char **why);

struct gunzip {
	int fd;                /* read from here to the end */
	pack_sink *tap;        /* what was read; NULL: nobody asks */
	void *ctx;
	uint64_t floor, ratio; /* no more comes out than floor + ratio * what was read */
	int number;            /* errno, where the system failed; else 0 */
	struct gunzip_state *state;
};

/* Of what comes out, the next n bytes; fewer are the last, and then all was seen. -1: *why is a predicate ("ends
 * early"), now and ever after. Checksum and length are verified; a second member or any other byte behind the first is
 * refused. What came before is not to be trusted then. */
ssize_t gunzip_read(struct gunzip *g, void *p, size_t n, const char **why);
/* Frees, however often and little was read. */
void gunzip_close(struct gunzip *g);

#endif
