/* Worker threads over a ring of slots: filled in order, worked on side by side, taken back in order. */
#ifndef CP_BASE_CREW_H
#define CP_BASE_CREW_H

#include <stdbool.h>
#include <stddef.h>

struct crew;

/* `work` is called with one of `slot` (n of them, the caller's) in one of `jobs` threads; jobs 0: in the calling one.
 * NULL with errno when threads cannot be made. */
struct crew *crew_open(unsigned jobs, void **slot, size_t n, void (*work)(void *slot));
/* The slot to be filled next, or NULL while the ring is full: take the oldest first. */
void *crew_slot(struct crew *c);
void crew_submit(struct crew *c);
/* The oldest slot once it was worked on; NULL: it was not yet (unless `wait`), or none is under way. Give it back
 * before the next call. */
void *crew_take(struct crew *c, bool wait);
void crew_release(struct crew *c);
void crew_close(struct crew *c);

/* How many threads are worth while here: the processors this process may use. */
unsigned crew_jobs(void);

#endif
