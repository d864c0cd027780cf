/* SHA-256 through OpenSSL's provider interface: the algorithm is fetched once per process, a context is kept and
 * re-used. */
#ifndef CP_SEAL_DIGEST_H
#define CP_SEAL_DIGEST_H

#include "base/buf.h"

enum { DIGEST_LEN = 32, DIGEST_TEXT = 71 /* "sha256:" + 64 hex digits */ };

struct digest; /* one context; not shared between threads */

struct digest *digest_new(void);
void digest_free(struct digest *d);
void digest_start(struct digest *d);
void digest_add(struct digest *d, const void *p, size_t n);
void digest_end(struct digest *d, unsigned char out[DIGEST_LEN]);
/* start, add, end. */
void digest_bytes(struct digest *d, const void *p, size_t n, unsigned char out[DIGEST_LEN]);

/* "sha256:…", no NUL. */
void digest_text(const unsigned char sum[DIGEST_LEN], char out[DIGEST_TEXT]);
/* Appends `"sha256:…"` as member `key` of the record being built (data/jsonw.h). */
void digest_member(struct buf *b, const char *key, const unsigned char sum[DIGEST_LEN]);
/* The reverse; false when it is not such a text. */
bool digest_parse(struct span text, unsigned char out[DIGEST_LEN]);

enum { HMAC_HEX = 2 * DIGEST_LEN };
/* HMAC-SHA256 (RFC 2104, FIPS 198-1) in lower-case hex, no NUL. It is as secret as what it lets in: wipe it. */
void hmac_hex(struct span key, struct span message, char out[HMAC_HEX]);

/* Reads fd to its end. 0, or -1 with errno. *bytes (may be NULL): how many. */
int digest_fd(struct digest *d, int fd, unsigned char out[DIGEST_LEN], uint64_t *bytes);

/* --- the digests that foreign signatures are over instead of the message: SSHSIG, minisign --- */

enum { PREHASH_LEN = 64 };
enum prehash_algorithm { PREHASH_SHA256 /* 32 bytes of it */, PREHASH_SHA512, PREHASH_BLAKE2B };

struct prehash;

struct prehash *prehash_new(enum prehash_algorithm a);
void prehash_add(struct prehash *h, const void *p, size_t n);
/* How many bytes it wrote; frees it. */
size_t prehash_end(struct prehash *h, unsigned char out[PREHASH_LEN]);

#endif
