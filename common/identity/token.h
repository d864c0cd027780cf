/* Tokens: reading one without leaving a copy behind, and the two forms that a shared secret makes (cp-token-mint(1)).
 *
 *	USER:MAC               HMAC-SHA256 of USER; it never ends
 *	USER:EXPIRY:NONCE:MAC  of `cp-token/2 LF plane_uid LF USER LF EXPIRY LF NONCE`; EXPIRY is seconds since 1970
 *
 * Both with the MAC in lower-case hex. */
#ifndef CP_IDENTITY_TOKEN_H
#define CP_IDENTITY_TOKEN_H

#include "seal/secret.h"

enum { TOKEN_NONCE_BYTES = 16, TOKEN_NONCE_HEX_MAX = 64 };
#define TOKEN_ANY_PLANE "*"
#define TOKEN_TIME_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* Takes a token from a descriptor, to its end: bare on one line, or a `token` record with or without an end behind
 * it. NULL, or why there is none; errno is then 0 unless the system failed. */
const char *token_read(struct secret *token, int fd);
/* The same of bytes that are there already; it wipes them. */
const char *token_take(struct secret *token, struct secret *raw);
/* Appends `{"kind":"token","token":"..."}` and LF, within the secret. False: it would be too long, or is not UTF-8. */
bool token_record(struct secret *out, struct span token);

/* Why the text names no plane, or NULL. */
const char *plane_uid_bad(struct span uid);

enum token_answer { TOKEN_GOOD, TOKEN_ENDED, TOKEN_BAD };
/* *user is a slice of the token, *expires in ns since 1970 (INT64_MAX: never). Whatever is wrong with a token is one
 * answer, but that it was good once. */
enum token_answer token_check(struct span token, struct span secret, struct span plane_uid, int64_t now,
			      struct span *user, int64_t *expires);
/* Appends to `out` the token of a user; `expires` in whole seconds since 1970, 0: one that never ends. */
void token_make(struct secret *out, struct span user, int64_t expires, struct span plane_uid, struct span secret);

/* Fills with lower-case hex of n random bytes. */
void random_hex(char *out, size_t n);

#endif
