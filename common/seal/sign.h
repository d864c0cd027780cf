/* Signing and verifying, through OpenSSL. Ed25519 (RFC 8032): a signature whose S is not reduced, or whose R is not
 * canonical, is refused; small-order and mixed-order points are accepted where the equation without cofactor holds. */
#ifndef CP_SEAL_SIGN_H
#define CP_SEAL_SIGN_H

#include "base/buf.h"

enum { ED25519_KEY = 32, ED25519_SIGNATURE = 64 };

/* A private key. */
struct sign_key;

/* Reads an Ed25519 private key: PEM (PKCS #8), unencrypted, a regular file of ours that nobody else may read, no
 * symlink. NULL after *why says what is wrong with it; errno is 0 then, unless the system failed. */
struct sign_key *sign_key_open(const char *path, const char **why);
void sign_key_free(struct sign_key *k); /* wipes it */
void sign_key_public(const struct sign_key *k, unsigned char out[ED25519_KEY]);
void sign_ed25519(const struct sign_key *k, const void *p, size_t n, unsigned char out[ED25519_SIGNATURE]);

bool verify_ed25519(const unsigned char key[ED25519_KEY], const unsigned char signature[ED25519_SIGNATURE],
		    const void *p, size_t n);

#endif
