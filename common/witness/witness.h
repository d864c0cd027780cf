/* When signatures were made, as a ledger shows it: the time of the first entry that holds the same text. The ledger is
 * read once, and must hold from its GENESIS on. Memory: 24 bytes for each long string in it. */
#ifndef CP_WITNESS_WITNESS_H
#define CP_WITNESS_WITNESS_H

#include "base/buf.h"

struct witness;

/* Ends the process with 3 when the ledger does not hold, or names another plane than `plane_uid` (n 0: of any), with 4
 * when it cannot be read. Entries later than `until` are as if they were not there. */
struct witness *witness_open(const char *ledger, int64_t until, struct span plane_uid);
/* ns since 1970, or KEY_TIME_UNKNOWN (trust/keyring.h). `text` is a signature as its record has it: the member
 * `signature`, of a foreign form `text`. */
int64_t witness_time(const struct witness *w, struct span text);
/* The time of the last entry that counts; INT64_MIN: there is none. */
int64_t witness_latest(const struct witness *w);
void witness_close(struct witness *w);

#endif
