/* The newest version of a keyring that this user has seen, with the root keys that it had, so that an older one,
 * another one of that version, or a newer one that none of those signed, is noticed (audit/seenfile.h). A keyring is
 * known by its real path. */
#ifndef CP_TRUST_SEENRING_H
#define CP_TRUST_SEENRING_H

#include "os/save.h"
#include "trust/keyring.h"

struct seenring {
	char name[2 * DIGEST_LEN + sizeof ".keyring"]; /* of its file */
	bool known;
	int64_t version;
	unsigned char hash[DIGEST_LEN]; /* of the bytes */
	struct buf roots;               /* the SHA-256 of each public key, one behind the other */
};

/* What is known of the keyring of that path, before it is read itself: another may write a newer one at any time.
 * 0, or -1 with errno (EBADMSG: what is there is none of ours). */
int seenring_read(struct seenring *s, struct span path);
void seenring_free(struct seenring *s);
/* NULL, or why it goes back behind what was seen. `hash` is of its bytes; r->version 0: it has none. */
const char *seenring_older(const struct seenring *s, const struct keyring *r, const unsigned char hash[DIGEST_LEN]);
/* NULL, or why it does not follow from what was seen: a later version bears the signature of a root key seen there, if
 * there was one. Whether that holds is keyring_unsigned's to say. */
const char *seenring_foreign(const struct seenring *s, const struct keyring *r);

/* To keep a version: begin, add, and then commit or abort the save. begin returns 0, or -1 with errno; whoever holds
 * it keeps all others from it. */
int seenring_begin(const struct seenring *s, struct save *save);
void seenring_add(struct save *save, struct span path, const struct keyring *r, const unsigned char hash[DIGEST_LEN]);
/* Keeps it, unless somebody has kept a later version meanwhile. 0, or -1 with errno. */
int seenring_keep(const struct seenring *s, struct span path, const struct keyring *r,
		  const unsigned char hash[DIGEST_LEN]);

#endif
