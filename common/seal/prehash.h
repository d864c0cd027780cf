/* The digests that foreign signatures are over instead of the message: SHA-512 (SSHSIG), BLAKE2b-512 (minisign). */
#ifndef CP_SEAL_PREHASH_H
#define CP_SEAL_PREHASH_H

#include <stddef.h>

enum { PREHASH_LEN = 64 };
enum prehash_algorithm { PREHASH_SHA256 /* 32 bytes of it */, PREHASH_SHA512, PREHASH_BLAKE2B };

struct prehash;

struct prehash *prehash_new(enum prehash_algorithm a);
void prehash_add(struct prehash *h, const void *p, size_t n);
/* How many bytes it wrote; frees it. */
size_t prehash_end(struct prehash *h, unsigned char out[PREHASH_LEN]);

#endif
