/* The registries whose rows are not owned paths: which there are, how each is known by its header, and what every
 * field of a row must be (cp-registry(5)). Pure. */
#ifndef CP_CATALOG_CATALOGUE_H
#define CP_CATALOG_CATALOGUE_H

#include "data/ident.h"

enum catalogue_rule {
	RULE_ANY,         /* whatever it is */
	RULE_TEXT,        /* no control characters */
	RULE_WORD,        /* a-z, 0-9, _ and -, a letter first */
	RULE_ID,          /* A-Z, 0-9 and -, a letter first */
	RULE_PACKAGE, RULE_FRAMEWORK, RULE_SPEC, RULE_PROMPT,
	RULE_STATUS,      /* of a life: proposed … yanked */
	RULE_STATE,       /* installed, uninstalled */
	RULE_YESNO, RULE_PRIORITY, RULE_SOURCE_TYPE, RULE_PLATFORM, RULE_ARCH, RULE_OUTPUT, RULE_PLANE,
	RULE_VERSION,     /* semver */
	RULE_LICENSE,     /* the shape of an SPDX expression */
	RULE_TIME,        /* a day, or RFC 3339 */
	RULE_COUNT,
	RULE_HEX,         /* 64 hex digits, with or without sha256: */
	RULE_HASH,        /* with it */
	RULE_ARTIFACT,    /* a path of the plane, a slash before it, one behind it for a directory */
	RULE_OWNED,       /* a path of the plane */
	RULE_IDS,         /* a list of ids, see list.h */
	RULE_PACKAGES,    /* the same of packages */
};

struct catalogue_column {
	const char *name;
	enum catalogue_rule rule;
	enum { MUST, MAY } filled; /* MAY: it may be empty */
	enum { CORE, LATER } age;  /* LATER: the header need not have it */
};

struct catalogue {
	const char *name;     /* `registry` of its rows */
	const char *marks[4]; /* columns that make a header this registry's */
	const char *id;       /* the column that names a row */
	const struct catalogue_column *column; /* ended by a NULL name */
};

/* Which registry a header belongs to, or NULL. */
const struct catalogue *catalogue_of(const struct span *header, size_t n);
const struct catalogue *catalogue_named(struct span name);
const struct catalogue_column *catalogue_column(const struct catalogue *c, const char *name);

#endif
