/* Following a chain of entries in format cp-ledger/1, line by line, and judging each line and each step. Pure: lines
 * in, faults out. A ledger may be cut at line feeds into pieces that are followed apart (in threads) and joined in
 * order: what lies within a piece is judged there, the seams are judged by chain_join. */
#ifndef CP_CHAIN_CHAIN_H
#define CP_CHAIN_CHAIN_H

#include "chain/entry.h"
#include "record/finding.h"
#include "seal/merkle.h"

/* One thing wrong. seq -1: not known. `detail` lives during the call. */
typedef void chain_fault(void *ctx, enum code code, uint64_t line, int64_t seq, const char *detail);
/* More to judge about an entry that was read. */
typedef void chain_more(void *ctx, const struct entry *e, uint64_t line);

/* What the first entry says about all of them. */
struct chain_law {
	const char *prefix; /* of their ids; NULL: not known */
	unsigned type;      /* enum ledger_type; 0: not known */
};

/* The state at a size that was asked for, or that a SEGMENT entry claims a root for. */
struct chain_cut {
	uint64_t size, line;
	char head[DIGEST_TEXT];         /* entry_hash of entry size - 1, where have_head */
	bool have_head, claimed;
	bool broken;                    /* the piece's leaves up to there are not those of one tree */
	unsigned char root[DIGEST_LEN]; /* as claimed */
	struct merkle range;            /* the piece's leaves up to there */
};

/* The facts of a line that its neighbours must fit. */
struct chain_link {
	bool read, hashed, seq_known;
	bool start;                    /* not a line: what stands before GENESIS */
	bool genesis, opens, sealed;   /* GENESIS, SEGMENT_START, SEGMENT_SEALED */
	int64_t seq, sealed_first;     /* sealed_first: first_seq of SEGMENT_SEALED */
	uint64_t line;
	char hash[DIGEST_TEXT], prev[DIGEST_TEXT]; /* as they are written */
	char stamp[ENTRY_STAMP];
};

struct chain_tally {
	uint64_t lines, entries, hash_ok, altered, unhashed, malformed, breaks, roots;
};

struct chain {
	/* Set by the caller before chain_begin; the lists stay the caller's. */
	struct chain_law law;
	chain_fault *fault;
	chain_more *more;      /* may be NULL */
	void *ctx;
	const uint64_t *wanted;/* sizes to be cut at, ascending */
	size_t wanted_n;
	bool tree;             /* compute the leaves */

	struct digest *d;
	struct entry entry;
	const struct event_fact *event; /* of the last entry: they come in runs */
	struct chain_link first, last;
	struct chain_tally tally;
	struct merkle range;
	bool range_open;       /* range has a beginning */
	bool broken;           /* the leaves are not those of one tree */
	struct chain_cut *cut;
	size_t cut_n, cut_cap;
};

/* Where a piece stands: the whole begins before GENESIS; a piece of it anywhere. */
enum chain_from { CHAIN_PIECE, CHAIN_WHOLE };
/* Zero-initialise c, set the first members, then begin; again for the next piece. */
void chain_begin(struct chain *c, enum chain_from from);
/* A line without its LF; its number in its file. */
void chain_line(struct chain *c, struct span line, uint64_t number);
/* Adds the piece that follows, with its cuts. The faults of the seam go to a's. `resolved` (may be NULL) is told of
 * each cut that was wanted: the root of that size where there is one tree up to there, else NULL. */
typedef void chain_resolved(void *ctx, const struct chain_cut *cut, const unsigned char *root);
void chain_join(struct chain *a, struct chain *next, chain_resolved *resolved);
/* The root of all; false when they are not one tree from the first on. */
bool chain_root(const struct chain *c, unsigned char out[DIGEST_LEN]);
void chain_free(struct chain *c);

/* Reads the frontier of a SEGMENT_START (the complete subtrees before it) into m. NULL, or what is wrong with it. */
const char *chain_frontier(const struct entry *e, struct digest *d, struct merkle *m);

#endif
