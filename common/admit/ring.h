/* The keyring by which a plane admits. */
#ifndef CP_ADMIT_RING_H
#define CP_ADMIT_RING_H

#include "ledger/pins.h"
#include "trust/keyfile.h"

/* keyfile_open of one that must be there. A plane that is not made for development takes the one that it pins, and no
 * other: status 3. */
void admit_ring_open(struct keyfile *f, const char *option, const struct pins *pins);

#endif
