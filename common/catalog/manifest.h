/* What a package's manifest says, as far as registries need it (cp-manifest(5), 004 §4 and §5): the head, each
 * asset, and where an asset is installed. Version 1.1, and for trace and projection the earlier ones, whose assets
 * have a `path` of the plane in place of a `source`. Whether a manifest is a good one is judged elsewhere. Pure: a
 * JSON tree in. */
#ifndef CP_CATALOG_MANIFEST_H
#define CP_CATALOG_MANIFEST_H

#include "data/json.h"

enum manifest_text {
	M_ID, M_VERSION, M_TYPE, M_FRAMEWORK, M_SPEC, M_REQUIRES, M_PLANE, M_OUTPUT_TYPE, M_OUTPUT_PATH, M_SIGNATURE,
	/* of metadata */
	M_TITLE, M_LICENSE, M_MAINTAINER, M_PRIORITY, M_PLATFORM, M_ARCH,
	M_TEXTS,
};

struct manifest {
	struct span text[M_TEXTS]; /* n 0: it does not say */
	struct buf room[M_TEXTS];
	const struct json *json;
	uint32_t dependencies, conflicts, metadata; /* nodes; 0: none */
	bool legacy;
};

/* Zero-initialise; the tree, whose assets are not looked at, must live as long. NULL, or why it is no manifest. */
const char *manifest_read(struct manifest *m, const struct json *j);
/* Appends dependencies or conflicts as a registry lists them (list.h). */
void manifest_list(struct buf *b, const struct manifest *m, uint32_t node);
/* Appends the texts of an array in metadata, with blanks between them; nothing where there is none. */
void manifest_words(struct buf *b, const struct manifest *m, const char *key);
void manifest_free(struct manifest *m);

enum asset_text { A_SOURCE, A_HASH, A_PLANE, A_TYPE, A_SPEC, A_TEXTS };

struct manifest_asset {
	struct span text[A_TEXTS];
	struct buf room[A_TEXTS];
	unsigned mode;
};

/* NULL, or why it is no asset. */
const char *manifest_asset(struct manifest_asset *a, const struct manifest *m, const struct json *j, uint32_t at);
/* Appends the path, relative to the asset's plane, where it is installed (004 §5). NULL, or why there is none; *owned
 * false, and nothing appended: it is delivered outside of the plane. */
const char *manifest_target(struct buf *b, const struct manifest *m, const struct manifest_asset *a, bool *owned);
void manifest_asset_free(struct manifest_asset *a);

#endif
