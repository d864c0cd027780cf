/* Work orders: who may change a plane by which package. An order is one when planes/ho2/ledger/workorder.jsonl, which
 * must hold, has an APPROVED event for it that a key with the role wo_approver signed (vouch.h), of an owner who is not
 * the one who proposed it, not rejected since, not expired; which names the package, its version, and the archive's or
 * the plan's hash; and which no transaction of ledger/packages.jsonl has used up. cp-approval(5). */
#ifndef CP_ADMIT_ORDER_H
#define CP_ADMIT_ORDER_H

#include "base/buf.h"

struct order_ask {
	struct span work_order_id;            /* n 0: none was given */
	struct span package_id, version;
	struct span archive_hash, plan_hash;  /* n 0: not known; one that the order names and is not known, fails. Of a
						 removal no archive is: an order for what comes lets nothing go */
	struct span txn;                      /* for recovery: what this transaction used up is still its own */
	bool development;                     /* the plane is made for development: an order nobody knows will do */
	bool before_genesis;                  /* there is no ledger yet that could hold one: none is asked for, and one
						 that is given only has to have an id */
	const char *keyring;                  /* its file; NULL: $HOME/.control_plane/trusted_keys.json */
	int64_t now;                          /* ns since 1970 */
};

struct order_answer {
	bool unproven;        /* accepted without an approval: the entry says so */
	struct buf approver;  /* the owner of the key; n 0: unproven. The caller's to free */
	struct buf signed_by; /* the key */
};

/* True: it may be done. False: a finding ORDER says why not. Ends the process with 3 when a ledger or the keyring is
 * not to be trusted, with 4 when the system fails. Whoever calls it holds the plane's lock, and no ledger's. */
bool admit_order(int root, const char *root_path, const struct order_ask *ask, struct order_answer *out);

#endif
