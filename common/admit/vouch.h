/* Entries that have authority: one whose key has the role signed what the entry says, for this plane and this ledger,
 * with a nonce that counts once (cp-approval(5) has what is signed). The chain alone proves an order, not who may. */
#ifndef CP_ADMIT_VOUCH_H
#define CP_ADMIT_VOUCH_H

#include "data/json.h"
#include "trust/keyring.h"

/* Zero-initialise; the first members are the caller's. */
struct vouch {
	const struct keyring *ring;
	const char *role;
	struct span plane_uid; /* n 0: the plane has no name; then `*` is signed */
	struct span ledger;    /* its name */
	int64_t now;
	/* What was met so far. */
	unsigned char (*nonce)[DIGEST_LEN];
	size_t n, cap;
	struct digest *digest;
	const struct trusted_key *key; /* of the last entry that had authority */
};

/* Of each entry of the ledger, in order. NULL when it has authority, else why not. */
const char *vouch_bad(struct vouch *v, const struct json *entry);
void vouch_free(struct vouch *v);

#endif
