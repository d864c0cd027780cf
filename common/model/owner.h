/* Ownership: what is on disk against what is owned, as a merge join of two sides in path order. Memory O(depth).
 *
 * A name can be a file on one side and a directory on the other, and then its key differs (`p` and `p/`) while other
 * keys lie between them. So a thing without a counterpart is held until the key `p/` has passed: an owned file whose
 * name turns out to be a directory, and a file where a directory of owned files was, are TYPE alone, and nothing is
 * said of what lies beneath. The same for a directory that could not be read or was left out: nothing is concluded
 * there. (design: rulings 8 to 11) */
#ifndef CP_MODEL_OWNER_H
#define CP_MODEL_OWNER_H

#include "model/disk.h"
#include "record/finding.h"

/* One owned path. */
struct owned {
	struct span path, hash; /* hash empty: not known (a directory's row, the registry's own) */
	int mode;               /* permission bits, MODE_UNKNOWN or MODE_LINK */
	bool dir;
};

struct owner_counts {
	uint64_t judged;   /* things on disk and absent owned things judged */
	uint64_t excluded; /* things on disk left out by the walk */
	uint64_t unjudged; /* owned things about which nothing could be concluded */
};

/* The two ends of a join: `next` gives the owned side in path order, true and *o (good until the next call) or false
 * at its end; `report` gets each finding, its arguments good during the call. */
struct owner_ends {
	bool (*next)(void *ctx, struct owned *o);
	void (*report)(void *ctx, enum code c, struct span path, const char *detail);
	void *ctx;
};

struct owner_join;

struct owner_join *owner_join_new(struct owner_ends ends);
/* The next thing on disk. NULL, or why the stream is not usable ("is not sorted", "is not hashed"). */
const char *owner_join_disk(struct owner_join *j, const struct disk *d);
/* The disk side is over: what is owned beyond it is missing. */
void owner_join_finish(struct owner_join *j);
const struct owner_counts *owner_join_counts(const struct owner_join *j);
void owner_join_free(struct owner_join *j);

#endif
