/* Foreign forms: what is written is read as it was, and no part of it can be another. */
#include "unit.h"

#include "foreign/dsse.h"
#include "foreign/minisign.h"
#include "foreign/sshsig.h"

static const unsigned char some[RSA4096_SIGNATURE] = {1, 2, 3};

static struct public_key *public_of(const struct sign_key *k)
{
	struct buf bytes = {0};
	struct public_key *p;
	const char *why = NULL;

	sign_key_public(k, &bytes);
	p = public_key_read(sign_key_algorithm(k), buf_span(&bytes), &why);
	CHECK(p != NULL);
	buf_free(&bytes);
	return p;
}

static void test_sshsig(enum key_algorithm a)
{
	struct sign_key *k = sign_key_make(a);
	struct public_key *p = public_of(k);
	struct span signature = {(const char *)some, key_signature_size(a)};
	struct buf text = {0}, blob = {0};
	struct sshsig s;

	ssh_key_blob(&blob, p);
	sshsig_write(&text, p, SPAN("ns"), signature);
	CHECK(sshsig_read(&s, buf_span(&text)) == NULL);
	CHECK(span_eq(s.key, buf_span(&blob)) && span_is(s.namespace, "ns") && span_eq(s.signature, signature));
	CHECK(s.hash == PREHASH_SHA512 && s.ed25519 == (a == KEY_ED25519));
	sshsig_free(&s);
	/* However it is cut. */
	for (size_t n = 0; n + 1 < text.n; n++) {
		CHECK(sshsig_read(&s, (struct span){text.p, n}) != NULL);
		sshsig_free(&s);
	}
	CHECK(sshsig_read(&s, (struct span){text.p, text.n - 1}) == NULL);
	sshsig_free(&s);
	buf_char(&text, 'x');
	CHECK(sshsig_read(&s, buf_span(&text)) != NULL);
	sshsig_free(&s);
	public_key_free(p);
	sign_key_free(k);
	buf_free(&text);
	buf_free(&blob);
}

/* PROTOCOL.sshsig: the strings one behind the other, with their lengths. */
static void test_sshsig_message(void)
{
	static const char want[] = "SSHSIG\0\0\0\2ns\0\0\0\0\0\0\0\6sha512\0\0\0\1x";
	struct buf b = {0};

	sshsig_message(&b, SPAN("ns"), PREHASH_SHA512, SPAN("x"));
	CHECK(b.n == sizeof want - 1 && memcmp(b.p, want, b.n) == 0);
	buf_free(&b);
}

static void test_minisign(void)
{
	struct minisign m = {.prehashed = true, .comment = SPAN("timestamp:1\tpurpose:record")}, again;
	struct buf text = {0}, key = {0};
	unsigned char public[ED25519_KEY] = {0};

	memcpy(m.signature, some, ED25519_SIGNATURE);
	minisign_id(public, m.id);
	minisign_write(&text, &m, SPAN("a comment"));
	CHECK(minisign_read(&again, buf_span(&text)) == NULL);
	CHECK(again.prehashed && memcmp(again.id, m.id, MINISIGN_ID) == 0 && span_eq(again.comment, m.comment) &&
	      memcmp(again.signature, m.signature, ED25519_SIGNATURE) == 0);
	for (size_t n = 0; n + 1 < text.n; n++)
		CHECK(minisign_read(&again, (struct span){text.p, n}) != NULL);
	buf_str(&text, "x\n");
	CHECK(minisign_read(&again, buf_span(&text)) != NULL);
	minisign_key(&key, public);
	CHECK_SPAN(key.p, key.n, "RWRmaHqt+GK9dwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	buf_free(&text);
	buf_free(&key);
}

static void test_dsse(void)
{
	static const char hash[] = "sha256:aabb";
	const struct dsse_terms t = {SPAN("record"),
				     SPAN("*"),
				     span_of(hash),
				     SPAN("a\"b"),
				     SPAN("ed25519"),
				     SPAN("me"),
				     SPAN("2026-01-01T00:00:00Z")};
	struct buf statement = {0}, text = {0}, message = {0};
	struct dsse d;

	dsse_statement(&statement, &t);
	dsse_message(&message, SPAN("hi"));
	CHECK_SPAN(message.p, message.n, "DSSEv1 28 application/vnd.in-toto+json 2 hi");
	dsse_write(&text, buf_span(&statement), SPAN("me"), SPAN("xyz"));
	CHECK(dsse_read(&d, buf_span(&text)) == NULL);
	CHECK(span_eq(buf_span(&d.payload), buf_span(&statement)) && d.n == 1 &&
	      span_is(d.signature[0].key_id, "me") && span_is(buf_span(&d.signature[0].bytes), "xyz"));
	CHECK(span_is(d.purpose, "record") && span_is(d.plane_uid, "*") && span_is(d.signed_by, "me") &&
	      span_is(d.algorithm, "ed25519"));
	CHECK(dsse_about(&d, span_of(hash)) && !dsse_about(&d, SPAN("sha256:aabc")) &&
	      !dsse_about(&d, SPAN("sha256:")));
	dsse_free(&d);
	for (size_t n = 0; n < text.n; n++) {
		CHECK(dsse_read(&d, (struct span){text.p, n}) != NULL);
		dsse_free(&d);
	}
	buf_free(&statement);
	buf_free(&text);
	buf_free(&message);
}

/* Both schemes of a key, and its numbers back and forth. */
static void test_schemes(enum key_algorithm a)
{
	struct sign_key *k = sign_key_make(a);
	struct public_key *p = public_of(k), *q;
	unsigned char own[SIGNATURE_MAX], ssh[SIGNATURE_MAX];
	size_t n = sign_bytes(k, "m", 1, own), m = sign_bytes_ssh(k, "m", 1, ssh);
	struct span so = {(const char *)own, n}, ss = {(const char *)ssh, m};
	struct buf e = {0}, modulus = {0}, one = {0}, two = {0};
	const char *why = NULL;

	CHECK(public_key_verify(p, so, "m", 1) && public_key_verify_ssh(p, ss, "m", 1));
	CHECK(public_key_verify(p, ss, "m", 1) == (a == KEY_ED25519));
	CHECK(public_key_verify_ssh(p, so, "m", 1) == (a == KEY_ED25519));
	CHECK(!public_key_verify_ssh(p, ss, "n", 1));
	if (a == KEY_RSA4096) {
		public_key_numbers(p, &e, &modulus);
		q = public_key_of_numbers(buf_span(&e), buf_span(&modulus), &why);
		CHECK(q != NULL);
		public_key_bytes(p, &one);
		public_key_bytes(q, &two);
		CHECK(span_eq(buf_span(&one), buf_span(&two)));
		public_key_free(q);
		CHECK(!public_key_of_numbers(buf_span(&e), (struct span){modulus.p, modulus.n - 1}, &why));
		CHECK(!public_key_of_numbers(SPAN("\3"), buf_span(&modulus), &why));
		CHECK(!public_key_of_numbers(SPAN(""), SPAN(""), &why));
	}
	public_key_free(p);
	sign_key_free(k);
	buf_free(&e);
	buf_free(&modulus);
	buf_free(&one);
	buf_free(&two);
}

int main(void)
{
	test_sshsig(KEY_ED25519);
	test_sshsig(KEY_RSA4096);
	test_sshsig_message();
	test_minisign();
	test_dsse();
	test_schemes(KEY_ED25519);
	test_schemes(KEY_RSA4096);
	return unit_done();
}
