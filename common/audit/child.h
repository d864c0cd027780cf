/* What a ledger says of those beneath it. */
#ifndef CP_AUDIT_CHILD_H
#define CP_AUDIT_CHILD_H

#include "ledger/book.h"
#include "ledger/tree.h"

/* Opens the ledger above for who begins one beneath it. False, and that was said, when it has opened one of that name.
 */
bool child_parent_open(struct book *parent, const char *path, const char *name, const char *author, bool dry);
/* Appends CHILD_OPENED to the parent, once for each name. */
void child_opened(struct book *parent, const struct opening *child, const char *author, struct book_ack *ack);
/* Appends CHILD_CHECKPOINT, once for each position; `note` (n 0: none) is the child's signed checkpoint. */
void child_checkpoint(struct book *parent, const struct opening *child, const struct position *at, struct span note,
		      const char *author, struct book_ack *ack);

#endif
