/* A signed token in the compact form of JWS (RFC 7515 section 3.1), and the public keys that check it (RFC 7517, 7518,
 * 8037). Only RS256 and EdDSA with Ed25519: the key decides which, never the token. */
#ifndef CP_SEAL_JWS_H
#define CP_SEAL_JWS_H

#include "seal/sign.h"

/* Slices of the token. */
struct jws {
	struct span header, payload, signature; /* in base64url */
	struct span signed_part;                /* header "." payload */
};

/* NULL, or why it has not three parts. */
const char *jws_split(struct jws *j, struct span token);

enum { JWS_RSA_BITS_MIN = 2048, JWS_RSA_BITS_MAX = 8192 };

struct jws_key;

/* An RSA key from the big-endian bytes of n and e, without leading zeros (RFC 7518 section 6.3.1). NULL: *why. */
struct jws_key *jws_key_rsa(struct span n, struct span e, const char **why);
/* An Ed25519 key from the bytes of x (RFC 8037 section 2). NULL: *why. */
struct jws_key *jws_key_ed25519(struct span x, const char **why);
void jws_key_free(struct jws_key *k);
/* "RS256" or "EdDSA". */
const char *jws_key_algorithm(const struct jws_key *k);
bool jws_verify(const struct jws_key *k, struct span signature, struct span signed_part);

#endif
