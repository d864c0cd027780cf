/* The subject of a verdict: what was judged, as a hash that another judge of the same stream computes again. It is
 * that of the archive where the stream is about one (a `package` record with an archive_hash), else of the lines as
 * they were received, but for what judges add themselves (findings, verdicts, judgements). */
#ifndef CP_GATE_JUDGED_H
#define CP_GATE_JUDGED_H

#include "record/record.h"
#include "seal/digest.h"

struct judged;

struct judged *judged_new(void);
/* Takes a record in. False when a judge added it: it is no part of the subject. */
bool judged_add(struct judged *j, const struct record *r);
/* After the last record. */
void judged_end(struct judged *j, char subject[DIGEST_TEXT]);
void judged_free(struct judged *j);

#endif
