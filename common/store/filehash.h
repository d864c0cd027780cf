/* Hashing the files beneath a root: workers take single files by ticket from a ring, the owner of the pool adds items and
 * takes them back in order. One pool is used from one thread. */
#ifndef CP_STORE_FILEHASH_H
#define CP_STORE_FILEHASH_H

#include "seal/digest.h"

#include <sys/stat.h>

enum filehash_result {
	FILEHASH_OK,
	FILEHASH_GONE,       /* not there (ENOENT, ENOTDIR) */
	FILEHASH_CHANGING,   /* replaced by something else or changed while it was read */
	FILEHASH_UNREADABLE, /* error is errno */
};

struct filehash_item {
	struct buf record;   /* the caller's: what to hand on */
	struct buf path;     /* relative to the root */
	enum filehash_result result;
	int error;
	struct stat st;      /* as opened */
	unsigned char sum[DIGEST_LEN];
	void *user;
	uint32_t user_flags;
	bool skip;           /* nothing to hash: only keeps its place in the order */
};

struct filehash_pool;

/* jobs 0: hash in the calling thread. NULL with errno when threads cannot be made. */
struct filehash_pool *filehash_open(int root, unsigned jobs);
/* The next free slot, or NULL while the ring is full: take finished items first. Fill it, then filehash_submit. */
struct filehash_item *filehash_slot(struct filehash_pool *p);
void filehash_submit(struct filehash_pool *p);
/* The oldest item once it is finished; waits for it when `wait`. NULL: none finished (or none at all). Give it back by
 * filehash_release before the next call. */
struct filehash_item *filehash_take(struct filehash_pool *p, bool wait);
void filehash_release(struct filehash_pool *p);
void filehash_close(struct filehash_pool *p);

#endif
