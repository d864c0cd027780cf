/* Writing a plane's registries/file_ownership.csv: rows are spooled outside the plane (a walk may still be under
 * way, and must not meet them), then put in place whole, under the plane's lock, or not at all. */
#ifndef CP_STORE_OWNERSHIP_H
#define CP_STORE_OWNERSHIP_H

#include "store/registry.h"

#define OWNERSHIP_FILE "registries/file_ownership.csv"

struct ownership;

struct ownership *ownership_new(void);
/* One row; the caller adds them in path order. A mode of REGISTRY_MODE_UNKNOWN is left empty. `dir` and `line` are
 * not looked at. Ends the process with status 4 when there is no room. */
void ownership_add(struct ownership *o, const struct registry_row *row);
uint64_t ownership_rows(const struct ownership *o);
/* After the last row: "sha256:…" of the whole file. */
void ownership_hash(struct ownership *o, char out[DIGEST_TEXT]);
/* Puts it in place of the plane's own registry, or of `file` when that is not NULL. False after a diagnostic, the
 * status raised to 1 and nothing changed: when something is there and may not be replaced, or the plane is past its
 * genesis. Under --dry-run everything is checked and nothing written. Ends the process with status 4 when the
 * system fails. */
bool ownership_save(struct ownership *o, const char *file, bool replace);
void ownership_free(struct ownership *o);

/* The word for `classification` when nobody gave one: by the first directory of the path, as real registries have
 * it. */
const char *ownership_class(struct span path);

#endif
