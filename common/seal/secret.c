#include "seal/secret.h"

#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Behind the bytes: the one that was begun before it and is not freed yet. */
enum { MAPPED = SECRET_BYTES + 4096, NEXT = SECRET_BYTES + 64 };

/* OpenSSL wipes most of what it frees, but not what it read a PEM through, nor all numbers of an RSA key. */
static void *wiping_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(n);
}

static void wiping_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	if (p)
		OPENSSL_cleanse(p, malloc_usable_size(p));
	free(p);
}

static void *wiping_realloc(void *p, size_t n, const char *file, int line)
{
	size_t old = p ? malloc_usable_size(p) : 0;
	void *q = n ? malloc(n) : NULL;

	if (q && p)
		memcpy(q, p, old < n ? old : n);
	if (q || n == 0)
		wiping_free(p, file, line);
	return q;
}

void secret_guard(void)
{
	if (CRYPTO_set_mem_functions(wiping_malloc, wiping_realloc, wiping_free) != 1)
		die(STATUS_SYSTEM, "unable to have OpenSSL wipe what it frees");
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
}

static unsigned char *held;

static unsigned char **next_of(unsigned char *p)
{
	return (unsigned char **)(void *)(p + NEXT);
}

static void wipe_held(void)
{
	for (unsigned char *p = held; p;) {
		unsigned char *next = *next_of(p);

		secret_wipe(p, MAPPED);
		p = next;
	}
}

static void hold(unsigned char *p)
{
	static bool told;

	*next_of(p) = held;
	held = p;
	if (!told && atexit(wipe_held) == 0)
		told = true;
}

static void let_go(unsigned char *p)
{
	unsigned char **at = &held;

	while (*at && *at != p)
		at = next_of(*at);
	if (*at)
		*at = *next_of(p);
}

void secret_init(struct secret *s)
{
	s->n = 0;
	s->p = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->p == MAP_FAILED)
		die(STATUS_SYSTEM, "unable to hold a secret: %s", strerror(errno));
	/* An ordinary user may lock little; what is not locked is still wiped. */
	(void)mlock(s->p, MAPPED);
	(void)madvise(s->p, MAPPED, MADV_DONTDUMP);
	(void)madvise(s->p, MAPPED, MADV_WIPEONFORK);
	hold(s->p);
}

void secret_free(struct secret *s)
{
	if (s->p) {
		let_go(s->p);
		secret_wipe(s->p, MAPPED);
		munmap(s->p, MAPPED);
	}
	*s = (struct secret){0};
}

int secret_read(struct secret *s, int fd)
{
	ssize_t got = 1;

	while (got != 0 && s->n <= SECRET_BYTES) {
		got = read(fd, s->p + s->n, SECRET_BYTES + 1 - s->n);
		if (got < 0 && errno != EINTR)
			return -1;
		if (got > 0)
			s->n += (size_t)got;
		if (s->n > SECRET_BYTES) {
			errno = EFBIG;
			return -1;
		}
	}
	s->p[s->n] = 0;
	return 0;
}

static const char *unfit(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "it is no regular file";
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return "it belongs to somebody else";
	if (st->st_mode & 077)
		return "others may read it (chmod 600)";
	if (st->st_nlink > 1)
		return "it has another name, which others may be given";
	return NULL;
}

int secret_open(const char *path, const char **why)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		int failed = errno;

		if (fd >= 0)
			close(fd);
		*why = failed == ELOOP ? "it is a symbolic link" : strerror(failed);
		errno = failed == ELOOP ? 0 : failed;
		return -1;
	}
	*why = unfit(&st);
	if (*why) {
		close(fd);
		errno = 0;
		return -1;
	}
	return fd;
}

bool secret_take_env(struct secret *s, char *value)
{
	size_t n = value ? strlen(value) : 0;

	if (n > SECRET_BYTES) {
		secret_wipe(value, n);
		errno = EFBIG;
		return false;
	}
	if (n == 0)
		return false;
	memcpy(s->p, value, n);
	s->p[n] = 0;
	s->n = n;
	secret_wipe(value, n);
	return true;
}

void secret_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}

bool secret_equal(struct span a, struct span b)
{
	return a.n == b.n && CRYPTO_memcmp(a.p, b.p, a.n) == 0;
}
