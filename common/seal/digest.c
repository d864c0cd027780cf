#include "seal/digest.h"

#include "base/err.h"
#include "base/text.h"
#include "data/jsonw.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { DIGEST_BLOCK = 64 * 1024 };

struct digest {
	EVP_MD_CTX *ctx;
	char *block; /* for digest_fd, made at its first call */
};

static const char prefix[] = "sha256:";
static EVP_MD *sha256;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static _Noreturn void openssl_failed(const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_get_error());
	die(STATUS_SYSTEM, "unable to %s: %s", what, reason ? reason : "OpenSSL gives no reason");
}

static void fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

struct digest *digest_new(void)
{
	struct digest *d = xcalloc(1, sizeof *d);
	pthread_once(&fetched, fetch);
	if (!sha256)
		openssl_failed("fetch SHA-256");
	d->ctx = EVP_MD_CTX_new();
	if (!d->ctx)
		openssl_failed("make a digest context");
	return d;
}

void digest_free(struct digest *d)
{
	if (!d)
		return;
	EVP_MD_CTX_free(d->ctx);
	free(d->block);
	free(d);
}

void digest_start(struct digest *d)
{
	if (EVP_DigestInit_ex2(d->ctx, sha256, NULL) != 1)
		openssl_failed("start a digest");
}

void digest_add(struct digest *d, const void *p, size_t n)
{
	if (n && EVP_DigestUpdate(d->ctx, p, n) != 1)
		openssl_failed("compute a digest");
}

void digest_end(struct digest *d, unsigned char out[DIGEST_LEN])
{
	unsigned n = 0;
	if (EVP_DigestFinal_ex(d->ctx, out, &n) != 1 || n != DIGEST_LEN)
		openssl_failed("finish a digest");
}

void digest_bytes(struct digest *d, const void *p, size_t n, unsigned char out[DIGEST_LEN])
{
	digest_start(d);
	digest_add(d, p, n);
	digest_end(d, out);
}

void digest_text(const unsigned char sum[DIGEST_LEN], char out[DIGEST_TEXT])
{
	memcpy(out, prefix, sizeof prefix - 1);
	hex_encode(sum, DIGEST_LEN, out + sizeof prefix - 1);
}

void digest_member(struct buf *b, const char *key, const unsigned char sum[DIGEST_LEN])
{
	char text[DIGEST_TEXT];

	digest_text(sum, text);
	jsonw_str(b, key, (struct span){text, DIGEST_TEXT});
}

bool digest_parse(struct span text, unsigned char out[DIGEST_LEN])
{
	const size_t skip = sizeof prefix - 1;
	return text.n == DIGEST_TEXT && memcmp(text.p, prefix, skip) == 0 &&
	       hex_decode(text.p + skip, DIGEST_TEXT - skip, out);
}

void hmac_hex(struct span key, struct span message, char out[HMAC_HEX])
{
	unsigned char mac[DIGEST_LEN];
	unsigned n = sizeof mac;

	if (key.n > INT_MAX ||
	    !HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)message.p, message.n, mac, &n) ||
	    n != sizeof mac)
		openssl_failed("compute a MAC");
	hex_encode(mac, sizeof mac, out);
	OPENSSL_cleanse(mac, sizeof mac);
}

int digest_fd(struct digest *d, int fd, unsigned char out[DIGEST_LEN], uint64_t *bytes)
{
	uint64_t total = 0;
	if (!d->block)
		d->block = xmalloc(DIGEST_BLOCK);
	digest_start(d);
	for (;;) {
		ssize_t got = read(fd, d->block, DIGEST_BLOCK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		digest_add(d, d->block, (size_t)got);
		/* Only a file that goes on behind the first block is worth the extra call. */
		if (total == 0 && got == DIGEST_BLOCK)
			posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
		total += (uint64_t)got;
	}
	digest_end(d, out);
	if (bytes)
		*bytes = total;
	return 0;
}

/* --- for foreign signatures --- */

struct prehash {
	EVP_MD_CTX *ctx;
};

static void prehash_must(int good)
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
	prehash_must(md && h->ctx && EVP_DigestInit_ex2(h->ctx, md, NULL) == 1);
	EVP_MD_free(md);
	return h;
}

void prehash_add(struct prehash *h, const void *p, size_t n)
{
	prehash_must(EVP_DigestUpdate(h->ctx, p, n));
}

size_t prehash_end(struct prehash *h, unsigned char out[PREHASH_LEN])
{
	unsigned n = 0;

	prehash_must(EVP_DigestFinal_ex(h->ctx, out, &n));
	EVP_MD_CTX_free(h->ctx);
	free(h);
	return n;
}
