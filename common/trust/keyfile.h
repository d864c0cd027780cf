/* The file of a keyring: outside every plane, replaced whole, each version one more than the one before it. */
#ifndef CP_TRUST_KEYFILE_H
#define CP_TRUST_KEYFILE_H

#include "os/save.h"
#include "trust/keyring.h"
#include "outside/outside.h"
#include "trust/seenring.h"

struct keyfile {
	struct outside at;
	bool must;    /* be there */
	bool present; /* false: there is none, and `ring` is empty */
	struct keyring ring;
	unsigned char hash[DIGEST_LEN]; /* of its bytes */
	struct seenring seen;		/* of it, before it was read */
	struct save save, next_seen;	/* of the next version */
};

/* `option` (NULL: that of the plane, where it is made for development, else $HOME/.control_plane/trusted_keys.json) is
 * found and read; ends the process with 2 when there is no name, 3 when it lies where it may not or is no keyring, 4
 * when it cannot be read, or is absent and `must` is set. What is older than what this user has seen of it, whose own
 * signature does not hold, or which no root key seen before has signed is refused: 3. What is read counts as seen;
 * where that cannot be kept, a warning says so. */
void keyfile_open(struct keyfile *f, const char *option, bool must);
/* The same for one who judges: the keyring must be there, may have gone back or bear a false signature, and does not
 * count as seen until keyfile_keep. */
void keyfile_look(struct keyfile *f, const char *option);
/* NULL, or why it is older than what was seen of it. */
const char *keyfile_went_back(const struct keyfile *f);
/* NULL, or why its signature is not what its own keys, and the root keys seen before, make it. */
const char *keyfile_unsigned(const struct keyfile *f);
void keyfile_keep(const struct keyfile *f);
/* To change it: nobody else may until keyfile_commit or the end of the process; not so in a dry run. */
void keyfile_open_to_change(struct keyfile *f, const char *option);
/* Replaces it by that text, which was read into `next`; ends the process with 4 when it cannot, or when it cannot be
 * kept that this version was seen. */
void keyfile_commit(struct keyfile *f, struct span text, const struct keyring *next);
void keyfile_close(struct keyfile *f);

/* The members of a key as they are in the document, but for those named; commas are kept as jsonw_open does. */
void keyring_key_write(struct buf *b, const struct json *j, uint32_t key, const char *const *but);
/* What a successor's signature is over: the hash of the canonical document without its signature. */
void keyring_hash(const struct keyring *r, char hash[DIGEST_TEXT]);
/* NULL, or why the signature of `r` is none of a key with the role `root` in `by`: its predecessor, where the key must
 * have been active, or r itself, which may be the version that ended it. */
const char *keyring_unsigned(const struct keyring *r, const struct keyring *by);

#endif
