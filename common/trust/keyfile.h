/* The file of a keyring: outside every plane, replaced whole, each version one more than the one before it. */
#ifndef CP_TRUST_KEYFILE_H
#define CP_TRUST_KEYFILE_H

#include "os/save.h"
#include "trust/keyring.h"
#include "trust/outside.h"

struct keyfile {
	struct outside at;
	bool present;        /* false: there is none, and `ring` is empty */
	struct keyring ring;
	struct save save;    /* of the next version */
};

/* `option` (NULL: $HOME/.control_plane/trusted_keys.json) is found and read; ends the process with 2 when there is no
 * name, 3 when it lies where it may not or is no keyring, 4 when it cannot be read, or is absent and `must` is set. */
void keyfile_open(struct keyfile *f, const char *option, bool must);
/* The same to change it: nobody else may until keyfile_commit or the end of the process. */
void keyfile_open_to_change(struct keyfile *f, const char *option, bool dry);
/* Replaces it; ends the process with 4 when it cannot. */
void keyfile_commit(struct keyfile *f, struct span text);
void keyfile_close(struct keyfile *f);

/* The members of a key as they are in the document, but for those named; commas are kept as jsonw_open does. */
void keyring_key_write(struct buf *b, const struct json *j, uint32_t key, const char *const *but);
/* What a successor's signature is over: the hash of the canonical document without its signature. */
void keyring_hash(const struct keyring *r, char hash[DIGEST_TEXT]);
/* NULL, or why the signature of `r` is none of a key with the role `root` in `by`: its predecessor, where the key must
 * have been active, or r itself, which may be the version that ended it. */
const char *keyring_unsigned(const struct keyring *r, const struct keyring *by);

#endif
