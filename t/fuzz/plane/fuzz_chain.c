/* A ledger followed as a whole, line by line in pieces of one line, and in pieces cut where the bytes say: the same
 * faults at the same lines, the same tally, the same root, the same answers about sizes that were asked for. The first
 * byte says where it begins and where it is cut. */
#include "chain/chain.h"
#include "ledger/place.h"

#include <stdint.h>
#include <stdlib.h>

enum { SIZES = 3 };

struct seen {
	uint64_t faults, sum, cuts;
	const uint64_t *base; /* lines before the piece; NULL: numbers are those of the whole */
};

static void note(void *ctx, enum code code, uint64_t line, int64_t seq, const char *detail)
{
	struct seen *s = ctx;

	if (!detail || !*detail || seq < -1)
		abort();
	s->faults++;
	s->sum += (line + (s->base ? *s->base : 0)) * 64 + (uint64_t)code; /* in any order: seams are judged later */
}

static void resolved(void *ctx, const struct chain_cut *cut, const unsigned char *root)
{
	struct seen *s = ctx;
	uint64_t word = 0;

	if (root)
		memcpy(&word, root, sizeof word);
	s->cuts += cut->size * 31 + word;
}

struct outcome {
	struct seen seen;
	struct chain_tally tally;
	bool rooted;
	unsigned char root[DIGEST_LEN];
};

/* Cuts behind each line whose number has a bit of `where` set; 0: nowhere. */
static void follow(const char *p, size_t n, bool whole_begins, unsigned where, struct outcome *out)
{
	static const uint64_t sizes[SIZES] = {1, 3, 6};
	uint64_t base = 0, number = 0, in_piece = 0;
	struct seen of_piece = {.base = &base};
	struct chain whole = {.law = {"EXEC", L_EXEC}, .fault = note, .ctx = &out->seen, .tree = true};
	struct chain piece = {.law = {"EXEC", L_EXEC}, .fault = note, .ctx = &of_piece, .tree = true,
			      .wanted = sizes, .wanted_n = SIZES};

	*out = (struct outcome){.rooted = false};
	out->seen.base = &base;
	chain_begin(&whole, whole_begins ? CHAIN_WHOLE : CHAIN_PIECE);
	chain_begin(&piece, CHAIN_PIECE);
	for (size_t at = 0; at < n;) {
		const char *lf = memchr(p + at, '\n', n - at);
		size_t end = lf ? (size_t)(lf - p) : n;

		number++;
		chain_line(&piece, (struct span){p + at, end - at}, ++in_piece);
		at = end + 1;
		if (at < n && !(where >> (number % 8) & 1))
			continue;
		chain_join(&whole, &piece, resolved);
		base += in_piece;
		in_piece = 0;
		chain_begin(&piece, CHAIN_PIECE);
	}
	out->seen.faults += of_piece.faults;
	out->seen.sum += of_piece.sum;
	out->tally = whole.tally;
	out->rooted = chain_root(&whole, out->root);
	chain_free(&whole);
	chain_free(&piece);
}

static void same(const struct outcome *a, const struct outcome *b)
{
	if (a->seen.faults != b->seen.faults || a->seen.sum != b->seen.sum)
		abort();
	if (memcmp(&a->tally, &b->tally, sizeof a->tally) != 0)
		abort();
	if (a->rooted != b->rooted || (a->rooted && memcmp(a->root, b->root, DIGEST_LEN) != 0))
		abort();
	if (a->seen.cuts != b->seen.cuts)
		abort();
}

/* The first line as a file's opening: what it refers to lies in it. */
static void opening(const char *p, size_t n)
{
	const char *lf = memchr(p, '\n', n);
	struct opening o = {.kind = OPENING_OTHER};
	struct merkle m;
	struct digest *d = digest_new();

	opening_parse(&o, (struct span){p, lf ? (size_t)(lf - p) : n});
	if ((o.kind == OPENING_OTHER) != (o.why != NULL))
		abort();
	if (o.kind == OPENING_SEGMENT)
		chain_frontier(&o.entry, d, &m);
	digest_free(d);
	opening_free(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole, lines, some;
	const char *p = (const char *)data + 1;

	if (size < 2)
		return 0;
	opening(p, size - 1);
	follow(p, size - 1, !(data[0] & 1), 0, &whole);
	follow(p, size - 1, !(data[0] & 1), 0xff, &lines);
	follow(p, size - 1, !(data[0] & 1), data[0], &some);
	same(&whole, &lines);
	same(&whole, &some);
	return 0;
}
