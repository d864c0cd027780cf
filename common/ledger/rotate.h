/* Sealing the active file and beginning the next: SEGMENT_SEALED is appended and synced; a new file with SEGMENT_START
 * is made beside the ledger; the old one is linked into STEM.d; the new one takes its name. At no time is there no
 * ledger, and whoever finds SEGMENT_SEALED as the last entry finishes what a dead rotation began. */
#ifndef CP_LEDGER_ROTATE_H
#define CP_LEDGER_ROTATE_H

#include "ledger/book.h"
#include "ledger/tree.h"
#include "seal/sign.h"

struct rotation {
	uint64_t first, last;   /* of the sealed segment */
	struct position at;     /* with it; of a dry run, without SEGMENT_SEALED */
};

/* Of a book under its lock (book_begin). Signs a checkpoint of the sealed segment where `key` is given. Leaves the lock
 * held and the book at the new file. */
void rotate_now(struct book *b, const struct sign_key *key, struct rotation *r);
/* Puts a new file, which holds `line`, in the place of the ledger whose open file is fd; that one stays as
 * STEM.d/NAME, read-only. May be done again after a kill at any instruction. */
void rotate_swap(struct place *p, int fd, struct span line, const char *name);
/* For book_finish_rotation. */
void rotate_finish(struct book *b);

#endif
