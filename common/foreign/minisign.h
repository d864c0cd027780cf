/* Signatures and public keys of minisign (jedisct1.github.io/minisign). */
#ifndef CP_FOREIGN_MINISIGN_H
#define CP_FOREIGN_MINISIGN_H

#include "seal/sign.h"

enum { MINISIGN_ID = 8 };

struct minisign {
	bool prehashed; /* signed is the BLAKE2b-512 of the message, not the message */
	unsigned char id[MINISIGN_ID];
	unsigned char signature[ED25519_SIGNATURE], global[ED25519_SIGNATURE];
	struct span comment; /* the trusted one; a slice of the text */
};

/* Reads a signature file. NULL, or why it is none. */
const char *minisign_read(struct minisign *m, struct span text);
/* Appends what the second signature is over. */
void minisign_global(struct buf *b, const struct minisign *m);
/* Appends the file. */
void minisign_write(struct buf *b, const struct minisign *m, struct span untrusted);

/* The id that we give a key: the first eight bytes of its SHA-256, since a key has none of its own. */
void minisign_id(const unsigned char key[ED25519_KEY], unsigned char id[MINISIGN_ID]);
/* Appends the line that `minisign -P` takes. */
void minisign_key(struct buf *b, const unsigned char key[ED25519_KEY]);

#endif
