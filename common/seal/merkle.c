#include "seal/merkle.h"

/* Leaves and inner nodes are hashed with different first bytes, so that one can never pass for the other. */
static const unsigned char leaf_prefix = 0, node_prefix = 1;

void merkle_init_at(struct merkle *m, struct digest *d, uint64_t begin)
{
	m->d = d;
	m->begin = begin;
	m->leaves = 0;
	m->n = 0;
}

void merkle_init(struct merkle *m, struct digest *d)
{
	merkle_init_at(m, d, 0);
}

void merkle_hash_leaf(struct digest *d, const void *data, size_t n, unsigned char out[DIGEST_LEN])
{
	digest_start(d);
	digest_add(d, &leaf_prefix, 1);
	digest_add(d, data, n);
	digest_end(d, out);
}

void merkle_hash_pair(struct digest *d, const unsigned char *left, const unsigned char *right, unsigned char *out)
{
	unsigned char both[1 + 2 * DIGEST_LEN];

	both[0] = node_prefix;
	memcpy(both + 1, left, DIGEST_LEN);
	memcpy(both + 1 + DIGEST_LEN, right, DIGEST_LEN);
	digest_bytes(d, both, sizeof both, out);
}

/* Adds a complete subtree of 2^level leaves at the end, and makes of neighbours the larger subtrees that they are. */
static void push(struct merkle *m, const unsigned char *hash, unsigned level)
{
	uint64_t end;

	memcpy(m->node[m->n++], hash, DIGEST_LEN);
	m->leaves += UINT64_C(1) << level;
	end = m->begin + m->leaves;
	for (level++; level < 64; level++) {
		uint64_t size = UINT64_C(1) << level;

		if (end & (size - 1) || m->leaves < size)
			break;
		m->n--;
		merkle_hash_pair(m->d, m->node[m->n - 1], m->node[m->n], m->node[m->n - 1]);
	}
}

void merkle_leaf_hash(struct merkle *m, const unsigned char leaf[DIGEST_LEN])
{
	push(m, leaf, 0);
}

void merkle_leaf(struct merkle *m, const void *data, size_t n)
{
	unsigned char hash[DIGEST_LEN];

	merkle_hash_leaf(m->d, data, n, hash);
	push(m, hash, 0);
}

/* The level of the first subtree of the range [at, end). */
static unsigned first_level(uint64_t at, uint64_t end)
{
	unsigned fits = 63 - (unsigned)__builtin_clzll(end - at);
	unsigned aligned = at ? (unsigned)__builtin_ctzll(at) : 63;

	return fits < aligned ? fits : aligned;
}

void merkle_join(struct merkle *m, const struct merkle *next)
{
	uint64_t at = next->begin, end = next->begin + next->leaves;

	for (unsigned i = 0; i < next->n; i++) {
		unsigned level = first_level(at, end);

		push(m, next->node[i], level);
		at += UINT64_C(1) << level;
	}
}

void merkle_root(const struct merkle *m, unsigned char out[DIGEST_LEN])
{
	unsigned n = m->n;

	if (n == 0) {
		digest_bytes(m->d, NULL, 0, out);
		return;
	}
	memcpy(out, m->node[--n], DIGEST_LEN);
	while (n-- > 0)
		merkle_hash_pair(m->d, m->node[n], out, out);
}

bool merkle_resume(struct merkle *m, struct digest *d, uint64_t size, const unsigned char (*node)[DIGEST_LEN],
		   unsigned n)
{
	if (n != (unsigned)__builtin_popcountll(size))
		return false;
	merkle_init(m, d);
	m->leaves = size;
	m->n = n;
	if (n)
		memcpy(m->node, node, (size_t)n * DIGEST_LEN);
	return true;
}

/* --- checking proofs --- */

bool merkle_included(struct digest *d, const unsigned char leaf[DIGEST_LEN], uint64_t index, uint64_t size,
		     const struct merkle_proof *p, const unsigned char root[DIGEST_LEN])
{
	uint64_t at = index, last = size - 1;
	unsigned char hash[DIGEST_LEN];

	if (index >= size)
		return false;
	memcpy(hash, leaf, DIGEST_LEN);
	for (unsigned i = 0; i < p->n; i++) {
		if (!last)
			return false;
		if (at & 1 || at == last) {
			merkle_hash_pair(d, p->hash[i], hash, hash);
			while (!(at & 1) && at) {
				at >>= 1;
				last >>= 1;
			}
		} else {
			merkle_hash_pair(d, hash, p->hash[i], hash);
		}
		at >>= 1;
		last >>= 1;
	}
	return !last && memcmp(hash, root, DIGEST_LEN) == 0;
}

