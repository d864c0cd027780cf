/* Proofs: the public vectors (98 of inclusion, 98 of consistency, most of them bad), and our own proofs of every leaf
 * and every pair of sizes up to a limit, checked, damaged and checked again. */
#include "base/num.h"
#include "base/text.h"
#include "data/json.h"
#include "os/in.h"
#include "seal/merkle.h"
#include "unit.h"

#include <ftw.h>

enum { SIZES = 80 };

static struct digest *d;
static unsigned char leaf[SIZES][DIGEST_LEN], root[SIZES + 1][DIGEST_LEN];

static void make_tree(void)
{
	struct merkle m;

	merkle_init(&m, d);
	for (unsigned i = 0; i <= SIZES; i++) {
		merkle_root(&m, root[i]);
		if (i == SIZES)
			break;
		merkle_hash_leaf(d, &i, sizeof i, leaf[i]);
		merkle_leaf_hash(&m, leaf[i]);
	}
}

static void run(struct merkle_prover *p, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		merkle_prover_leaf(p, leaf[i]);
	CHECK_INT(p->at, p->spans);
}

static void test_inclusion(void)
{
	static struct merkle_prover p;
	unsigned bad = 0, fooled = 0;

	for (unsigned size = 1; size <= SIZES; size++) {
		for (unsigned i = 0; i < size; i++) {
			unsigned char got[DIGEST_LEN];

			merkle_prove_inclusion(&p, d, i, size);
			run(&p, size);
			merkle_root(&p.whole, got);
			bad += memcmp(got, root[size], DIGEST_LEN) != 0;
			bad += !merkle_included(d, leaf[i], i, size, &p.proof, root[size]);
			fooled += merkle_included(d, leaf[(i + 1) % SIZES], i, size, &p.proof, root[size]);
			fooled += merkle_included(d, leaf[i], i + 1, size, &p.proof, root[size]);
			fooled += merkle_included(d, leaf[i], i, size, &p.proof, root[size - 1]);
			if (!p.proof.n)
				continue;
			p.proof.hash[p.proof.n / 2][7] ^= 16;
			fooled += merkle_included(d, leaf[i], i, size, &p.proof, root[size]);
			p.proof.hash[p.proof.n / 2][7] ^= 16;
			p.proof.n--;
			fooled += merkle_included(d, leaf[i], i, size, &p.proof, root[size]);
			p.proof.n += 2;
			fooled += merkle_included(d, leaf[i], i, size, &p.proof, root[size]);
		}
	}
	CHECK_INT(bad, 0);
	CHECK_INT(fooled, 0);
}

static void test_consistency(void)
{
	static struct merkle_prover p;
	unsigned bad = 0, fooled = 0;

	for (unsigned size = 1; size <= SIZES; size++) {
		for (unsigned old = 1; old <= size; old++) {
			merkle_prove_consistency(&p, d, old, size);
			run(&p, size);
			bad += !merkle_consistent(d, old, root[old], size, root[size], &p.proof);
			fooled += merkle_consistent(d, old, root[old - 1], size, root[size], &p.proof);
			fooled += merkle_consistent(d, old, root[old], size, root[size - 1], &p.proof);
			fooled += merkle_consistent(d, old - 1, root[old - 1], size, root[size], &p.proof);
			p.proof.n++;
			fooled += merkle_consistent(d, old, root[old], size, root[size], &p.proof);
			p.proof.n--;
			if (!p.proof.n)
				continue;
			p.proof.hash[p.proof.n - 1][0] ^= 1;
			fooled += merkle_consistent(d, old, root[old], size, root[size], &p.proof);
			p.proof.hash[p.proof.n - 1][0] ^= 1;
			p.proof.n--;
			fooled += merkle_consistent(d, old, root[old], size, root[size], &p.proof);
		}
	}
	CHECK_INT(bad, 0);
	CHECK_INT(fooled, 0);
}

static bool same_root(const struct merkle *m)
{
	unsigned char got[DIGEST_LEN];

	merkle_root(m, got);
	return m->leaves == SIZES && memcmp(got, root[SIZES], DIGEST_LEN) == 0;
}

static bool joins(const unsigned cut[4])
{
	struct merkle whole, part;

	merkle_init(&whole, d);
	for (unsigned c = 0; c < 3; c++) {
		merkle_init_at(&part, d, cut[c]);
		for (unsigned i = cut[c]; i < cut[c + 1]; i++)
			merkle_leaf_hash(&part, leaf[i]);
		merkle_join(&whole, &part);
	}
	return same_root(&whole);
}

