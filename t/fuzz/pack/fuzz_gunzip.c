/* LIBS: -lz */
/* What is accepted is one member, all of which was seen, and zlib's own reader makes the same of it; no more comes out
 * than is allowed. */
#include "base/buf.h"
#include "pack/gunzip.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

enum { FLOOR = 1 << 16, RATIO = 20 };

struct seen {
	size_t in;
	struct buf out;
};

static int tap(void *ctx, const void *p, size_t n, const char **why)
{
	(void)p;
	(void)why;
	((struct seen *)ctx)->in += n;
	return 0;
}

static void compare(const uint8_t *data, size_t size, const struct buf *out)
{
	unsigned char *other = malloc(out->n + 1);
	z_stream z = {.next_in = (unsigned char *)data, .avail_in = (unsigned)size, .next_out = other,
		      .avail_out = (unsigned)out->n + 1};

	if (!other || inflateInit2(&z, 15 + 16) != Z_OK || inflate(&z, Z_FINISH) != Z_STREAM_END || z.avail_in ||
	    z.total_out != out->n || (out->n && memcmp(other, out->p, out->n) != 0))
		abort();
	inflateEnd(&z);
	free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen s = {.in = 0};
	int fd = memfd_create("gz", MFD_CLOEXEC);
	struct gunzip g = {.fd = fd, .tap = tap, .ctx = &s, .floor = FLOOR, .ratio = RATIO};
	const char *why = NULL;
	/* Whatever the room, the same comes out. */
	size_t room = size ? 1 + data[size - 1] * 64u : 1;
	char *piece = malloc(room);
	ssize_t got;

	if (!piece || fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	while ((got = gunzip_read(&g, piece, room, &why)) == (ssize_t)room)
		buf_add(&s.out, piece, room);
	if (got >= 0) {
		buf_add(&s.out, piece, (size_t)got);
		if (s.in != size)
			abort();
		compare(data, size, &s.out);
	} else if (!why || g.number) {
		abort();
	}
	if (s.out.n > FLOOR + RATIO * size)
		abort();
	gunzip_close(&g);
	buf_free(&s.out);
	free(piece);
	close(fd);
	return 0;
}
