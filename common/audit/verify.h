/* Checking a ledger where it lies: all its parts in order, whether none is missing and each is what its name says, what
 * the sidecars and a sealed legacy ledger say of it. */
#ifndef CP_AUDIT_VERIFY_H
#define CP_AUDIT_VERIFY_H

#include "filter/progress.h"
#include "audit/check.h"

struct verified {
	struct check_result result;
	uint64_t segments, archived; /* sealed parts, and how many of them are archives */
	struct check *check;         /* holds what result points to */
	/* How far it is known to outlive a crash; synced_size 0: nothing says, or all. */
	uint64_t synced_size;
	bool have_synced_root;
	unsigned char synced_head[DIGEST_LEN], synced_root[DIGEST_LEN];
};

/* Everything that is found goes to ask->fault. Ends the process with 3 when the ledger is empty, with 4 when it cannot
 * be read. */
void verify_ledger(const char *path, const struct check_ask *ask, struct progress *progress, struct verified *v);
/* The same for who holds the write lock. */
void verify_ledger_locked(const char *path, const struct check_ask *ask, struct progress *progress, struct verified *v);
void verify_end(struct verified *v);

#endif