/* Any cut of the leaves into ranges joins to the same tree, and a frontier goes on where it left off. */
static void test_ranges(void)
{
	struct merkle whole, resumed;
	unsigned bad = 0;

	for (unsigned first = 0; first <= SIZES; first++) {
		for (unsigned second = first; second <= SIZES; second += 1 + second % 3)
			bad += !joins((unsigned[]){0, first, second, SIZES});
		merkle_init(&whole, d);
		for (unsigned i = 0; i < first; i++)
			merkle_leaf_hash(&whole, leaf[i]);
		CHECK(!merkle_resume(&resumed, d, first, (const unsigned char (*)[DIGEST_LEN])whole.node, whole.n + 1));
		CHECK(merkle_resume(&resumed, d, first, (const unsigned char (*)[DIGEST_LEN])whole.node, whole.n));
		for (unsigned i = first; i < SIZES; i++)
			merkle_leaf_hash(&resumed, leaf[i]);
		bad += !same_root(&resumed);
	}
	CHECK_INT(bad, 0);
}

/* --- the vectors --- */

static unsigned seen, good_seen;

static bool hash_of(const struct json *j, uint32_t at, unsigned char out[DIGEST_LEN])
{
	struct buf b = {0};
	struct span s = json_text(j, at);
	bool good = at && base64_decode(&b, s.p, s.n) && b.n == DIGEST_LEN;

	if (good)
		memcpy(out, b.p, DIGEST_LEN);
	buf_free(&b);
	return good;
}

/* Some vectors have a root that is no hash, only to be compared: its hash stands for it. */
static bool root_of(const struct json *j, const char *key, unsigned char out[DIGEST_LEN])
{
	struct buf b = {0};
	struct span s = json_text(j, json_get(j, 0, key));
	bool good = base64_decode(&b, s.p, s.n);

	if (good && b.n == DIGEST_LEN)
		memcpy(out, b.p, DIGEST_LEN);
	else
		digest_bytes(d, b.p, b.n, out);
	buf_free(&b);
	return good;
}

static bool proof_of(const struct json *j, struct merkle_proof *p)
{
	uint32_t at = json_get(j, 0, "proof");

	p->n = 0;
	if (!at || j->node[at].type != JSON_ARRAY)
		return at && j->node[at].type == JSON_NULL;
	for (uint32_t c = json_first(j, at); c != j->node[at].end; c = json_next(j, c))
		if (p->n == MERKLE_NODES || !hash_of(j, c, p->hash[p->n++]))
			return false;
	return true;
}

static bool size_of(const struct json *j, const char *key, uint64_t *out)
{
	struct span s = json_text(j, json_get(j, 0, key));

	return num_u64(s.p, s.n, UINT64_MAX, out);
}

static bool holds(const struct json *j)
{
	struct merkle_proof p;
	unsigned char one[DIGEST_LEN], two[DIGEST_LEN];
	uint64_t a, b;

	if (!proof_of(j, &p))
		return false;
	if (json_get(j, 0, "leafIdx"))
		return size_of(j, "leafIdx", &a) && size_of(j, "treeSize", &b) &&
		       hash_of(j, json_get(j, 0, "leafHash"), one) && root_of(j, "root", two) &&
		       merkle_included(d, one, a, b, &p, two);
	return size_of(j, "size1", &a) && size_of(j, "size2", &b) && root_of(j, "root1", one) &&
	       root_of(j, "root2", two) && merkle_consistent(d, a, one, b, two, &p);
}

static int vector(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct buf b = {0};
	struct json j = {0};
	bool want;

	(void)st;
	(void)ftw;
	if (type != FTW_F)
		return 0;
	CHECK(slurp(path, 1 << 20, &b) == 0 && json_parse(&j, b.p, b.n, JSON_DOCUMENT));
	want = j.node[json_get(&j, 0, "wantErr")].type == JSON_FALSE;
	if (!CHECK(holds(&j) == want))
		printf("\t%s\n", path);
	seen++;
	good_seen += want;
	json_free(&j);
	buf_free(&b);
	return 0;
}

int main(void)
{
	const char *shared = getenv("CP_SHARED");
	struct buf path = {0};
	int result;

	d = digest_new();
	make_tree();
	test_inclusion();
	test_consistency();
	test_ranges();
	buf_printf(&path, "%s/vectors/merkle/testdata", shared && *shared ? shared : "../shared");
	nftw(buf_cstr(&path), vector, 8, FTW_PHYS);
	CHECK(!seen || (seen == 196 && good_seen == 12));
	buf_free(&path);
	digest_free(d);
	result = unit_done();
	if (!result && !seen)
		unit_skip("no ../shared/vectors here; our own proofs hold");
	return result;
}
