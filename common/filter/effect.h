/* The effect contract: an effect changes nothing until the whole stream was seen and its end was good; then it runs its
 * change as steps that a kill at any instruction leaves either wholly undone or finishable by the next run.
 * The order of a filter with ROLE_EFFECT: start opens and checks, step collects, finish(true) acts. */
#ifndef CP_FILTER_EFFECT_H
#define CP_FILTER_EFFECT_H

#include "filter/filter.h"

/* Spools records in memory up to a limit, then in an unlinked temporary file; read back in order. */
struct spool;
struct spool *spool_new(void);
void spool_add(struct spool *s, struct span line);
/* Steps through from the start; false at the end. The line is alive until the next call. */
bool spool_next(struct spool *s, struct span *line);
void spool_rewind(struct spool *s);
/* Hands all of them on. */
void spool_emit(struct spool *s);
void spool_free(struct spool *s);

/* An unlinked file in TMPDIR (else /tmp) for what memory should not hold. Ends the process with status 4 when it
 * cannot. */
int temporary_file(void);

/* Takes the plane's lock (`.cp/lock`, exclusive); waits when asked. Held until the process ends. Status 4 when
 * somebody else has it. Makes `.cp` (0700) where absent. Nothing is written under --dry-run. Returns a descriptor of
 * the root. */
int effect_lock(bool wait);
/* The same, after what an interrupted change of the plane left was finished or undone, and a ledger of packages whose
 * sync had failed was read again: where there is any such thing, cp-recover, which lies beside us, is run first, and
 * ends the process with its status where it cannot. Every effect but those that recover themselves. */
int effect_begin(bool wait);
/* Gives the lock back, for who has done all and writes more than he wants to be waited for. */
void effect_unlock(void);
/* Is something of an interrupted change there (.cp/txn has anything in it), as far as we may look? */
bool effect_interrupted(int root);
/* Has a sync of ledger/packages.jsonl failed? */
bool effect_poisoned(int root);

#endif
