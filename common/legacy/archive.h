/* An archive of the time before manifests (000): one file, whose registry row says the rest. The row's digest is what
 * there is to believe in; the archive itself is read as any other, without belief. */
#ifndef CP_LEGACY_ARCHIVE_H
#define CP_LEGACY_ARCHIVE_H

#include "base/buf.h"

/* The row of a package in packages_registry.csv. */
enum row_text {
	R_NAME, R_CATEGORY, R_VERSION, R_DIGEST, R_DEPS, R_CONFLICTS, R_LICENSE, R_ARTIFACT, R_OUTPUT_TYPE,
	R_OUTPUT_PATH, R_PRIORITY, R_OWNER,
	R_TEXTS,
};

struct legacy_row {
	struct buf text[R_TEXTS]; /* n 0: the column is empty, or not there */
};

/* Zero-initialise. Ends the process with 3 where the registry is none, or has no such package or two of them, with 4
 * where it cannot be read. */
void legacy_row_read(struct legacy_row *r, const char *registry, const char *id);
void legacy_row_free(struct legacy_row *r);

/* The one file of an archive with that digest; *path is the artifact's, as the row has it. Ends the process with 3
 * where the archive is another, cannot be read whole, or holds anything else, with 4 where it cannot be read. */
void legacy_archive_read(struct buf *content, bool *execute, struct buf *path, const struct legacy_row *r,
			 const char *archive);
/* Appends the manifest's head, a JSON object. `type`, `framework`: where the row does not say it (NULL). Ends the
 * process with 3 where the row makes no package. */
void legacy_head(struct buf *b, const struct legacy_row *r, const char *id, const char *type, const char *framework);

#endif
