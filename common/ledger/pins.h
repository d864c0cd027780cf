/* What a plane pinned with the first entry of its ledger/packages.jsonl: what holds for ever, whatever the environment
 * and options say. Only that entry is read; whether the rest of the ledger holds is another question. */
#ifndef CP_LEDGER_PINS_H
#define CP_LEDGER_PINS_H

#include "chain/event.h"
#include "seal/digest.h"

#define PINS_LEDGER "ledger/packages.jsonl"

struct pins {
	bool present; /* false: there is no such ledger, or its GENESIS pins nothing; all else is empty */
	bool development;
	struct buf plane_uid; /* n 0: not pinned; so for the others */
	struct buf keyring_hash, jwks_hash;
	int64_t keyring_version; /* 0: not pinned */
	struct buf providers;	 /* names, each followed by NUL */
	enum rollback_level level;
};

/* Of the plane whose root is open. Zero-initialises p. Ends the process with 3 when the first entry is damaged, is no
 * GENESIS of a ledger of packages or pins something that is none, and with 4 when it cannot be read. A ledger of an
 * earlier format pins nothing. */
void pins_read(struct pins *p, int root);
void pins_free(struct pins *p);

/* A plane for development keeps its key (PINS_DEV_KEY, whose key_id is the plane_uid) and its keyring where programs
 * find them without being told: in $XDG_STATE_HOME, else ~/.local/state, beneath it cp-filters/dev/PLANE_UID/. Appends
 * the path of that file. False, and nothing appended: `root` (may be NULL) is no such plane, or the file is not there.
 * plane_uid may be NULL. */
#define PINS_DEV_KEY "key.pem"
#define PINS_DEV_KEYRING "trusted_keys.json"
bool pins_dev_file(struct buf *path, const char *root, const char *name, struct buf *plane_uid);

/* Why the bytes are no plane_uid ("has a blank"), or NULL. */
const char *pins_uid_bad(struct span uid);

#endif
