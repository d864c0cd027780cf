/* The leaves of a ledger's tree, from the first on, up to a size. Only read and hashed: what they come to is compared
 * by whoever asks with a root that was vouched for. */
#ifndef CP_AUDIT_LEAVES_H
#define CP_AUDIT_LEAVES_H

#include "ledger/source.h"

/* Calls `leaf` for each of the first `size` lines of the ledger (without their LF) with its leaf hash. Ends the process
 * with 3 when it holds fewer or does not begin at GENESIS, with 4 when it cannot be read. */
void leaves_each(const char *path, uint64_t size, struct digest *d,
		 void (*leaf)(void *ctx, struct span line, const unsigned char hash[DIGEST_LEN]), void *ctx);

#endif
