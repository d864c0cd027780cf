#include "seal/merkle.h"

/* Leaves and inner nodes are hashed with different first bytes, so that one can never pass for the other. */
static const unsigned char leaf_prefix = 0, node_prefix = 1;

void merkle_init(struct merkle *m, struct digest *d)
{
	m->d = d;
	m->leaves = 0;
}

static void pair(struct digest *d, const unsigned char *left, const unsigned char *right, unsigned char *out)
{
	digest_start(d);
	digest_add(d, &node_prefix, 1);
	digest_add(d, left, DIGEST_LEN);
	digest_add(d, right, DIGEST_LEN);
	digest_end(d, out);
}

/* One complete subtree for each set bit of the number of leaves. */
static unsigned subtrees(uint64_t leaves)
{
	return (unsigned)__builtin_popcountll(leaves);
}

void merkle_leaf_hash(struct merkle *m, const unsigned char leaf[DIGEST_LEN])
{
	unsigned n = subtrees(m->leaves);
	memcpy(m->node[n++], leaf, DIGEST_LEN);
	for (uint64_t carry = m->leaves++; carry & 1; carry >>= 1) {
		n--;
		pair(m->d, m->node[n - 1], m->node[n], m->node[n - 1]);
	}
}

void merkle_leaf(struct merkle *m, const void *data, size_t n)
{
	unsigned char hash[DIGEST_LEN];
	digest_start(m->d);
	digest_add(m->d, &leaf_prefix, 1);
	digest_add(m->d, data, n);
	digest_end(m->d, hash);
	merkle_leaf_hash(m, hash);
}

void merkle_root(const struct merkle *m, unsigned char out[DIGEST_LEN])
{
	unsigned n = subtrees(m->leaves);
	if (n == 0) {
		digest_bytes(m->d, NULL, 0, out);
		return;
	}
	memcpy(out, m->node[--n], DIGEST_LEN);
	while (n-- > 0)
		pair(m->d, m->node[n], out, out);
}
