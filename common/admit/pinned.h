/* The keyring that a plane pins: the one of its GENESIS, until a POLICY_CHANGE in ledger/governance.jsonl that has
 * authority (vouch.h) puts a later version in its place. Authority is that of a key with the role `root` in the keyring
 * that was pinned before; who has only its hash finds it in ledger/blobs/HEX, which no hash but its own vouches for. */
#ifndef CP_ADMIT_PINNED_H
#define CP_ADMIT_PINNED_H

#include "ledger/pins.h"
#include "trust/keyring.h"

struct pinned_ask {
	int root; /* a descriptor of the plane's */
	const char *root_path;
	const struct pins *pins; /* with a keyring_hash */
	int64_t now;             /* ns since 1970 */
	const struct keyring *offered; /* one that may be it, or have been it before; NULL: none is */
	const unsigned char *offered_hash;
};

/* Its hash. Ends the process with 3 when the ledger is not there or does not hold, or a keyring that was pinned before
 * is asked and is not there or another; with 4 when it cannot be read. Whoever calls it holds the write lock of no
 * ledger of the plane. */
void pinned_keyring(const struct pinned_ask *ask, char hash[DIGEST_TEXT]);

#endif
