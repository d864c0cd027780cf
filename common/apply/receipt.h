/* installed/ID/receipt.json: what is installed of a package, and the entry that says so. It says nothing that ledger,
 * manifest and registries do not say, so it can always be written anew. */
#ifndef CP_APPLY_RECEIPT_H
#define CP_APPLY_RECEIPT_H

#include "registry/project.h"

/* The entry that made the package what it is. */
struct receipt_entry {
	const struct json *said; /* it, or the beginning of its transaction: actor, work order, signature */
	struct span id, hash, timestamp;
};

/* Appends the receipt of `k`, which is installed, as one line of JSON with its LF. The plane's registries are those
 * that the ledger comes to. False: its manifest or a file is not there as they say, which was made a finding. */
bool receipt_text(struct buf *b, const struct project *p, const struct known *k, const struct receipt_entry *e);
/* Writes it, synced as the outputs are; removes the receipt of a package that is no longer installed. False as above.
 * Ends the process with 4 when the system fails. */
bool receipt_write(const struct project *p, struct span package_id, const struct receipt_entry *e);

/* NULL, or why it could not be written, or removed, because of what lies where it is to be; as a sentence. */
const char *receipt_blocked(int root, struct span package_id);

#endif
