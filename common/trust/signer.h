/* A program that holds a key and signs with it: cp-signer-NAME, a sibling of ours, with an empty environment
 * (cp-signature(5) has what is said between the two). It is asked for the public half of its key first, so that
 * whatever it signs is verified before it is handed on. */
#ifndef CP_TRUST_SIGNER_H
#define CP_TRUST_SIGNER_H

#include "filter/child.h"
#include "seal/sign.h"

struct signer {
	struct child child;
	struct buf program;
	char **argv;
	struct span key_id; /* the caller's */
	struct public_key *key;
};

/* Starts it with those arguments (ended by NULL) and asks for its key. `name` matches [a-z0-9-]+, otherwise status 2.
 * What it answers must be of the form that cp-signature(5) says: otherwise status 3, and 4 when it dies. */
void signer_start(struct signer *s, const char *name, const char *const *args, const char *key_id);
/* Which key is to sign, as somebody says it in options. */
struct signer_choice {
	const char *key;  /* the file of a private key; NULL: CONTROL_PLANE_SIGNING_KEY */
	const char *name; /* of the signer; NULL: file, the only one that has a key in a file */
	const char *key_id;
};

/* The rows of an option table that fill it, but for key_id; with key_id where nothing else asks for a signature. */
#define SIGNER_KEY_OPTS(choice) \
	{.name = "key", \
	 .value = "FILE", \
	 .summary = "the private key (CONTROL_PLANE_SIGNING_KEY)", \
	 .kind = OPT_STR, \
	 .target = &(choice).key}, \
	{.name = "signer", \
	 .value = "NAME", \
	 .summary = "have cp-signer-NAME sign (file)", \
	 .kind = OPT_STR, \
	 .target = &(choice).name}
#define SIGNER_OPTS(choice) \
	{.name = "key-id", \
	 .value = "ID", \
	 .summary = "sign, by the key of that name", \
	 .kind = OPT_STR, \
	 .target = &(choice).key_id}, \
	SIGNER_KEY_OPTS(choice)

/* Do the options want a signature? Operands for a signer without one, or a key without a name: status 2. Where nothing
 * is said and CONTROL_PLANE_ROOT is a plane for development, its own key is chosen. */
bool signer_asked(struct signer_choice *c, int operands);
/* Starts the one of the choice with the operands behind what it has to know of the key: status 2 where the key_id is
 * none, or the options do not go together. */
void signer_choose(struct signer *s, const struct signer_choice *c, int argc, char **argv);
enum key_algorithm signer_algorithm(const struct signer *s);
/* Has the bytes signed; the signature, which holds, into out. Ends the process where the signer does not, or wrongly.
 */
size_t signer_sign(struct signer *s, const void *p, size_t n, unsigned char out[SIGNATURE_MAX]);
/* The same as SSH has it (sign_bytes_ssh). */
size_t signer_sign_ssh(struct signer *s, const void *p, size_t n, unsigned char out[SIGNATURE_MAX]);
/* Asks for no more; what it says unasked is status 3. */
void signer_end(struct signer *s);

/* --- the other side: what a signer program says --- */

/* Emits its answer to a request about the key `id`: a `key` with its public_key, a `signature` with its signature. */
void signer_answer(const char *kind, const char *member, struct span id, enum key_algorithm a, struct span bytes);

/* How a sign_request names the scheme of an RSA key as SSH has it. */
#define SIGNER_RSA_SSH "rsa-sha2-512"

#endif
