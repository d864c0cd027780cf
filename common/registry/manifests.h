/* The manifests of a plane, manifests/ID/VERSION/package.manifest.yaml (or .json), read only as far as a ledger's
 * entry vouches for them: the hash of the document must be the entry's. Memory: one asset, and 32 bytes for each. */
#ifndef CP_REGISTRY_MANIFESTS_H
#define CP_REGISTRY_MANIFESTS_H

#include "bundle/document.h"
#include "catalog/projection.h"

typedef void manifest_each(void *ctx, const struct manifest *m, const struct manifest_asset *a);

/* Appends its path, and opens it. -1: it is not there. Ends the process with 4 when the system fails. */
int manifest_open(int root, const struct known *k, struct buf *path);
/* Reads the manifest of a package at its version beneath the root; `each` gets every asset, before it is known that
 * the document holds. False: it is not the one of the entry, which was made a finding (MISSING, MODIFIED, UNBOUND).
 * The head is the caller's to free, and lives until the next call. Ends the process with 4 when the system fails. */
bool manifest_of(int root, const struct known *k, struct manifest *m, struct manifest_sums *sums, manifest_each *each,
		 void *ctx);

#endif
