#include "seal/sign.h"

#include "base/err.h"
#include "seal/point.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RSA_BITS = 4096, RSA_EXPONENT_MIN = 65537 };

static const struct {
	const char *name;
	int id;
	size_t signature;
} algorithms[KEY_ALGORITHMS] = {
	[KEY_ED25519] = {"ed25519", EVP_PKEY_ED25519, ED25519_SIGNATURE},
	[KEY_RSA4096] = {"rsa4096", EVP_PKEY_RSA, RSA4096_SIGNATURE},
};

struct sign_key {
	enum key_algorithm algorithm;
	EVP_PKEY *pkey;
	struct sign_key *next;
};

struct public_key {
	enum key_algorithm algorithm;
	EVP_PKEY *pkey;
};

const char *key_algorithm_name(enum key_algorithm a)
{
	return algorithms[a].name;
}

bool key_algorithm_of(struct span name, enum key_algorithm *out)
{
	for (*out = 0; *out < KEY_ALGORITHMS; ++*out)
		if (span_is(name, algorithms[*out].name))
			return true;
	return false;
}

size_t key_signature_size(enum key_algorithm a)
{
	return algorithms[a].signature;
}

/* --- what a key must be --- */

/* Exponents that are small or even have been somebody's mistake, or somebody's door. */
static bool exponent_good(const EVP_PKEY *k)
{
	BIGNUM *e = NULL;
	bool good = EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) && BN_num_bits(e) <= 64 &&
		    BN_get_word(e) >= RSA_EXPONENT_MIN;

	BN_free(e);
	return good;
}

/* NULL, or why it is no key of ours. */
static const char *unfit(const EVP_PKEY *k, enum key_algorithm *a)
{
	int id = EVP_PKEY_get_base_id(k);

	for (*a = 0; *a < KEY_ALGORITHMS && algorithms[*a].id != id;)
		++*a;
	if (*a == KEY_ALGORITHMS)
		return "it is neither an Ed25519 key nor one of RSA";
	if (*a == KEY_RSA4096 && EVP_PKEY_get_bits(k) != RSA_BITS)
		return "it is an RSA key that has not 4096 bits";
	if (*a == KEY_RSA4096 && !exponent_good(k))
		return "it is an RSA key with an exponent that is even or below 65537";
	return NULL;
}

/* --- private keys --- */

/* OpenSSL would ask a person at the terminal. */
static int no_passphrase(char *p, int n, int writing, void *ctx)
{
	(void)p;
	(void)n;
	(void)writing;
	(void)ctx;
	return -1;
}

/* Those that are not freed yet. Whatever ends the process, but for a signal, wipes them. */
static struct sign_key *held;

static void wipe_held(void)
{
	while (held)
		sign_key_free(held);
}

static struct sign_key *hold(enum key_algorithm a, EVP_PKEY *pkey)
{
	static bool told;
	struct sign_key *k = xmalloc(sizeof *k);

	*k = (struct sign_key){a, pkey, held};
	held = k;
	if (!told && atexit(wipe_held) == 0)
		told = true;
	return k;
}

static struct sign_key *parse_pem(struct span text, const char **why)
{
	BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
	EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	enum key_algorithm algorithm = KEY_ALGORITHMS;

	BIO_free(bio);
	ERR_clear_error();
	*why = pkey ? unfit(pkey, &algorithm) : "it is no PEM private key without a passphrase";
	if (*why) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	return hold(algorithm, pkey);
}

struct sign_key *sign_key_open(const char *path, const char **why)
{
	int fd = secret_open(path, why), failed = 0;
	struct secret text;
	struct sign_key *k = NULL;

	if (fd < 0)
		return NULL;
	secret_init(&text);
	if (secret_read(&text, fd) == 0) {
		k = parse_pem(secret_span(&text), why);
	} else {
		failed = errno == EFBIG ? 0 : errno;
		*why = errno == EFBIG ? "it is too long for a key" : strerror(errno);
	}
	secret_free(&text);
	close(fd);
	errno = failed;
	return k;
}

struct sign_key *sign_key_make(enum key_algorithm a)
{
	EVP_PKEY *pkey = a == KEY_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
					  : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS);

	if (!pkey)
		die(STATUS_SYSTEM, "unable to make a key: OpenSSL failed");
	return hold(a, pkey);
}

void sign_key_free(struct sign_key *k)
{
	struct sign_key **at = &held;

	if (!k)
		return;
	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	EVP_PKEY_free(k->pkey);
	free(k);
}

enum key_algorithm sign_key_algorithm(const struct sign_key *k)
{
	return k->algorithm;
}

void sign_key_pem(const struct sign_key *k, struct secret *out)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	int got = -1;

	if (bio && PEM_write_bio_PKCS8PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL, NULL) == 1)
		got = BIO_read(bio, out->p + out->n, (int)(SECRET_BYTES - out->n));
	if (got <= 0 || BIO_pending(bio))
		die(STATUS_SYSTEM, "unable to write a key: OpenSSL failed");
	out->n += (size_t)got;
	out->p[out->n] = 0;
	BIO_free(bio);
}

