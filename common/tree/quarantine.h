/* Quarantine: things nobody owns are moved to `.cp/quarantine/ID/files/PATH`, reversibly.
 *
 * `.cp/quarantine/ID/manifest.jsonl` names every thing with what it was, and is whole and on disk before the first
 * of them is moved. Each move is one rename that replaces nothing, so after a kill at any instruction every thing
 * is in exactly one of the two places that the manifest names. A thing is moved only while it is what the manifest
 * says: device, inode, size, time and hash. All paths are opened beneath the root without following links. Only
 * files and special files are moved; a directory stays where it is. The caller holds the plane's lock. */
#ifndef CP_TREE_QUARANTINE_H
#define CP_TREE_QUARANTINE_H

#include "record/record.h"
#include "seal/digest.h"

#include <sys/stat.h>

enum { QUARANTINE_ID_MAX = 64 };

/* [A-Za-z0-9._-], at most QUARANTINE_ID_MAX bytes, not beginning with a dot. */
bool quarantine_id_ok(const char *id);

/* --- moving things there; `root` is the plane's --- */

struct quarantine;
/* id NULL: the time and a random suffix. Nothing is written yet. NULL when there is one of that name. */
struct quarantine *quarantine_new(int root, const char *id, const char *reason);
const char *quarantine_id(const struct quarantine *q);
/* Looks at one thing and notes it; what cannot be moved is a finding. */
void quarantine_add(struct quarantine *q, struct span path);
/* Writes the manifest, moves what was noted, emits a record for each thing moved. Under --dry-run only the
 * records. A thing that cannot be moved is a finding, or a complaint and status 4; the others are moved all the
 * same. */
void quarantine_run(struct quarantine *q);
void quarantine_free(struct quarantine *q);

/* --- and back --- */

/* Puts everything back that is still there and still what it was, emits a record for each, and removes what is
 * empty then. False when there is no such quarantine. Status 3 when its manifest is not whole. */
bool quarantine_restore(int root, const char *id);
/* Emits a record for each thing in each quarantine, by id. */
void quarantine_list(int root);

#endif
