/* Hashing the files beneath a root: workers take single files by ticket from a ring, the owner of the pool adds items
 * and takes them back in order. One pool is used from one thread.
 *
 * A file is opened without following a link in any component, must be regular and be what the item says it was
 * (`want`), and must be the same after it was read as it was before: otherwise there is no hash. */
#ifndef CP_STORE_FILEHASH_H
#define CP_STORE_FILEHASH_H

#include "seal/digest.h"

#include <sys/stat.h>

enum { FILEHASH_RING = 1024, FILEHASH_JOBS = 256 };

enum filehash_result {
	FILEHASH_OK,
	FILEHASH_GONE,       /* not there (ENOENT, ENOTDIR) */
	FILEHASH_TYPE,       /* something else than a regular file is there */
	FILEHASH_CHANGING,   /* not what `want` says, or changed while it was read */
	FILEHASH_UNREADABLE, /* number is errno */
};

/* What is known of a file; a fact counts when its bit is set in `have`. */
enum filehash_have { HAVE_SIZE = 1, HAVE_DEV = 2, HAVE_INO = 4, HAVE_MTIME = 8, HAVE_CTIME = 16 };
struct filehash_facts {
	unsigned have;
	uint64_t size, dev, ino;
	int64_t mtime, ctime; /* ns */
};

struct filehash_item {
	struct buf record;   /* the caller's: what to hand on */
	uint32_t at;         /* the caller's */
	unsigned flags;      /* the caller's */
	bool skip;           /* nothing to hash: only keeps its place in the order */
	struct buf path;     /* relative to the root */
	struct filehash_facts want;
	enum filehash_result result;
	int number;
	mode_t mode;         /* with the type's bits, as opened; 0 when it could not be */
	uint64_t links;      /* names it has */
	bool mount;          /* another file is mounted on it */
	uint64_t bytes;      /* read */
	unsigned char sum[DIGEST_LEN];
	int done;            /* the pool's */
};

struct filehash_pool;

/* `root` is an open directory and stays the caller's. jobs 0: hash in the calling thread. NULL with errno when threads
 * cannot be made. */
struct filehash_pool *filehash_open(int root, unsigned jobs);
/* The next free slot, its buffers empty and `want` empty, or NULL while the ring is full: take finished items first.
 * Fill it, then filehash_submit. */
struct filehash_item *filehash_slot(struct filehash_pool *p);
void filehash_submit(struct filehash_pool *p);
/* The oldest item once it is finished, or NULL: none is, or none is left. With `wait` only the latter; it then lets
 * the workers get some way ahead before it answers. Give the item back by filehash_release before the next call. */
struct filehash_item *filehash_take(struct filehash_pool *p, bool wait);
void filehash_release(struct filehash_pool *p);
/* Items submitted and not yet taken. */
unsigned filehash_pending(const struct filehash_pool *p);
/* The two steps every owner of a pool takes: hand the finished items on to `done`, in order (with `wait` all that are
 * under way), and a slot for the next, handing on the oldest first where the ring is full. */
void filehash_drain(struct filehash_pool *p, bool wait, void (*done)(const struct filehash_item *it));
struct filehash_item *filehash_room(struct filehash_pool *p, void (*done)(const struct filehash_item *it));
void filehash_close(struct filehash_pool *p);

#endif
