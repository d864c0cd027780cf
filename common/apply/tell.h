/* What a transaction says in ledger/packages.jsonl. INSTALL_STARTED is the commit point; everything behind it is said
 * in its words. Each function ends the process with 4 when the system fails, with 3 when the ledger is not to be
 * trusted. */
#ifndef CP_APPLY_TELL_H
#define CP_APPLY_TELL_H

#include "apply/txn.h"
#include "ledger/book.h"

/* Of whom and what a transaction is, beyond its plan. n 0: not said. */
struct tell_facts {
	struct span actor, work_order_id, signed_by, signature, note;
};

/* The time that an entry would have now, ns since 1970: a clock that is behind the ledger's last entry is not believed.
 * Without a ledger it is. */
int64_t tell_now(const char *root_path);
/* Takes back what a dead writer left at the ledger's end. Where a sync of it failed, it is read again first, as
 * cp-ledger-recover does it. */
void tell_mend(const char *root_path, const char *author);
/* The text of the body of INSTALL_STARTED. */
void tell_started_body(struct buf *body, const struct txn *t, const struct tell_facts *f);
/* Appends it. */
void tell_started(const char *root_path, const char *author, struct span body);
/* INSTALL_ABORTED of what `started` (a body, or an entry) began, and why. */
void tell_aborted(const char *root_path, const char *author, const struct json *started, const char *why);
/* INSTALL_FAILED: nothing was changed, and why. */
void tell_failed(const char *root_path, const char *author, struct span package_id, struct span version,
		 const struct tell_facts *f, const char *why);
/* INSTALLED, UPGRADED or UNINSTALLED, and DELIVERED before it for each file that was delivered. False: the plane's
 * registries would not come out of it, which was made findings; nothing was appended. */
bool tell_completed(const char *root_path, const char *author, const struct txn *t, const struct json *started,
		    struct book_ack *ack, struct buf *record);

#endif
