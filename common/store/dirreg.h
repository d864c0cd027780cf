/* Per-directory registries: `.file_registry.csv` with the columns file_path,owner_id,owner_registry,content_hash
 * and, where wanted, owner_spec_id, mode and classification; paths relative to the directory that holds it. A
 * registry lists itself without a hash (it cannot hold its own), and nothing else so. (002; design 4-plane.md) */
#ifndef CP_STORE_DIRREG_H
#define CP_STORE_DIRREG_H

#include "store/registry.h"

#define DIRREG_NAME ".file_registry.csv"

struct dirregs;

struct dirreg_row {
	struct registry_row row; /* path relative to the plane; hash empty: the registry's own row */
	struct span registry;    /* path of the registry that says so; its line is row.line */
};

struct dirregs *dirregs_new(void);
/* From now on owners must be among the ids of this CSV file: its first column named package_id, framework_id,
 * spec_id or id. May be called several times. False after a diagnostic, *status set. */
bool dirregs_owners(struct dirregs *d, const char *path, int *status);
/* Reads one registry beneath the root, whose bytes must have that hash. What is wrong becomes findings (REGISTRY,
 * CHANGING); false then. Ends the process with status 4 when there is no room to sort. */
bool dirregs_read(struct dirregs *d, int root, struct span path, struct span hash);
/* After the last read: every row of every registry, by the bytes of the path. 1, 0 at the end. */
int dirregs_next(struct dirregs *d, struct dirreg_row *row);
void dirregs_free(struct dirregs *d);

#endif
