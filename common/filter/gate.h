/* The gate contract: a gate passes its stream through or replaces it, adds findings, and ends with exactly one verdict.
 * It passes only if the stream was complete, nothing at or above --fail-on was found, and it judged something. */
#ifndef CP_FILTER_GATE_H
#define CP_FILTER_GATE_H

#include "filter/filter.h"

/* Hands a record on, as a gate does with all it is given. A verdict of that gate among them is somebody else's:
 * status 3. */
void gate_pass(const char *gate, const struct record *r);
/* Counts one thing judged. */
void gate_checked(uint64_t n);
/* Emits the verdict {gate, pass, checked, findings, subject, …extra}. `subject` may be {NULL,0}. `extra` is more
 * members (`"excluded":3`), or {NULL,0}. Call once, from finish(true). A verdict of nothing checked fails unless
 * --allow-empty. */
void gate_verdict(const char *gate, struct span subject, struct span extra);

#endif