bool merkle_consistent(struct digest *d, uint64_t old_size, const unsigned char old_root[DIGEST_LEN], uint64_t size,
		       const unsigned char root[DIGEST_LEN], const struct merkle_proof *p)
{
	uint64_t at = old_size - 1, last = size - 1;
	unsigned char older[DIGEST_LEN], newer[DIGEST_LEN];
	unsigned i = 0;

	if (!old_size || old_size > size)
		return false;
	if (old_size == size)
		return !p->n && memcmp(old_root, root, DIGEST_LEN) == 0;
	for (; at & 1; at >>= 1)
		last >>= 1;
	if (at) { /* else the older tree is a complete subtree of the newer, and its root begins the proof */
		if (!p->n)
			return false;
		memcpy(older, p->hash[i++], DIGEST_LEN);
	} else {
		memcpy(older, old_root, DIGEST_LEN);
	}
	memcpy(newer, older, DIGEST_LEN);
	for (; i < p->n; i++) {
		if (!last)
			return false;
		if (at & 1 || at == last) {
			merkle_hash_pair(d, p->hash[i], older, older);
			merkle_hash_pair(d, p->hash[i], newer, newer);
			while (!(at & 1) && at) {
				at >>= 1;
				last >>= 1;
			}
		} else {
			merkle_hash_pair(d, newer, p->hash[i], newer);
		}
		at >>= 1;
		last >>= 1;
	}
	return !last && memcmp(older, old_root, DIGEST_LEN) == 0 && memcmp(newer, root, DIGEST_LEN) == 0;
}

/* --- making proofs --- */

/* The largest power of two smaller than n > 1. */
static uint64_t split(uint64_t n)
{
	return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

/* Notes the subtree [begin, end) as what a proof has at `place` from its end. */
static void note(struct merkle_prover *p, uint64_t begin, uint64_t end, unsigned place)
{
	p->span[p->spans].begin = begin;
	p->span[p->spans].end = end;
	p->span[p->spans++].place = place;
}

/* The subtrees were noted from the outside in, and a proof lists them from the inside out; the leaves go by from left
 * to right. */
static void sort_spans(struct merkle_prover *p)
{
	p->proof.n = p->spans;
	for (unsigned i = 0; i < p->spans; i++)
		p->span[i].place = p->spans - 1 - p->span[i].place;
	for (unsigned i = 1; i < p->spans; i++)
		for (unsigned k = i; k > 0 && p->span[k - 1].begin > p->span[k].begin; k--) {
			__typeof__(p->span[0]) swap = p->span[k];

			p->span[k] = p->span[k - 1];
			p->span[k - 1] = swap;
		}
	if (p->spans)
		merkle_init_at(&p->part, p->part.d, p->span[0].begin);
}

static void prover_init(struct merkle_prover *p, struct digest *d)
{
	merkle_init(&p->part, d);
	merkle_init(&p->whole, d);
	p->spans = p->at = 0;
}

void merkle_prove_inclusion(struct merkle_prover *p, struct digest *d, uint64_t index, uint64_t size)
{
	uint64_t begin = 0, end = size;

	prover_init(p, d);
	while (end - begin > 1) {
		uint64_t middle = begin + split(end - begin);

		if (index < middle) {
			note(p, middle, end, p->spans);
			end = middle;
		} else {
			note(p, begin, middle, p->spans);
			begin = middle;
		}
	}
	sort_spans(p);
}

void merkle_prove_consistency(struct merkle_prover *p, struct digest *d, uint64_t old_size, uint64_t size)
{
	uint64_t begin = 0, end = size;

	prover_init(p, d);
	while (end != old_size) {
		uint64_t middle = begin + split(end - begin);

		if (old_size <= middle) {
			note(p, middle, end, p->spans);
			end = middle;
		} else {
			note(p, begin, middle, p->spans);
			begin = middle;
		}
	}
	if (begin) /* else it is the older root itself, which whoever checks has */
		note(p, begin, end, p->spans);
	sort_spans(p);
}

void merkle_prover_leaf(struct merkle_prover *p, const unsigned char leaf[DIGEST_LEN])
{
	uint64_t index = p->whole.leaves;

	merkle_leaf_hash(&p->whole, leaf);
	if (p->at == p->spans || index < p->span[p->at].begin)
		return;
	merkle_leaf_hash(&p->part, leaf);
	if (index + 1 < p->span[p->at].end)
		return;
	merkle_root(&p->part, p->proof.hash[p->span[p->at].place]);
	if (++p->at < p->spans)
		merkle_init_at(&p->part, p->part.d, p->span[p->at].begin);
}
