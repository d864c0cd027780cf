/* The bytes that a plan brings, from the archive that was judged into the transaction: written and hashed in one pass,
 * each compared with what the plan says of it. */
#ifndef CP_APPLY_STAGE_H
#define CP_APPLY_STAGE_H

#include "apply/txn.h"
#include "bundle/bundle.h"

/* Appends the step that keeps the package's manifest in manifests/ID/VERSION. NULL, or why it cannot be kept, as a
 * sentence: another one is there. Nothing is appended where that very manifest is there. */
const char *stage_manifest(struct buf *line, int root, const struct steps *s, struct bundle *b);
/* Stages what the steps bring. Ends the process with 3 when the archive does not hold what the plan says, with 4 when
 * the system fails. */
void stage(struct txn *t, struct bundle *b);
/* Only those of which nothing is there; for who goes on with what another began. */
void stage_missing(struct txn *t, struct bundle *b);
/* Ends the process with 4 when somebody asked it to end: nothing is committed yet. */
void stage_interrupted(void);

#endif
