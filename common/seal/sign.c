#include "seal/sign.h"

#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_FILE_BYTES = 16 * 1024 };

struct sign_key {
	EVP_PKEY *pkey;
};

/* OpenSSL would ask a person at the terminal. */
static int no_passphrase(char *p, int n, int writing, void *ctx)
{
	(void)p;
	(void)n;
	(void)writing;
	(void)ctx;
	return -1;
}

/* Into one buffer that never moves, so that wiping it leaves no second copy. Bytes, or -1. */
static ssize_t read_key_file(int fd, char p[KEY_FILE_BYTES], const char **why)
{
	struct stat st;
	ssize_t n = 0, got = 1;

	if (fstat(fd, &st) < 0)
		return -1;
	errno = 0;
	*why = NULL;
	if (!S_ISREG(st.st_mode))
		*why = "it is no regular file";
	else if (st.st_uid != geteuid() && st.st_uid != 0)
		*why = "it belongs to somebody else";
	else if (st.st_mode & 077)
		*why = "others may read it (chmod 600)";
	else if (st.st_size >= KEY_FILE_BYTES)
		*why = "it is too long for a key";
	if (*why)
		return -1;
	while (got > 0 && n < KEY_FILE_BYTES) {
		got = read(fd, p + n, (size_t)(KEY_FILE_BYTES - n));
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got < 0)
			return -1;
		else
			n += got;
	}
	errno = 0;
	return n;
}

static EVP_PKEY *parse_pem(const char *p, ssize_t n, const char **why)
{
	BIO *bio = BIO_new_mem_buf(p, (int)n);
	EVP_PKEY *k = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	ERR_clear_error();
	*why = "it is no PEM private key without a passphrase";
	if (k && EVP_PKEY_get_base_id(k) != EVP_PKEY_ED25519) {
		*why = "it is no Ed25519 key";
		EVP_PKEY_free(k);
		return NULL;
	}
	return k;
}

struct sign_key *sign_key_open(const char *path, const char **why)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char text[KEY_FILE_BYTES];
	EVP_PKEY *pkey = NULL;
	struct sign_key *k;
	ssize_t n;

	if (fd < 0) {
		*why = errno == ELOOP ? "it is a symbolic link" : strerror(errno);
		errno = errno == ELOOP ? 0 : errno;
		return NULL;
	}
	*why = NULL;
	n = read_key_file(fd, text, why);
	if (n >= 0)
		pkey = parse_pem(text, n, why);
	else if (!*why)
		*why = strerror(errno);
	OPENSSL_cleanse(text, sizeof text);
	int saved = errno;
	close(fd);
	errno = saved;
	if (!pkey)
		return NULL;
	k = xmalloc(sizeof *k);
	k->pkey = pkey;
	return k;
}

void sign_key_free(struct sign_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

void sign_key_public(const struct sign_key *k, unsigned char out[ED25519_KEY])
{
	size_t n = ED25519_KEY;

	if (EVP_PKEY_get_raw_public_key(k->pkey, out, &n) != 1 || n != ED25519_KEY)
		die(STATUS_SYSTEM, "unable to take the public half of a key: OpenSSL failed");
}

void sign_ed25519(const struct sign_key *k, const void *p, size_t n, unsigned char out[ED25519_SIGNATURE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t length = ED25519_SIGNATURE;
	bool good = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, k->pkey) == 1 &&
		    EVP_DigestSign(ctx, out, &length, p, n) == 1 && length == ED25519_SIGNATURE;

	EVP_MD_CTX_free(ctx);
	if (!good)
		die(STATUS_SYSTEM, "unable to sign: OpenSSL failed");
}

bool verify_ed25519(const unsigned char key[ED25519_KEY], const unsigned char signature[ED25519_SIGNATURE],
		    const void *p, size_t n)
{
	EVP_PKEY *k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, ED25519_KEY);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = k && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k) == 1 &&
		    EVP_DigestVerify(ctx, signature, ED25519_SIGNATURE, p, n) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(k);
	ERR_clear_error();
	return good;
}
