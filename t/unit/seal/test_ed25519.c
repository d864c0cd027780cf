/* The public vectors of Ed25519's edge cases (C2SP CCTV): decided as OpenSSL decides them, which is what
 * cp-signature(5) says, and by what their flags say, so that another version of it cannot change the rule unseen. */
#include "unit.h"

#include "base/text.h"
#include "data/json.h"
#include "os/in.h"
#include "seal/sign.h"

static bool flagged(const struct json *j, uint32_t vector, const char *flag)
{
	uint32_t flags = json_get(j, vector, "flags");

	for (uint32_t c = flags ? json_first(j, flags) : 0; c && c != j->node[flags].end; c = json_next(j, c))
		if (span_is(json_text(j, c), flag))
			return true;
	return false;
}

static void text_of(const struct json *j, uint32_t vector, const char *name, struct span *out)
{
	uint32_t at = json_get(j, vector, name);

	*out = at ? json_text(j, at) : (struct span){0};
}

/* How many there are of each kind, as cp-signature(5) has them. */
static struct {
	unsigned all, held, keys, held_by_key;
} count;

/* R is compared as bytes with what the equation without cofactor gives: a second spelling, or a part of small order
 * that does not cancel out, is refused. The spelling of A is used as it is. */
static bool expected(const struct json *j, uint32_t v, unsigned number)
{
	/* Made with another k than the rule has, which for these comes to the same (computed apart, from the
	 * equation). */
	static const unsigned same[] = {35, 166, 167, 188, 255, 308, 311, 314, 838, 904};

	for (unsigned i = 0; i < sizeof same / sizeof *same; i++)
		if (same[i] == number)
			return true;
	return !flagged(j, v, "low_order_residue") && !flagged(j, v, "non_canonical_R") &&
	       !flagged(j, v, "reencoded_k");
}

static void judge(const struct json *j, uint32_t v)
{
	unsigned char key[ED25519_KEY], signature[ED25519_SIGNATURE];
	struct span k, s, m, bytes = {(const char *)key, sizeof key};
	struct public_key *p;
	const char *why = NULL;
	bool holds;

	text_of(j, v, "key", &k);
	text_of(j, v, "sig", &s);
	text_of(j, v, "msg", &m);
	if (!CHECK(k.n == 2 * sizeof key && hex_decode(k.p, k.n, key) && s.n == 2 * sizeof signature &&
		   hex_decode(s.p, s.n, signature)))
		return;
	holds = verify_ed25519(key, signature, m.p, m.n);
	if (!CHECK(holds == expected(j, v, count.all)))
		printf("\tvector %u\n", count.all);
	/* In a keyring no key is of small order, so for keys that are taken the rule is the same. */
	p = public_key_read(KEY_ED25519, bytes, &why);
	CHECK((p == NULL) == flagged(j, v, "low_order_A"));
	CHECK(!p || public_key_verify(p, (struct span){(const char *)signature, sizeof signature}, m.p, m.n) == holds);
	count.all++;
	count.held += holds;
	count.keys += p != NULL;
	count.held_by_key += p && holds;
	public_key_free(p);
}

/* RFC 8032 section 5.1.7: S is below L. S + L would be a second signature of the same message. */
static void test_malleable(void)
{
	static const unsigned char order[ED25519_KEY] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
							 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
	struct sign_key *k = sign_key_make(KEY_ED25519);
	unsigned char public[ED25519_KEY], signature[SIGNATURE_MAX];
	unsigned carry = 0;

	sign_key_raw(k, public);
	sign_bytes(k, "m", 1, signature);
	CHECK(verify_ed25519(public, signature, "m", 1));
	for (unsigned i = 0; i < ED25519_KEY; i++) {
		carry += signature[ED25519_KEY + i] + order[i];
		signature[ED25519_KEY + i] = (unsigned char)carry;
		carry >>= 8;
	}
	CHECK(!verify_ed25519(public, signature, "m", 1));
	sign_key_free(k);
}

int main(void)
{
	const char *shared = getenv("CP_SHARED");
	struct buf path = {0}, text = {0};
	struct json j = {0};

	test_malleable();
	buf_printf(&path, "%s/vectors/ed25519/ed25519vectors.json", shared ? shared : "../shared");
	if (slurp(buf_cstr(&path), 1 << 22, &text) < 0)
		unit_skip("no ../shared/vectors/ed25519 here");
	if (CHECK(json_parse(&j, text.p, text.n, JSON_DOCUMENT)))
		for (uint32_t c = json_first(&j, 0); c != j.node[0].end; c = json_next(&j, c))
			judge(&j, c);
	CHECK_INT(count.all, 914);
	CHECK_INT(count.held, 208);
	CHECK_INT(count.keys, 388);
	CHECK_INT(count.held_by_key, 86);
	json_free(&j);
	buf_free(&text);
	buf_free(&path);
	return unit_done();
}
