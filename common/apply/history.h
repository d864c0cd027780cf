/* What ledger/packages.jsonl says of a transaction. */
#ifndef CP_APPLY_HISTORY_H
#define CP_APPLY_HISTORY_H

#include "data/json.h"
#include "seal/digest.h"

struct history {
	struct json started;   /* its INSTALL_STARTED entry; n of its text 0: there is none */
	struct json completed; /* INSTALLED, UPGRADED or UNINSTALLED */
	struct buf started_text, completed_text;
	bool aborted; /* INSTALL_ABORTED stands behind it */
};

/* Checks the ledger whole; `each` gets its entries' lines meanwhile. False: it does not hold, and why was made
 * findings. */
bool history_walk(const char *root_path, void (*each)(void *ctx, struct span line), void *ctx);
/* The ledger is checked whole, and ends the process with 3 where it does not hold. */
void history_read(struct history *h, const char *root_path, struct span txn);
void history_free(struct history *h);
/* A text of an entry; n 0: it does not say. */
struct span history_text(const struct json *entry, const char *key);

#endif
