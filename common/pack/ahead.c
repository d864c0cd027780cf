#include "pack/ahead.h"

#include "base/buf.h"
#include "base/crew.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

/* A thread is worth while from there on, with that many pieces under way. */
enum { LARGE = 1 << 20, PIECES = 8, PIECE = 128 * 1024 };

struct piece {
	struct gunzip *from;
	const char *why;
	ssize_t n; /* less than PIECE: the last */
	char bytes[PIECE];
};

struct ahead {
	struct gunzip gunzip; /* the crew's */
	struct crew *crew;
	void *piece[PIECES]; /* struct piece * */
	const struct piece *held;
};

/* Behind the last piece there is nothing, again and again. */
static void inflate_piece(void *slot)
{
	struct piece *p = slot;

	p->n = gunzip_read(p->from, p->bytes, PIECE, &p->why);
}

struct ahead *ahead_open(const struct gunzip *gunzip)
{
	struct ahead *a = xcalloc(1, sizeof *a);
	struct stat st;
	bool large = fstat(gunzip->fd, &st) == 0 && st.st_size >= LARGE && crew_jobs() > 1;

	a->gunzip = *gunzip;
	for (size_t i = 0; i < (large ? PIECES : 1); i++) {
		struct piece *p = a->piece[i] = xcalloc(1, sizeof *p);

		p->from = &a->gunzip;
	}
	if (large)
		a->crew = crew_open(1, a->piece, PIECES, inflate_piece);
	if (!a->crew)
		a->crew = crew_open(0, a->piece, 1, inflate_piece);
	return a;
}

ssize_t ahead_next(struct ahead *a, const void **piece, const char **why)
{
	/* The last piece is asked again, and there is no other. */
	if (!a->held || a->held->n == PIECE) {
		if (a->held)
			crew_release(a->crew);
		while (crew_slot(a->crew))
			crew_submit(a->crew);
		a->held = crew_take(a->crew, true);
	} else if (a->held->n > 0) {
		return 0;
	}
	*piece = a->held->bytes;
	*why = a->held->why;
	return a->held->n;
}

int ahead_close(struct ahead *a)
{
	int number;

	crew_close(a->crew);
	number = a->gunzip.number;
	gunzip_close(&a->gunzip);
	for (size_t i = 0; i < PIECES; i++)
		free(a->piece[i]);
	free(a);
	return number;
}
