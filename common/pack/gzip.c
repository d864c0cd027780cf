#include "pack/gzip.h"

#include "base/buf.h"
#include "base/crew.h"
#include "os/out.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

enum { PIECE = 256 * 1024, WINDOW = 32 * 1024, PIECES = 8, RAW = -15, MEMORY = 8, LEVEL = 6, ROOM = PIECE + 4096 };

struct piece {
	z_stream z;
	bool begun; /* z is */
	bool last;
	bool failed;
	size_t before, n; /* bytes of the dictionary, and of what follows it */
	size_t made;
	uLong crc;
	unsigned char in[WINDOW + PIECE];
	unsigned char out[ROOM]; /* what cannot be compressed grows by a few bytes for each 16 KiB */
};

struct gzip {
	int fd;
	struct crew *crew; /* NULL: nothing is under way yet */
	void *slot[PIECES];
	struct piece *now; /* what is being filled */
	uLong crc;
	uint64_t size;
	const char *why;
};

/* --- a piece --- */

static bool begin(struct piece *p)
{
	if (p->begun)
		return deflateReset(&p->z) == Z_OK;
	p->begun = deflateInit2(&p->z, LEVEL, Z_DEFLATED, RAW, MEMORY, Z_DEFAULT_STRATEGY) == Z_OK;
	return p->begun;
}

static void deflate_piece(void *slot)
{
	struct piece *p = slot;
	int result;

	p->failed = !begin(p) || (p->before && deflateSetDictionary(&p->z, p->in, (uInt)p->before) != Z_OK);
	if (p->failed)
		return;
	p->z.next_in = p->in + p->before;
	p->z.avail_in = (uInt)p->n;
	p->z.next_out = p->out;
	p->z.avail_out = sizeof p->out;
	result = deflate(&p->z, p->last ? Z_FINISH : Z_SYNC_FLUSH);
	p->failed = result != (p->last ? Z_STREAM_END : Z_OK) || p->z.avail_in || !p->z.avail_out;
	p->made = sizeof p->out - p->z.avail_out;
	p->crc = crc32_z(crc32_z(0, NULL, 0), p->in + p->before, p->n);
}

/* --- the file --- */

static void put(struct gzip *g, const void *p, size_t n)
{
	if (!g->why && write_all(g->fd, p, n) != 0)
		g->why = strerror(errno);
}

struct gzip *gzip_open(int fd)
{
	/* RFC 1952: deflate, no flags, no time, nothing about the level, Unix. */
	static const unsigned char head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
	struct gzip *g = xcalloc(1, sizeof *g);

	g->fd = fd;
	g->crc = crc32_z(0, NULL, 0);
	g->slot[0] = g->now = xcalloc(1, sizeof *g->now);
	put(g, head, sizeof head);
	return g;
}

/* The oldest piece under way. False: there is none. */
static bool write_oldest(struct gzip *g)
{
	struct piece *p = crew_take(g->crew, true);

	if (!p)
		return false;
	if (p->failed && !g->why)
		g->why = "deflate has failed";
	put(g, p->out, p->made);
	g->crc = crc32_combine(g->crc, p->crc, (z_off_t)p->n);
	g->size += p->n;
	crew_release(g->crew);
	return true;
}

/* Who is through with the first piece needs no thread. */
static void begin_crew(struct gzip *g, bool last)
{
	unsigned jobs = last ? 0 : crew_jobs();

	if (jobs > 1) {
		for (size_t i = 1; i < PIECES; i++)
			g->slot[i] = xcalloc(1, sizeof *g->now);
		g->crew = crew_open(jobs, g->slot, PIECES, deflate_piece);
	}
	if (!g->crew)
		g->crew = crew_open(0, g->slot, 1, deflate_piece);
}

static void submit(struct gzip *g, bool last)
{
	const struct piece *done = g->now;
	unsigned char window[WINDOW];
	size_t n = done->n < WINDOW ? done->n : WINDOW;

	if (!g->crew)
		begin_crew(g, last);
	g->now->last = last;
	memcpy(window, done->in + done->before + done->n - n, n);
	crew_submit(g->crew);
	g->now = NULL;
	if (last)
		return;
	while (!(g->now = crew_slot(g->crew)))
		write_oldest(g);
	memcpy(g->now->in, window, n);
	g->now->before = n;
	g->now->n = 0;
}

int gzip_add(struct gzip *g, const void *p, size_t n, const char **why)
{
	const char *from = p;

	while (n && !g->why) {
		size_t room = PIECE - g->now->n, some = n < room ? n : room;

		/* What is full waits for more, so that the last piece is the last. */
		if (!room) {
			submit(g, false);
			continue;
		}
		memcpy(g->now->in + g->now->before + g->now->n, from, some);
		g->now->n += some;
		from += some;
		n -= some;
	}
	*why = g->why;
	return g->why ? -1 : 0;
}

int gzip_close(struct gzip *g, const char **why)
{
	unsigned char tail[8];

	if (!g->why)
		submit(g, true);
	while (g->crew && write_oldest(g))
		continue;
	for (int i = 0; i < 4; i++) {
		tail[i] = (unsigned char)(g->crc >> 8 * i);
		tail[4 + i] = (unsigned char)(g->size >> 8 * i);
	}
	put(g, tail, sizeof tail);
	*why = g->why;
	if (g->crew)
		crew_close(g->crew);
	for (size_t i = 0; i < PIECES; i++) {
		struct piece *p = g->slot[i];

		if (p && p->begun)
			deflateEnd(&p->z);
		free(p);
	}
	free(g);
	return *why ? -1 : 0;
}
