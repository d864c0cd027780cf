/* The manifest of a package as a file, YAML or JSON: its head, each asset, and what it hashes to (cp-manifest(5)).
 * Nothing is judged but that it is one. Memory: for YAML one asset, for JSON the text; and 32 bytes for each asset. */
#ifndef CP_BUNDLE_DOCUMENT_H
#define CP_BUNDLE_DOCUMENT_H

#include "catalog/manifest.h"
#include "seal/digest.h"

struct manifest_sums {
	char manifest_hash[DIGEST_TEXT], document_hash[DIGEST_TEXT];
	uint64_t assets;
};

/* An asset, and its object; all of it the callee's until it returns. */
typedef void manifestdoc_asset(void *ctx, const struct manifest *m, const struct manifest_asset *a,
			       const struct json *j, uint32_t at);

/* `fd` can be read twice. `each` gets every asset, before it is known that the document holds. The head is the caller's
 * to free, and lives until the next call. NULL, or why it is no manifest, as a predicate or a noun phrase. */
const char *manifestdoc_read(int fd, struct manifest *m, struct manifest_sums *sums, manifestdoc_asset *each,
			     void *ctx);

#endif
