/* The manifest that describes a directory: what its package.manifest.yaml says of the package and of single files,
 * completed from the files themselves. */
#ifndef CP_BUNDLE_MAKE_H
#define CP_BUNDLE_MAKE_H

#include "bundle/newdir.h"
#include "bundle/sums.h"
#include "filter/effect.h"

/* Appends the members of integrity that a signature over both hashes brings, each with a comma in front. */
typedef void manifest_seal(void *ctx, struct buf *b, struct span manifest_hash, struct span document_hash);

struct manifest_terms {
	const char *plane;   /* of assets of which the template does not say it */
	manifest_seal *seal; /* NULL: it is not signed. It is not called where there are findings. */
	void *ctx;
};

/* What was appended since `start` is a manifest up to the last of its assets, whose hashes are in `s`: appends what
 * is left. */
void manifest_close(struct buf *b, size_t start, struct sums *s, const struct manifest_terms *t);
/* Appends it as JSON, an asset to a line, ended by LF. An asset has the hash and the execute bit that its file has; its
 * plane, type and spec_owner are those that the template gives it, else `plane` and the type that fits the package.
 * integrity is made anew: a signature over something else is none. Findings (filter/filter.h): what is declared and
 * not there or declared twice, is no file, or has a name that no package may have. Ends the process with 3 when the
 * template is none, with 4 when the system fails. */
void manifest_make(struct buf *b, int dir, const struct manifest_terms *t);
/* The same of one open file, which is to be `path` in the package; `head` is the template. */
void manifest_make_file(struct buf *b, struct span head, int file, struct span path, const struct manifest_terms *t);

/* The same of a file that is not there yet (newdir.h). */
void manifest_make_text(struct buf *b, struct span head, const struct newfile *file, const struct manifest_terms *t);

/* The records of a manifest are those that its readers make of it: `package` and `asset`. Ends the process with 3 where
 * it is none. */
struct spool *manifest_records(const struct buf *text);
/* Emits them, and frees. */
void manifest_emit(struct spool *records);

#endif
