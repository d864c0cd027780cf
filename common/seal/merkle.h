/* RFC 6962 (section 2.1) Merkle trees, streaming: O(log n) memory for a root, for the part of a tree that a range of
 * leaves makes, and for a proof. Sizes and indexes count leaves, from 0. */
#ifndef CP_SEAL_MERKLE_H
#define CP_SEAL_MERKLE_H

#include "seal/digest.h"

/* A range of at most 2^63 leaves has at most so many complete subtrees; a proof has no more hashes. */
enum { MERKLE_NODES = 128 };

/* The leaves [begin, end) as the largest complete, aligned subtrees that they make, left to right. */
struct merkle {
	struct digest *d;
	uint64_t begin, leaves; /* leaves: end - begin */
	unsigned n;
	unsigned char node[MERKLE_NODES][DIGEST_LEN];
};

void merkle_init(struct merkle *m, struct digest *d);
/* A range that begins at another leaf than the first. */
void merkle_init_at(struct merkle *m, struct digest *d, uint64_t begin);
/* Adds leaf hash SHA-256(0x00 || data). */
void merkle_leaf(struct merkle *m, const void *data, size_t n);
void merkle_leaf_hash(struct merkle *m, const unsigned char leaf[DIGEST_LEN]);
/* Adds the range that begins where this one ends. */
void merkle_join(struct merkle *m, const struct merkle *next);
/* The root of what was added; SHA-256 of nothing when that is nothing. May be called at any time. For a range that
 * does not begin at 0 it is a root only where that range is a subtree (as those of a proof are). */
void merkle_root(const struct merkle *m, unsigned char out[DIGEST_LEN]);
/* SHA-256(0x00 || data), SHA-256(0x01 || left || right). */
void merkle_hash_leaf(struct digest *d, const void *data, size_t n, unsigned char out[DIGEST_LEN]);
void merkle_hash_pair(struct digest *d, const unsigned char *left, const unsigned char *right, unsigned char *out);

/* Takes up the first `size` leaves as merkle_init and so many merkle_leaf would, from the n node hashes that stand in
 * `node` then (the frontier). False when there must be another number of them. */
bool merkle_resume(struct merkle *m, struct digest *d, uint64_t size, const unsigned char (*node)[DIGEST_LEN],
		   unsigned n);

/* --- proofs: a list of node hashes, as RFC 6962 sections 2.1.1 and 2.1.2 define them --- */

struct merkle_proof {
	unsigned n;
	unsigned char hash[MERKLE_NODES][DIGEST_LEN];
};

/* Does the leaf stand at `index` of the tree of `size` leaves with that root (RFC 9162 section 2.1.3.2)? */
bool merkle_included(struct digest *d, const unsigned char leaf[DIGEST_LEN], uint64_t index, uint64_t size,
		     const struct merkle_proof *p, const unsigned char root[DIGEST_LEN]);
/* Is the older tree a prefix of the newer (RFC 9162 section 2.1.4.2)? An older size of 0 proves nothing: false. */
bool merkle_consistent(struct digest *d, uint64_t old_size, const unsigned char old_root[DIGEST_LEN], uint64_t size,
		       const unsigned char root[DIGEST_LEN], const struct merkle_proof *p);

/* Makes proofs while the leaves go by, once, from 0 to size - 1. */
struct merkle_prover {
	struct merkle part;            /* the subtree under way */
	struct merkle whole;           /* all of them, for the root */
	struct {
		uint64_t begin, end;
		unsigned place;        /* in the proof */
	} span[MERKLE_NODES];          /* the proof's subtrees, left to right; disjoint */
	unsigned spans, at;
	struct merkle_proof proof;
};

/* index < size. */
void merkle_prove_inclusion(struct merkle_prover *p, struct digest *d, uint64_t index, uint64_t size);
/* 0 < old_size <= size. */
void merkle_prove_consistency(struct merkle_prover *p, struct digest *d, uint64_t old_size, uint64_t size);
void merkle_prover_leaf(struct merkle_prover *p, const unsigned char leaf[DIGEST_LEN]);

#endif
