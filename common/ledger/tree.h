/* The Merkle tree of a whole ledger from its active file alone: its first entry carries what the sealed segments before
 * it come to. The entries are followed as a chain on the way: nobody seals, signs or anchors what does not hold. */
#ifndef CP_LEDGER_TREE_H
#define CP_LEDGER_TREE_H

#include "chain/chain.h"
#include "ledger/place.h"
#include "seal/sign.h"

/* How far a ledger has come. */
struct position {
	uint64_t size;              /* entries */
	struct merkle tree;
	char head[DIGEST_TEXT];     /* entry_hash of the last */
	unsigned char root[DIGEST_LEN];
};

/* Follows the first `bytes` bytes of fd, an active file that begins as `o` says. False: *why says what is wrong with it
 * (`line N: …`); an error of the system ends the process. */
bool tree_follow(int fd, const struct opening *o, uint64_t bytes, struct digest *d, struct position *p,
		 struct buf *why);
/* The same of a named ledger, as far as it is synced. Ends the process when it cannot be trusted (3) or read (4). */
void tree_of(struct place *p, struct digest *d, struct opening *o, struct position *pos);

/* Appends the signed checkpoint of a ledger at a position: the note's key is named as the ledger is. */
void position_sign(struct buf *note, const struct opening *o, const struct position *p, const struct sign_key *key);

#endif
