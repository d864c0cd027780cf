/* What of a plane is governed: the fixed layout, narrowed by config/governed_roots.json. Pure: the caller reads the
 * file.
 *
 * The layout: own state (.cp installed ledger manifests packages_store planes versions) and derived files are exempt,
 * by exact name. A name directly inside own state that does not belong there is unexpected, and so is, once
 * governed_roots.json says what is governed, a name at the top that neither it nor the layout knows. Patterns never
 * exclude config/, gates/ or bytecode (`__pycache__`, `*.pyc`): for those paths they are ignored. A directory that a
 * pattern excludes is excluded with all that is in it. */
#ifndef CP_MODEL_SCOPE_H
#define CP_MODEL_SCOPE_H

#include "base/buf.h"

enum scope_class {
	SCOPE_GOVERNED,
	SCOPE_STATE,      /* a directory of our own state */
	SCOPE_INSIDE,     /* something that belongs directly inside one: goes without saying */
	SCOPE_DERIVED,    /* rebuilt from ledger and manifests */
	SCOPE_PATTERN,    /* excluded by a pattern */
	SCOPE_OUTSIDE,    /* beneath none of the governed roots */
	SCOPE_UNEXPECTED, /* does not belong where it is */
};

enum scope_type { SCOPE_FILE, SCOPE_DIR, SCOPE_OTHER };

#define SCOPE_FILE_NAME "config/governed_roots.json"

struct scope;

/* The fixed layout; `plain`: no layout, only patterns. */
struct scope *scope_new(bool plain);
void scope_free(struct scope *s);
/* Reads governed_roots.json: {schema_version "1…", plane_id?, governed_roots[], excluded_patterns[]?,
 * derived_registries[]?}; other members are allowed. NULL, or why it is malformed (alive as long as s). */
const char *scope_read(struct scope *s, struct span text);
/* plane_id of what was read; NULL, 0 when there is none. */
struct span scope_plane(const struct scope *s);
/* One more pattern. NULL, or why it is unusable. A trailing slash: directories only. */
const char *scope_exclude(struct scope *s, struct span pattern);
/* What this path is, given that every directory above it is governed or state. *pattern (may be NULL) is set with
 * SCOPE_PATTERN. */
enum scope_class scope_classify(const struct scope *s, struct span path, enum scope_type type, struct span *pattern);

#endif
