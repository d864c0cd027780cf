/* What the lines of a plan come to: SHA-256 over the canonical form (RFC 8785) of the plan record, without `path`,
 * which only says where its archive lies, and `plan_hash`, then of each step record, each with LF.
 *
 *   plan_sum_add for each line, the plan's first; plan_sum_end */
#ifndef CP_PLAN_SUM_H
#define CP_PLAN_SUM_H

#include "data/json.h"
#include "seal/digest.h"

/* Zero-initialise. */
struct plan_sum {
	struct digest *digest;
	struct json json;
	struct buf canon, part;
	bool bad;
};

void plan_sum_add(struct plan_sum *s, struct span line);
/* Frees. False: a line is no record, or has a number without a canonical form. */
bool plan_sum_end(struct plan_sum *s, char out[DIGEST_TEXT]);

#endif
