/* The head of a new manifest, for those that make packages of what has none (cp-manifest(5)). */
#ifndef CP_BUNDLE_HEAD_H
#define CP_BUNDLE_HEAD_H

#include "base/buf.h"

struct manifest_head {
	const char *package_id, *version, *type;
	const char *framework; /* of a framework: its id; of others the one they stand under, a spec must */
	const char *spec;      /* of a spec: its id */
};

/* NULL, or why there is no such package, as a sentence without its end. */
const char *manifest_head_bad(const struct manifest_head *h);
/* Appends its members to an object that was opened (data/jsonw.h). */
void manifest_head_write(struct buf *b, const struct manifest_head *h);

#endif
