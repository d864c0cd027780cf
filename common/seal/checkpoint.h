/* Checkpoints (c2sp.org/tlog-checkpoint) and proofs as text: of inclusion (c2sp.org/tlog-proof), of consistency (the
 * body of an add-checkpoint request of c2sp.org/tlog-witness). All hashes in base64. */
#ifndef CP_SEAL_CHECKPOINT_H
#define CP_SEAL_CHECKPOINT_H

#include "seal/merkle.h"
#include "seal/note.h"

/* The text of a note: how large a log was, and its root then. */
struct checkpoint {
	struct span origin; /* a slice of the text */
	uint64_t size;      /* at most 2^53 - 1 */
	unsigned char root[DIGEST_LEN];
};

/* NULL, or why the text (of a note) is no checkpoint. Lines behind the root are allowed and not looked at. */
const char *checkpoint_parse(struct checkpoint *c, struct span text);
void checkpoint_write(struct buf *b, const struct checkpoint *c);

/* A proof with the checkpoint of the tree it is about. */
struct proof_text {
	bool consistency;
	uint64_t index;      /* of the leaf; of consistency: the older size */
	struct merkle_proof proof;
	struct span note;    /* the signed checkpoint, a slice of the file */
};

/* NULL, or why the bytes are no proof. */
const char *proof_parse(struct proof_text *p, struct span file);
void proof_write(struct buf *b, const struct proof_text *p);

#endif
