/* What the entries of a plane's ledgers come to: which packages, frameworks and specs there are, and in which
 * state. The state grows with what there is, not with the number of entries (004 §7). Pure: entries in, a state
 * out. */
#ifndef CP_CATALOG_PROJECTION_H
#define CP_CATALOG_PROJECTION_H

#include "data/json.h"

enum known_text {
	K_ID, K_VERSION, K_MANIFEST_HASH, K_DOCUMENT_HASH, K_ARCHIVE_HASH, K_SOURCE, K_SOURCE_TYPE, K_DIGEST,
	K_OUTPUT_TYPE, K_OUTPUT_PATH, K_SPEC, K_PLANE,
	K_SIGNED_BY, /* NULL: it came unsigned, or nobody said */
	K_HIGHEST, /* version that ever was installed */
	/* of frameworks and specs */
	K_TITLE, K_STATUS, K_HASH, K_FRAMEWORK, K_SPEC_TYPES, K_GATES, K_METADATA, K_ASSETS,
	K_CREATED, K_INSTALLED, K_UNINSTALLED, /* times of entries */
	K_TEXTS,
};

enum known_state { KNOWN_PACKED, KNOWN_INSTALLED, KNOWN_UNINSTALLED, KNOWN_ADOPTED };

/* A package, a framework or a spec. Texts are NULL where nobody said. */
struct known {
	char *text[K_TEXTS];
	enum known_state state;
	uint64_t files;      /* of what was adopted */
	struct known *packed;/* what PACKED says of another version than this one */
};

struct projection;

struct projection *projection_new(void);
enum projection_ledger { LEDGER_PACKAGES, LEDGER_INTENT };
/* What one entry does. NULL, or why it cannot be, as a sentence; what came before stands. */
const char *projection_entry(struct projection *p, enum projection_ledger ledger, const struct json *entry);

/* Those there are, by the bytes of their ids. */
enum projection_of { OF_PACKAGES, OF_FRAMEWORKS, OF_SPECS, OF_COUNT };
void projection_each(struct projection *p, enum projection_of what, void (*each)(void *ctx, struct known *k),
		     void *ctx);
struct known *projection_find(struct projection *p, enum projection_of what, struct span id);
/* The same, made where it is not there yet. */
struct known *projection_get(struct projection *p, enum projection_of what, struct span id);
void known_set(struct known *k, enum known_text t, struct span value);
/* registry_hash of the last entry that changed what is owned; NULL: it has none. */
const char *projection_registry_hash(const struct projection *p);
/* The same of the entry before it: what lies there until the registries are made anew. */
const char *projection_registry_before(const struct projection *p);
void projection_free(struct projection *p);

#endif
