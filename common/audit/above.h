/* The ledger above: whether it holds, whether it still has in it what a ledger's GENESIS says of it, and what it says
 * of that ledger. */
#ifndef CP_AUDIT_ABOVE_H
#define CP_AUDIT_ABOVE_H

#include "audit/evidence.h"
#include "audit/verify.h"

struct above {
	bool opened, other; /* it opened this ledger; it opened another of this name */
	bool holds;         /* nothing was wrong with it itself */
};

/* Checks the ledger `parent`, with `ask` for who is told, and adds what it says of the child as evidence; where it
 * does not hold itself, at no level. What is wrong between the two is told as PARENT, of `source`, but not that the
 * child was never opened. */
void above_read(struct above *a, const char *parent, const struct opening *child, const struct check_ask *ask,
		const char *source, struct progress *progress, struct evidence *evidence);

#endif
