#include "pack/gunzip.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>
#include <zlib.h>

enum { PIECE = 64 * 1024, GZIP_ONLY = 15 + 16 };

struct state {
	z_stream z;
	uint64_t in, out;
	bool ended;
	unsigned char read[PIECE], made[PIECE];
};

/* Inflates what was read, and hands it on. */
static int inflate_piece(struct gunzip *g, struct state *s, const char **why)
{
	while (!s->ended && s->z.avail_in) {
		s->z.next_out = s->made;
		s->z.avail_out = sizeof s->made;
		int result = inflate(&s->z, Z_NO_FLUSH);
		size_t n = sizeof s->made - s->z.avail_out;

		if (result != Z_OK && result != Z_STREAM_END) {
			*why = s->out + n ? "is damaged" : "is no gzip file";
			return -1;
		}
		s->out += n;
		if (s->out > g->floor + g->ratio * s->in) {
			*why = "holds far more than a file of its size should";
			return -1;
		}
		if (n && g->sink(g->ctx, s->made, n, why) != 0)
			return -1;
		s->ended = result == Z_STREAM_END;
	}
	if (s->ended && s->z.avail_in) {
		*why = "goes on behind its end";
		return -1;
	}
	return 0;
}

static int read_all(struct gunzip *g, struct state *s, const char **why)
{
	ssize_t got;

	while ((got = read(g->fd, s->read, sizeof s->read)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			g->number = errno;
			*why = "cannot be read";
			return -1;
		}
		if (s->ended) {
			*why = "goes on behind its end";
			return -1;
		}
		s->in += (uint64_t)got;
		if (g->tap(g->ctx, s->read, (size_t)got, why) != 0)
			return -1;
		s->z.next_in = s->read;
		s->z.avail_in = (uInt)got;
		if (inflate_piece(g, s, why) != 0)
			return -1;
	}
	if (!s->ended)
		*why = s->in ? "ends early" : "is empty";
	return s->ended ? 0 : -1;
}

int gunzip(struct gunzip *g, const char **why)
{
	static struct state s;
	int result;

	s = (struct state){.in = 0};
	g->number = 0;
	if (inflateInit2(&s.z, GZIP_ONLY) != Z_OK) {
		g->number = ENOMEM;
		*why = "cannot be read";
		return -1;
	}
	result = read_all(g, &s, why);
	inflateEnd(&s.z);
	return result;
}
