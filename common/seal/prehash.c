#include "seal/prehash.h"

#include "base/buf.h"
#include "base/err.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct prehash {
	EVP_MD_CTX *ctx;
};

static void must(int good)
{
	if (good != 1)
		die(STATUS_SYSTEM, "unable to make a digest: OpenSSL failed");
}

struct prehash *prehash_new(enum prehash_algorithm a)
{
	static const char *const names[] = {"SHA256", "SHA512", "BLAKE2B-512"};
	struct prehash *h = xmalloc(sizeof *h);
	EVP_MD *md = EVP_MD_fetch(NULL, names[a], NULL);

	h->ctx = EVP_MD_CTX_new();
	must(md && h->ctx && EVP_DigestInit_ex2(h->ctx, md, NULL) == 1);
	EVP_MD_free(md);
	return h;
}

void prehash_add(struct prehash *h, const void *p, size_t n)
{
	must(EVP_DigestUpdate(h->ctx, p, n));
}

size_t prehash_end(struct prehash *h, unsigned char out[PREHASH_LEN])
{
	unsigned n = 0;

	must(EVP_DigestFinal_ex(h->ctx, out, &n));
	EVP_MD_CTX_free(h->ctx);
	free(h);
	return n;
}
