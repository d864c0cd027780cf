#include "seal/jws.h"

#include "base/err.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>

enum { RSA_EXPONENT_MIN = 65537, RSA_EXPONENT_BYTES = 8 };

/* One of the two. */
struct jws_key {
	EVP_PKEY *rsa;
	struct public_key *ed25519;
};

const char *jws_split(struct jws *j, struct span token)
{
	struct span *part[] = {&j->header, &j->payload, &j->signature};
	const char *at = token.p, *end = token.p + token.n;

	for (unsigned i = 0; i < 3; i++) {
		const char *dot = at ? memchr(at, '.', (size_t)(end - at)) : NULL;

		if (!at || (i < 2) != (dot != NULL))
			return "it has not three parts";
		*part[i] = (struct span){at, (size_t)((dot ? dot : end) - at)};
		if (!part[i]->n)
			return "one of its parts is empty";
		at = dot ? dot + 1 : end;
	}
	j->signed_part = (struct span){token.p, j->header.n + 1 + j->payload.n};
	return NULL;
}

/* NULL, or why the numbers are no key to be trusted. */
static const char *unfit(struct span n, struct span e, const BIGNUM *modulus, const BIGNUM *exponent)
{
	if (!n.n || !e.n || !n.p[0] || !e.p[0])
		return "its numbers are empty or begin with zeros";
	if (BN_num_bits(modulus) < JWS_RSA_BITS_MIN)
		return "it is an RSA key of less than 2048 bits";
	if (BN_num_bits(modulus) > JWS_RSA_BITS_MAX)
		return "it is an RSA key of more than 8192 bits";
	if (!BN_is_odd(modulus))
		return "it is an RSA key with an even modulus";
	if (e.n > RSA_EXPONENT_BYTES || !BN_is_odd(exponent) || BN_get_word(exponent) < RSA_EXPONENT_MIN)
		return "it is an RSA key with an exponent that is even, huge or below 65537";
	return NULL;
}

static EVP_PKEY *make_rsa(const BIGNUM *n, const BIGNUM *e)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (build && ctx && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
	    (params = OSSL_PARAM_BLD_to_param(build)) != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
		(void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return key;
}

static struct jws_key *new_key(EVP_PKEY *rsa, struct public_key *ed25519)
{
	struct jws_key *k = xmalloc(sizeof *k);

	*k = (struct jws_key){rsa, ed25519};
	return k;
}

struct jws_key *jws_key_rsa(struct span n, struct span e, const char **why)
{
	struct jws_key *k = NULL;
	BIGNUM *modulus, *exponent;
	EVP_PKEY *rsa = NULL;

	*why = "its numbers are too long";
	if (n.n > JWS_RSA_BITS_MAX || e.n > JWS_RSA_BITS_MAX)
		return NULL;
	modulus = BN_bin2bn((const unsigned char *)n.p, (int)n.n, NULL);
	exponent = BN_bin2bn((const unsigned char *)e.p, (int)e.n, NULL);
	if (!modulus || !exponent)
		die(STATUS_SYSTEM, "unable to read a key: OpenSSL failed");
	*why = unfit(n, e, modulus, exponent);
	if (!*why && !(rsa = make_rsa(modulus, exponent)))
		*why = "it is no RSA key";
	if (rsa)
		k = new_key(rsa, NULL);
	BN_free(modulus);
	BN_free(exponent);
	return k;
}

struct jws_key *jws_key_ed25519(struct span x, const char **why)
{
	struct public_key *k = public_key_read(KEY_ED25519, x, why);

	return k ? new_key(NULL, k) : NULL;
}

void jws_key_free(struct jws_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->rsa);
	public_key_free(k->ed25519);
	free(k);
}

const char *jws_key_algorithm(const struct jws_key *k)
{
	return k->rsa ? "RS256" : "EdDSA";
}

/* RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3); the signature is exactly as long as the modulus. */
static bool verify_rsa(EVP_PKEY *k, struct span signature, struct span text)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx && signature.n == (size_t)EVP_PKEY_get_size(k) &&
		    EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, k, NULL) == 1 &&
		    EVP_DigestVerify(ctx, (const unsigned char *)signature.p, signature.n,
				     (const unsigned char *)text.p, text.n) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

bool jws_verify(const struct jws_key *k, struct span signature, struct span signed_part)
{
	if (k->rsa)
		return verify_rsa(k->rsa, signature, signed_part);
	return public_key_verify(k->ed25519, signature, signed_part.p, signed_part.n);
}
