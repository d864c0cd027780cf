/* SSH signatures (OpenSSH, PROTOCOL.sshsig) and the public keys of SSH (RFC 4253 section 6.6, RFC 8709), as far as our
 * keys have them: ssh-ed25519, and RSA with rsa-sha2-512 (RFC 8332). */
#ifndef CP_FOREIGN_SSHSIG_H
#define CP_FOREIGN_SSHSIG_H

#include "seal/digest.h"
#include "seal/sign.h"

/* Slices of `bytes`. */
struct sshsig {
	struct buf bytes;
	struct span key, namespace, signature;
	enum prehash_algorithm hash; /* of the message */
	bool ed25519;		     /* the kind of signature: that, or rsa-sha2-512 */
};

/* Reads an armored signature. NULL, or why it is none. Free it in either case. */
const char *sshsig_read(struct sshsig *s, struct span text);
void sshsig_free(struct sshsig *s);
/* Appends what the key signs, by sign_bytes_ssh: a message whose digest by `hash` is that. */
void sshsig_message(struct buf *b, struct span namespace, enum prehash_algorithm hash, struct span digest);
/* Appends the armored signature of a message that was hashed by SHA-512. */
void sshsig_write(struct buf *b, const struct public_key *k, struct span namespace, struct span signature);

/* Appends the public key in the form of the wire, and the name of its type. */
void ssh_key_blob(struct buf *b, const struct public_key *k);
const char *ssh_key_type(enum key_algorithm a);

#endif
