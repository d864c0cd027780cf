/* What the hashes of a package's assets come to, its `manifest_hash` (cp-manifest(5)). */
#ifndef CP_BUNDLE_SUMS_H
#define CP_BUNDLE_SUMS_H

#include "seal/digest.h"

/* Zero-initialise. */
struct sums {
	unsigned char (*sum)[DIGEST_LEN];
	size_t n, cap;
};

void sums_add(struct sums *s, const unsigned char sum[DIGEST_LEN]);
/* SHA-256 over them, sorted by bytes, each followed by LF; it may be asked again. */
void sums_hash(struct sums *s, struct digest *d, char out[DIGEST_TEXT]);
void sums_free(struct sums *s);

#endif
