/* Keys and signatures, through OpenSSL. The key decides the algorithm, never the message.
 *
 * ed25519 (RFC 8032): a signature whose S is not reduced, or whose R is not canonical, is refused; small-order and
 * mixed-order points are accepted where the equation without cofactor holds. rsa4096 (RFC 8017): a modulus of exactly
 * 4096 bits; PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes, and nothing else. */
#ifndef CP_SEAL_SIGN_H
#define CP_SEAL_SIGN_H

#include "seal/secret.h"

enum { ED25519_KEY = 32, ED25519_SIGNATURE = 64, RSA4096_SIGNATURE = 512, SIGNATURE_MAX = RSA4096_SIGNATURE };

enum key_algorithm { KEY_ED25519, KEY_RSA4096, KEY_ALGORITHMS };

/* "ed25519", "rsa4096". */
const char *key_algorithm_name(enum key_algorithm a);
bool key_algorithm_of(struct span name, enum key_algorithm *out);
/* Bytes: every signature of it has just so many. */
size_t key_signature_size(enum key_algorithm a);

/* --- private keys --- */

struct sign_key;

/* Reads a private key: PEM (PKCS #8), unencrypted, kept as secret_open wants it. NULL after *why says what is wrong
 * with it; errno is 0 then, unless the system failed. */
struct sign_key *sign_key_open(const char *path, const char **why);
struct sign_key *sign_key_make(enum key_algorithm a);
void sign_key_free(struct sign_key *k); /* wipes it, as the end of the process does */
enum key_algorithm sign_key_algorithm(const struct sign_key *k);
/* As PEM (PKCS #8), behind what the secret holds already. */
void sign_key_pem(const struct sign_key *k, struct secret *out);
/* Appends the public half: 32 bytes of ed25519, the DER of a SubjectPublicKeyInfo of rsa4096. */
void sign_key_public(const struct sign_key *k, struct buf *out);
/* The same of an Ed25519 key, which it must be. */
void sign_key_raw(const struct sign_key *k, unsigned char out[ED25519_KEY]);
/* How many bytes it wrote: key_signature_size. */
size_t sign_bytes(const struct sign_key *k, const void *p, size_t n, unsigned char out[SIGNATURE_MAX]);
/* The same as SSH has it (RFC 8332): an RSA key signs by rsa-sha2-512, PKCS #1 v1.5 with SHA-512. */
size_t sign_bytes_ssh(const struct sign_key *k, const void *p, size_t n, unsigned char out[SIGNATURE_MAX]);

/* --- public keys --- */

struct public_key;

/* Takes what sign_key_public gives. NULL: *why. DER must be canonical and end where the key ends; Ed25519 keys are held
 * against seal/point.h. */
struct public_key *public_key_read(enum key_algorithm a, struct span bytes, const char **why);
void public_key_free(struct public_key *k);
/* Appends what makes it that key and no other, the point or the modulus: whoever can sign for one of two that have it
 * in common can for both. */
void public_key_self(const struct public_key *k, struct buf *out);
enum key_algorithm public_key_algorithm(const struct public_key *k);
bool public_key_verify(const struct public_key *k, struct span signature, const void *p, size_t n);
/* What sign_bytes_ssh gives. */
bool public_key_verify_ssh(const struct public_key *k, struct span signature, const void *p, size_t n);
/* Appends what public_key_read takes; the DER of a SubjectPublicKeyInfo of either. */
void public_key_bytes(const struct public_key *k, struct buf *out);
void public_key_spki(const struct public_key *k, struct buf *out);
/* Of RSA keys: appends exponent and modulus, big-endian, without leading zeros; and the reverse (NULL: *why). */
void public_key_numbers(const struct public_key *k, struct buf *e, struct buf *n);
struct public_key *public_key_of_numbers(struct span e, struct span n, const char **why);

/* Notes have Ed25519 keys of any order, as their raw bytes. */
bool verify_ed25519(const unsigned char key[ED25519_KEY], const unsigned char signature[ED25519_SIGNATURE],
		    const void *p, size_t n);

#endif
