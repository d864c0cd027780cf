/* A key on a token (an HSM, a smart card), through the PKCS #11 module of its maker. The key never leaves it. */
#ifndef CP_HSM_TOKEN_H
#define CP_HSM_TOKEN_H

#include "base/buf.h"

enum token_result {
	TOKEN_OK,
	TOKEN_ABSENT, /* there is no such token, or no such key on it */
	TOKEN_DENIED, /* the PIN is wrong, or locked */
	TOKEN_VAGUE,  /* there are two of that name */
	TOKEN_UNFIT,  /* the key is none of ours */
	TOKEN_FAILED, /* the module, or the token, fails */
};

struct token_choice {
	const char *module; /* a shared library */
	const char *token;  /* its label; NULL: the only one */
	const char *object; /* the key's label; NULL: any */
	struct span id;	    /* its id; n 0: any */
};

enum token_scheme { TOKEN_ED25519, TOKEN_RSA_PSS /* SHA-256 */, TOKEN_RSA_SSH /* PKCS #1 v1.5, SHA-512 */ };

struct token;

/* Loads the module, opens the token, logs in with the PIN, which must outlive it, and finds the key. TOKEN_OK, or what
 * is wrong, appended to why; *t is NULL then. */
enum token_result token_open(struct token **t, const struct token_choice *c, struct span pin, struct buf *why);
void token_close(struct token *t);
/* Is the key one of RSA? Otherwise it is one of Ed25519. */
bool token_is_rsa(const struct token *t);
/* Appends the public half: 32 bytes of Ed25519 to n; exponent and modulus of RSA, big-endian. */
enum token_result token_public(struct token *t, struct buf *e, struct buf *n, struct buf *why);
/* Appends the signature. */
enum token_result token_sign(struct token *t, enum token_scheme scheme, struct span message, struct buf *out,
			     struct buf *why);

#endif
