/* Bytes that nobody else may see: a shared secret, a private key, a PIN. They stay out of core dumps, of swap and of
 * /proc/self/mem as far as the system lets us, and are wiped wherever they end. */
#ifndef CP_SEAL_SECRET_H
#define CP_SEAL_SECRET_H

#include "base/buf.h"

enum { SECRET_BYTES = 16 * 1024 };

/* Call it first in a program that will hold one, before OpenSSL does anything: no core dump, no ptrace by our own user,
 * and whatever OpenSSL frees is wiped. */
void secret_guard(void);

/* Never moves, so that wiping it leaves no second copy. */
struct secret {
	unsigned char *p; /* SECRET_BYTES + 1 of them, locked where we may; NUL behind the last */
	size_t n;
};

void secret_init(struct secret *s);
/* Wipes and frees; harmless twice. What is not freed is wiped when the process ends, however it does but for a
 * signal. */
void secret_free(struct secret *s);
static inline struct span secret_span(const struct secret *s) { return (struct span){(const char *)s->p, s->n}; }
/* Reads fd to its end. 0, or -1 with errno (EFBIG: longer than SECRET_BYTES). */
int secret_read(struct secret *s, int fd);
/* Opens a file as a secret is kept: a regular file (no link to one, and with one name) of ours or root's, that nobody
 * else may read, nor write. A descriptor, or -1: *why, with errno 0 unless the system failed. */
int secret_open(const char *path, const char **why);
/* Takes the value of an environment variable and wipes it there, so that no child inherits it and /proc/self/environ
 * does not show it. False when it is unset or empty. It may not be longer than SECRET_BYTES (false, errno EFBIG). */
bool secret_take_env(struct secret *s, char *value);

void secret_wipe(void *p, size_t n);
/* In time that depends on the lengths alone. */
bool secret_equal(struct span a, struct span b);

#endif
