/* A plan carried out, wholly or not at all (design: 5-package). Up to INSTALL_STARTED in the ledger nothing of the
 * plane is touched; from there on it is finished, by whoever comes next if need be, unless INSTALL_ABORTED follows:
 * then it is undone. The caller holds the plane's lock, has recovered what was left, and has judged package and plan.
 */
#ifndef CP_APPLY_CHANGE_H
#define CP_APPLY_CHANGE_H

#include "apply/tell.h"
#include "bundle/bundle.h"

struct change {
	int root;
	const char *root_path;
	const char *author; /* of the entries */
	struct tell_facts facts;
	struct spool *lines;   /* the plan's, as they were judged */
	struct steps *steps;   /* read from them */
	struct bundle *bundle; /* NULL: nothing comes */
	enum txn_sync sync;
};

/* True: it is done, and an `ack` record of the last entry was emitted. False: nothing was changed, and why was said.
 * Ends the process with 4 when the system fails: the plane is then as it was, or the next effect finishes it. */
bool change_run(struct change *c);

/* What is left to do of a transaction that began; `started` is its entry. The same answers. */
bool change_forward(struct txn *t, const char *root_path, const char *author, const struct json *started);
/* What INSTALL_ABORTED promises. */
void change_back(struct txn *t, const char *root_path);
/* Registries say how far the ledger had come: they are written anew behind an entry that changes nothing else, too. */
void change_project(int root, const char *root_path);
/* What stands behind the last entry: registries, receipt, nothing left of the transaction. */
struct receipt_entry;
bool change_settle(struct txn *t, const char *root_path, const struct receipt_entry *e);

#endif
