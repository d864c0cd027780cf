#include "pack/gunzip.h"

#include "base/buf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

enum { PIECE = 64 * 1024, GZIP_ONLY = 15 + 16 };

struct gunzip_state {
	z_stream z;
	uint64_t in, out;
	bool ended;      /* the member is whole */
	bool over;       /* and so is the file */
	const char *why; /* it is not */
	unsigned char read[PIECE];
};

/* The next bytes of the file; 0 at its end. */
static ssize_t refill(struct gunzip *g, const char **why)
{
	struct gunzip_state *s = g->state;
	ssize_t got;

	do
		got = read(g->fd, s->read, sizeof s->read);
	while (got < 0 && errno == EINTR);
	if (got < 0) {
		g->number = errno;
		*why = "cannot be read";
		return -1;
	}
	s->in += (uint64_t)got;
	s->z.next_in = s->read;
	s->z.avail_in = (uInt)got;
	return got && g->tap && g->tap(g->ctx, s->read, (size_t)got, why) != 0 ? -1 : got;
}

static const char *inflate_some(struct gunzip *g)
{
	struct gunzip_state *s = g->state;
	uInt before = s->z.avail_out;
	int result = inflate(&s->z, Z_NO_FLUSH);

	s->out += before - s->z.avail_out;
	if (result != Z_OK && result != Z_STREAM_END)
		return s->out ? "is damaged" : "is no gzip file";
	if (s->out > g->floor + g->ratio * s->in)
		return "holds far more than a file of its size should";
	s->ended = result == Z_STREAM_END;
	return NULL;
}

/* Until the room is full or all was seen. */
static const char *fill(struct gunzip *g)
{
	struct gunzip_state *s = g->state;
	const char *why = NULL;
	ssize_t got;

	while (!s->over && (s->ended || s->z.avail_out)) {
		if (!s->z.avail_in) {
			got = refill(g, &why);
			if (got < 0)
				return why;
			if (!got && !s->ended)
				return s->in ? "ends early" : "is empty";
			s->over = !got;
		} else if (s->ended) {
			return "goes on behind its end";
		}
		if (!s->ended && (why = inflate_some(g)))
			return why;
	}
	return NULL;
}

static const char *begin(struct gunzip *g)
{
	g->number = 0;
	g->state = xcalloc(1, sizeof *g->state);
	if (inflateInit2(&g->state->z, GZIP_ONLY) == Z_OK)
		return NULL;
	g->number = ENOMEM;
	return "cannot be read";
}

ssize_t gunzip_read(struct gunzip *g, void *p, size_t n, const char **why)
{
	struct gunzip_state *s;
	const char *bad = g->state ? g->state->why : begin(g);

	s = g->state;
	s->z.next_out = p;
	s->z.avail_out = (uInt)n;
	s->why = bad ? bad : fill(g);
	if (!s->why)
		return (ssize_t)(n - s->z.avail_out);
	*why = s->why;
	return -1;
}

void gunzip_close(struct gunzip *g)
{
	if (!g->state)
		return;
	inflateEnd(&g->state->z);
	free(g->state);
	g->state = NULL;
}
