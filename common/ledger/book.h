/* Writing a ledger: one write at a time under the lock, the sync behind it outside of it, nothing acknowledged before.
 *
 *   book_begin   takes the write lock; finishes or takes back what a dead writer left; reads the head from the file
 *   book_add     builds the next line (again and again)
 *   book_commit  writes, lets the next writer in, syncs (or finds that somebody's later sync covers it)
 *
 * A batch of several lines is announced in FILE.lock while it is being written: if its writer dies, the next one takes
 * all of it back. Bytes that are taken back are kept in FILE.torn-SEQ, and entry SEQ, TAIL_REPAIRED, says so. What was
 * synced is never taken back. A sync that failed is not tried again: FILE.poisoned stops every writer.
 *
 * Whatever fails ends the process (3: the ledger is not to be trusted, 4: the system failed) with nothing appended. */
#ifndef CP_LEDGER_BOOK_H
#define CP_LEDGER_BOOK_H

#include "ledger/place.h"

struct book {
	struct place place;
	bool dry;               /* writes nothing, not even a lock */
	bool recovering;        /* a poisoned ledger is not refused */
	const char *author;     /* of TAIL_REPAIRED */
	int fd, lock;
	struct opening opening; /* of the active file */
	struct digest *digest;
	/* under the lock */
	uint64_t start, size;   /* of the file: where this batch begins, where the next line will */
	int64_t seq;            /* of the last entry */
	char head[DIGEST_TEXT]; /* its entry_hash */
	char stamp[ENTRY_STAMP + 1]; /* its timestamp, then that of this batch */
	bool sealed;            /* it is a SEGMENT_SEALED */
	bool torn;              /* bytes behind it were, or in a dry run would be, cut off */
	uint64_t lines;         /* of this batch */
	struct buf pending;     /* not yet written */
	bool announced;
};

/* The file must be there and be a ledger in our format. */
void book_open(struct book *b, const char *path, bool dry);
void book_close(struct book *b);

void book_begin(struct book *b);
/* Adds an entry: a canonical body with event_type, and its author unless the body has one. *hash, id (may be NULL) are
 * told. False: the line would be longer than ENTRY_BYTES; nothing was added. */
bool book_add(struct book *b, const struct json *body, struct span author, char hash[DIGEST_TEXT], struct buf *id);
/* Gives the batch up: nothing of it stands. */
void book_abort(struct book *b);
void book_commit(struct book *b);

/* Who entries are by, while nobody can be authenticated: what --author says, else `uid:N`. Ends the process with 2 when
 * the name is none: 1 to 255 bytes of UTF-8. */
const char *author_name(const char *option);

/* For who changes more than the end of the file (rotation, recovery), between book_begin and book_commit. */
void book_sync(struct book *b);   /* writes and syncs under the lock, and says so in FILE.durable */
void book_release(struct book *b);/* lets the next writer in, having appended nothing since book_sync */

/* What a writer left that died, or whose sync failed, made whole: between book_open and book_close. Takes and gives
 * back the lock. All of it is read again, what the disk lost is cut off as a torn end is, the rest is synced, and
 * FILE.poisoned goes. Ends the process with 3 when what is left does not hold. */
struct book_mended {
	uint64_t size; /* entries */
	char head[DIGEST_TEXT];
	bool poisoned, repaired; /* it was */
};
void book_recover(struct book *b, struct book_mended *m);
bool book_poisoned(struct book *b);

/* Appends one entry whose body has a dedupe_key, once: a body with that key that is there already is the same one, or
 * the process ends with 1. Takes and gives back the lock. */
struct book_ack {
	int64_t seq;
	char hash[DIGEST_TEXT];
	char stamp[ENTRY_STAMP];
	bool again;
};
void book_append_once(struct book *b, const struct json *body, struct span author, struct book_ack *ack);
/* Appends the members of an `ack` record but its kind: ledger, seq, entry_id, entry_hash, and again or dry_run. */
void book_ack_write(struct buf *out, const struct book *b, const struct book_ack *ack);

/* Parses a body that was just written. What cannot be said in JSON (a name that is not UTF-8, a number beyond 2^53-1)
 * ends the process with 4 before anything was changed. */
void body_parse(struct json *j, struct span body);

/* Called by book_begin when the last entry is a SEGMENT_SEALED: a rotation that was not finished. Set by who links
 * rotation; else the ledger is refused. */
extern void (*book_finish_rotation)(struct book *b);

#endif
