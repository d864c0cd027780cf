/* Waivers: what a plane's ledger/governance.jsonl lets pass although it is a fault (cp-approval(5)). */
#ifndef CP_ADMIT_WAIVER_H
#define CP_ADMIT_WAIVER_H

#include "trust/keyring.h"

struct waiver_ask {
	const char *root_path;
	struct span plane_uid; /* n 0: it has none */
	const struct keyring *ring;
	int64_t now;
	struct span archive_hash, document_hash;
	const char *code;      /* of the finding */
	struct span signed_by; /* the key that signed the package, which waives nothing of it */
};

/* NULL: there is one that counts and has not expired. Else why not. Ends the process with 3 when the ledger does not
 * hold, with 4 when it cannot be read. */
const char *waiver_missing(const struct waiver_ask *ask);

#endif
