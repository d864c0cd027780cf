/* RFC 6962 (section 2.1) Merkle tree hash, streaming: O(log n) memory. And the earlier implementation's rule. */
#ifndef CP_SEAL_MERKLE_H
#define CP_SEAL_MERKLE_H

#include "seal/digest.h"

enum { MERKLE_HEIGHT = 64 };

struct merkle {
	struct digest *d;
	unsigned char node[MERKLE_HEIGHT][DIGEST_LEN]; /* complete subtrees, largest first */
	uint64_t leaves;
};

void merkle_init(struct merkle *m, struct digest *d);
/* Adds leaf hash SHA-256(0x00 || data). */
void merkle_leaf(struct merkle *m, const void *data, size_t n);
void merkle_leaf_hash(struct merkle *m, const unsigned char leaf[DIGEST_LEN]);
/* The root of what was added; SHA-256 of nothing when that is nothing. May be called at any time. */
void merkle_root(const struct merkle *m, unsigned char out[DIGEST_LEN]);

#endif
