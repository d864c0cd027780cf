#include "seal/sign.h"
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char message[] = "what is signed";

/* Signs, verifies, and sees each change: of the message, of each byte of the signature, of its length, of the key. */
static void test_round_trip(enum key_algorithm a)
{
	struct sign_key *k = sign_key_make(a), *other = sign_key_make(a);
	struct buf public = {0}, another = {0};
	unsigned char signature[SIGNATURE_MAX + 1] = {0};
	size_t n = sign_bytes(k, message, sizeof message, signature);
	struct span s = {(const char *)signature, n};
	struct public_key *p, *q;
	const char *why = NULL;

	CHECK_INT(sign_key_algorithm(k), a);
	CHECK_INT(n, key_signature_size(a));
	sign_key_public(k, &public);
	sign_key_public(other, &another);
	p = public_key_read(a, buf_span(&public), &why);
	q = public_key_read(a, buf_span(&another), &why);
	CHECK(p && q && public_key_algorithm(p) == a);
	CHECK(public_key_verify(p, s, message, sizeof message));
	CHECK(!public_key_verify(p, s, message, sizeof message - 1));
	CHECK(!public_key_verify(q, s, message, sizeof message));
	CHECK(!public_key_verify(p, (struct span){s.p, n - 1}, message, sizeof message));
	CHECK(!public_key_verify(p, (struct span){s.p, n + 1}, message, sizeof message));
	CHECK(!public_key_verify(p, (struct span){s.p, 0}, message, sizeof message));
	for (size_t i = 0; i < n; i += 7) {
		signature[i] ^= 1;
		CHECK(!public_key_verify(p, s, message, sizeof message));
		signature[i] ^= 1;
	}
	/* Bytes of the one are no key of the other; more or fewer are none at all. */
	CHECK(!public_key_read(a == KEY_ED25519 ? KEY_RSA4096 : KEY_ED25519, buf_span(&public), &why));
	CHECK(!public_key_read(a, (struct span){public.p, public.n - 1}, &why));
	buf_char(&public, 0);
	CHECK(!public_key_read(a, buf_span(&public), &why));
	public_key_free(p);
	public_key_free(q);
	sign_key_free(k);
	sign_key_free(other);
	buf_free(&public);
	buf_free(&another);
}

static void test_pem(enum key_algorithm a)
{
	char dir[] = "/tmp/cp-sign-XXXXXX";
	struct sign_key *k = sign_key_make(a), *again;
	struct buf public = {0}, same = {0};
	struct secret pem;
	const char *why = NULL;
	int fd;

	secret_init(&pem);
	sign_key_pem(k, &pem);
	CHECK(mkdtemp(dir) && chdir(dir) == 0);
	fd = open("k", O_WRONLY | O_CREAT | O_EXCL, 0600);
	CHECK(write(fd, pem.p, pem.n) == (ssize_t)pem.n);
	again = sign_key_open("k", &why);
	CHECK(again && sign_key_algorithm(again) == a);
	sign_key_public(k, &public);
	sign_key_public(again, &same);
	CHECK(span_eq(buf_span(&public), buf_span(&same)));
	CHECK(fchmod(fd, 0644) == 0 && !sign_key_open("k", &why));
	close(fd);
	unlink("k");
	CHECK(chdir("/") == 0 && rmdir(dir) == 0);
	sign_key_free(k);
	sign_key_free(again);
	secret_free(&pem);
	buf_free(&public);
	buf_free(&same);
}

static void test_names(void)
{
	enum key_algorithm a;

	CHECK(key_algorithm_of(SPAN("ed25519"), &a) && a == KEY_ED25519);
	CHECK(key_algorithm_of(SPAN("rsa4096"), &a) && a == KEY_RSA4096);
	CHECK(!key_algorithm_of(SPAN("none"), &a) && !key_algorithm_of(SPAN(""), &a));
	CHECK(!key_algorithm_of(SPAN("ED25519"), &a));
}

static void test_secret(void)
{
	struct secret s;
	char value[] = "hunter2";
	int p[2];

	secret_init(&s);
	CHECK(secret_take_env(&s, value) && span_is(secret_span(&s), "hunter2"));
	CHECK(memcmp(value, "\0\0\0\0\0\0\0", 7) == 0);
	CHECK(!secret_take_env(&s, NULL) && !secret_take_env(&s, value));
	CHECK(secret_equal(SPAN("abc"), SPAN("abc")) && !secret_equal(SPAN("abc"), SPAN("abd")) &&
	      !secret_equal(SPAN("abc"), SPAN("ab")));
	secret_free(&s);
	secret_free(&s);
	secret_init(&s);
	CHECK(pipe(p) == 0 && write(p[1], "one", 3) == 3 && close(p[1]) == 0);
	CHECK(secret_read(&s, p[0]) == 0 && span_is(secret_span(&s), "one"));
	close(p[0]);
	secret_free(&s);
}

int main(void)
{
	for (enum key_algorithm a = 0; a < KEY_ALGORITHMS; a++) {
		test_round_trip(a);
		test_pem(a);
	}
	test_names();
	test_secret();
	return unit_done();
}