/* The DER of a SubjectPublicKeyInfo. */
static void add_spki(struct buf *out, const EVP_PKEY *pkey)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(pkey, &der);

	if (n <= 0)
		die(STATUS_SYSTEM, "unable to take the public half of a key: OpenSSL failed");
	buf_add(out, der, (size_t)n);
	OPENSSL_free(der);
}

static void raw_of(const EVP_PKEY *k, unsigned char out[ED25519_KEY])
{
	size_t n = ED25519_KEY;

	if (EVP_PKEY_get_raw_public_key(k, out, &n) != 1 || n != ED25519_KEY)
		die(STATUS_SYSTEM, "unable to take the public half of a key: OpenSSL failed");
}

void sign_key_raw(const struct sign_key *k, unsigned char out[ED25519_KEY])
{
	raw_of(k->pkey, out);
}

void sign_key_public(const struct sign_key *k, struct buf *out)
{
	unsigned char raw[ED25519_KEY];

	if (k->algorithm != KEY_ED25519) {
		add_spki(out, k->pkey);
		return;
	}
	sign_key_raw(k, raw);
	buf_add(out, raw, sizeof raw);
}

/* --- signing and verifying --- */

/* Ed25519 takes the message, RSA its digest: ours is PSS with a salt as long as that, in both directions. */
enum scheme { SCHEME_OWN, SCHEME_SSH };

static const char *digest_of(enum key_algorithm a, enum scheme how)
{
	return a != KEY_RSA4096 ? NULL : how == SCHEME_SSH ? "SHA512" : "SHA256";
}

static bool pad(enum key_algorithm a, enum scheme how, EVP_PKEY_CTX *ctx)
{
	if (a != KEY_RSA4096)
		return true;
	if (how == SCHEME_SSH)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static size_t sign(const struct sign_key *k, enum scheme how, const void *p, size_t n,
		   unsigned char out[SIGNATURE_MAX])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *terms = NULL;
	enum key_algorithm a = k->algorithm;
	size_t size = SIGNATURE_MAX;
	bool good = ctx &&
		    EVP_DigestSignInit_ex(ctx, &terms, digest_of(a, how), NULL, NULL, k->pkey, NULL) == 1 &&
		    pad(a, how, terms) && EVP_DigestSign(ctx, out, &size, p, n) == 1 && size == key_signature_size(a);

	EVP_MD_CTX_free(ctx);
	if (!good)
		die(STATUS_SYSTEM, "unable to sign: OpenSSL failed");
	return size;
}

size_t sign_bytes(const struct sign_key *k, const void *p, size_t n, unsigned char out[SIGNATURE_MAX])
{
	return sign(k, SCHEME_OWN, p, n, out);
}

size_t sign_bytes_ssh(const struct sign_key *k, const void *p, size_t n, unsigned char out[SIGNATURE_MAX])
{
	return sign(k, SCHEME_SSH, p, n, out);
}

static bool verify(EVP_PKEY *k, enum key_algorithm a, enum scheme how, struct span signature, const void *p, size_t n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *terms = NULL;
	bool good = ctx && signature.n == key_signature_size(a) &&
		    EVP_DigestVerifyInit_ex(ctx, &terms, digest_of(a, how), NULL, NULL, k, NULL) == 1 &&
		    pad(a, how, terms) &&
		    EVP_DigestVerify(ctx, (const unsigned char *)signature.p, signature.n, p, n) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

bool verify_ed25519(const unsigned char key[ED25519_KEY], const unsigned char signature[ED25519_SIGNATURE],
		    const void *p, size_t n)
{
	EVP_PKEY *k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, ED25519_KEY);
	struct span s = {(const char *)signature, ED25519_SIGNATURE};
	bool good = k && verify(k, KEY_ED25519, SCHEME_OWN, s, p, n);

	EVP_PKEY_free(k);
	ERR_clear_error();
	return good;
}

/* --- public keys --- */

static EVP_PKEY *read_ed25519(struct span bytes, const char **why)
{
	EVP_PKEY *k;

	*why = "it has not the 32 bytes of an Ed25519 key";
	if (bytes.n != ED25519_KEY)
		return NULL;
	*why = point_unfit((const unsigned char *)bytes.p);
	if (*why)
		return NULL;
	*why = "OpenSSL does not take it";
	k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)bytes.p, bytes.n);
	ERR_clear_error();
	return k;
}

