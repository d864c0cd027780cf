/* How far this user has seen each ledger to have come (audit/seenfile.h). A ledger is known by its plane and name where
 * GENESIS has a plane_uid, else by GENESIS itself. */
#ifndef CP_AUDIT_SEEN_H
#define CP_AUDIT_SEEN_H

#include "ledger/place.h"

struct seen {
	bool known;
	char name[2 * DIGEST_LEN + 1]; /* of its file */
	uint64_t size;
	char head[DIGEST_TEXT];        /* entry_hash of entry size - 1 */
};

/* What is known of the ledger that begins so. `o` is its GENESIS. */
void seen_read(struct seen *s, const struct opening *o);
/* Keeps a larger size; false when it cannot be kept (there is no such directory and it cannot be made, and so on). */
bool seen_write(const struct seen *s, struct span ledger, uint64_t size, const unsigned char head[DIGEST_LEN]);

#endif
