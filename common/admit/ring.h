/* The keyring by which a plane admits. */
#ifndef CP_ADMIT_RING_H
#define CP_ADMIT_RING_H

#include "admit/pinned.h"
#include "trust/keyfile.h"
#include "witness/witness.h"

/* keyfile_open of one that must be there. A plane that is not made for development takes the one that it pins now, and
 * no other: status 3. */
void admit_ring_open(struct keyfile *f, const char *option, const struct pinned_ask *plane);

/* What is read once of a plane, however many signatures are judged by it, and only when one needs it. Zero-initialise;
 * admit_trust_free closes all. */
struct admit_trust {
	struct pins pins;
	struct keyfile file;
	struct witness *witness;
	bool pinned, opened, witnessed;
};

/* `root` -1: no plane, nothing is pinned. */
const struct pins *admit_trust_pins(struct admit_trust *t, int root);
/* After admit_trust_pins, of the same root. */
const struct keyring *admit_trust_ring(struct admit_trust *t, const char *option, int root, const char *root_path,
				       int64_t now);
/* When the plane's ledger of packages shows that text (witness_time), as of `until`, which is the same each time. */
int64_t admit_trust_time(struct admit_trust *t, int root, const char *root_path, int64_t until, struct span text);
void admit_trust_free(struct admit_trust *t);

#endif
