/* Checking a whole ledger: its bytes are cut at line feeds into pieces, each followed as a chain in a thread, and
 * joined in order. Memory: a few pieces. Ledgers of earlier formats are followed in the calling thread.
 *
 *   check_new; { check_part; check_room, check_added ...; check_part_end }...; check_finish; check_free
 *
 * Everything that is found is told in the order of the lines, in the calling thread. */
#ifndef CP_AUDIT_CHECK_H
#define CP_AUDIT_CHECK_H

#include "chain/chain.h"
#include "chain/loose.h"
#include "ledger/place.h"

enum check_profile { PROFILE_AUTO, PROFILE_V1, PROFILE_SEED, PROFILE_LEGACY };

struct check;

struct check_ask {
	enum check_profile profile;
	bool tree;     /* compute the root */
	bool partial;  /* accept a chain that does not begin at GENESIS */
	int schemas;   /* directory of the events' schemas; -1: do not apply them */
	unsigned jobs; /* threads; 0: none */
	void *ctx;
	/* One thing wrong. */
	void (*fault)(void *ctx, enum code code, enum severity severity, const struct finding_place *place,
		      const char *detail);
	/* The first line of a ledger in our format was read; now is the time for check_want. May be NULL. */
	void (*opened)(void *ctx, struct check *c, const struct opening *o);
	/* A size that was wanted: the entry_hash of its last entry and the root, NULL where there is none. */
	void (*resolved)(void *ctx, uint64_t size, const unsigned char *head, const unsigned char *root);
	/* An entry whose event_type begins with `collect`. */
	const char *collect;
	void (*collected)(void *ctx, struct span line);
};

struct check_result {
	enum chain_format format;
	bool told;                  /* the format: by a line, or by who asks */
	struct chain_tally tally;   /* of our format */
	struct loose_tally loose;   /* of an earlier one */
	uint64_t first_seq, size;   /* size: seq of the last entry + 1 */
	bool whole;                 /* begins at GENESIS */
	bool have_head, have_root;
	unsigned char head[DIGEST_LEN], root[DIGEST_LEN];
	struct span loose_head;     /* as written */
	uint64_t bytes;
};

struct check *check_new(const struct check_ask *ask);
/* Sizes the state at which is wanted (see resolved). From `opened` only. */
void check_want(struct check *c, uint64_t size);

/* A part begins: a file, or what came from one in a stream. `line`: number of its first line. */
void check_part(struct check *c, const char *source, uint64_t line);
/* Room for bytes of it, at least one. */
char *check_room(struct check *c, size_t *n);
void check_added(struct check *c, size_t n);
/* It ends; bytes behind its last LF are left out, and their number is returned. *first, *last: the places of its first
 * and last line. All of it has been told when this returns. */
size_t check_part_end(struct check *c, struct chain_link *first, struct chain_link *last);
/* What comes next need not follow what came before: a part is missing. */
void check_gap(struct check *c);

void check_finish(struct check *c, struct check_result *r);
void check_free(struct check *c);

#endif