static EVP_PKEY *read_spki(struct span bytes, const char **why)
{
	const unsigned char *p = (const unsigned char *)bytes.p;
	EVP_PKEY *k = bytes.n <= SECRET_BYTES ? d2i_PUBKEY(NULL, &p, (long)bytes.n) : NULL;
	enum key_algorithm a = KEY_ALGORITHMS;
	struct buf again = {0};

	ERR_clear_error();
	*why = k ? unfit(k, &a) : "it is no SubjectPublicKeyInfo in DER";
	if (!*why && a != KEY_RSA4096)
		*why = "it is no RSA key";
	if (!*why) {
		add_spki(&again, k);
		if (!span_eq(buf_span(&again), bytes))
			*why = "its DER is not canonical, or more stands behind it";
		buf_free(&again);
	}
	if (*why) {
		EVP_PKEY_free(k);
		return NULL;
	}
	return k;
}

struct public_key *public_key_read(enum key_algorithm a, struct span bytes, const char **why)
{
	EVP_PKEY *pkey = a == KEY_ED25519 ? read_ed25519(bytes, why) : read_spki(bytes, why);
	struct public_key *k;

	if (!pkey)
		return NULL;
	k = xmalloc(sizeof *k);
	*k = (struct public_key){a, pkey};
	return k;
}

void public_key_free(struct public_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

void public_key_self(const struct public_key *k, struct buf *out)
{
	unsigned char raw[ED25519_KEY], modulus[RSA_BITS / 8];
	size_t n = sizeof raw;
	BIGNUM *m = NULL;
	bool good;

	if (k->algorithm == KEY_ED25519) {
		good = EVP_PKEY_get_raw_public_key(k->pkey, raw, &n) == 1;
		buf_add(out, raw, n);
	} else {
		good = EVP_PKEY_get_bn_param(k->pkey, OSSL_PKEY_PARAM_RSA_N, &m) == 1 &&
		       BN_bn2binpad(m, modulus, sizeof modulus) == (int)sizeof modulus;
		buf_add(out, modulus, good ? sizeof modulus : 0);
		BN_free(m);
	}
	if (!good)
		die(STATUS_SYSTEM, "unable to take a public key apart: OpenSSL failed");
}

enum key_algorithm public_key_algorithm(const struct public_key *k)
{
	return k->algorithm;
}

bool public_key_verify(const struct public_key *k, struct span signature, const void *p, size_t n)
{
	return verify(k->pkey, k->algorithm, SCHEME_OWN, signature, p, n);
}

bool public_key_verify_ssh(const struct public_key *k, struct span signature, const void *p, size_t n)
{
	return verify(k->pkey, k->algorithm, SCHEME_SSH, signature, p, n);
}

/* --- what a public key is made of --- */

void public_key_bytes(const struct public_key *k, struct buf *out)
{
	unsigned char raw[ED25519_KEY];

	if (k->algorithm != KEY_ED25519) {
		add_spki(out, k->pkey);
		return;
	}
	raw_of(k->pkey, raw);
	buf_add(out, raw, sizeof raw);
}

void public_key_spki(const struct public_key *k, struct buf *out)
{
	add_spki(out, k->pkey);
}

static void add_number(struct buf *out, const EVP_PKEY *k, const char *name)
{
	unsigned char bytes[RSA4096_SIGNATURE];
	BIGNUM *n = NULL;
	int size;

	if (EVP_PKEY_get_bn_param(k, name, &n) != 1 || BN_num_bytes(n) > (int)sizeof bytes)
		die(STATUS_SYSTEM, "unable to take a number of a key: OpenSSL failed");
	size = BN_bn2bin(n, bytes);
	buf_add(out, bytes, (size_t)size);
	BN_free(n);
}

void public_key_numbers(const struct public_key *k, struct buf *e, struct buf *n)
{
	add_number(e, k->pkey, OSSL_PKEY_PARAM_RSA_E);
	add_number(n, k->pkey, OSSL_PKEY_PARAM_RSA_N);
}

static EVP_PKEY *of_numbers(struct span e, struct span n)
{
	BIGNUM *be = BN_bin2bn((const unsigned char *)e.p, (int)e.n, NULL),
	       *bn = BN_bin2bn((const unsigned char *)n.p, (int)n.n, NULL);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *k = NULL;

	if (be && bn && b && ctx && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, bn) == 1 &&
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, be) == 1 && (params = OSSL_PARAM_BLD_to_param(b)) &&
	    EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &k, EVP_PKEY_PUBLIC_KEY, params) != 1)
		k = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(ctx);
	BN_free(be);
	BN_free(bn);
	ERR_clear_error();
	return k;
}

struct public_key *public_key_of_numbers(struct span e, struct span n, const char **why)
{
	EVP_PKEY *pkey = e.n <= RSA4096_SIGNATURE && n.n <= RSA4096_SIGNATURE + 1 ? of_numbers(e, n) : NULL;
	enum key_algorithm a = KEY_ALGORITHMS;
	struct public_key *k;

	*why = pkey ? unfit(pkey, &a) : "it has no numbers of an RSA key";
	if (*why) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	k = xmalloc(sizeof *k);
	*k = (struct public_key){a, pkey};
	return k;
}
