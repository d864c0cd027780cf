/* A plan: the difference between what a package owns on a plane and what it is to own, as sorted steps with a hash over
 * all of it. Nothing is changed and nothing with a time in it is written, so whoever plans the same archive again on
 * an unchanged plane gets the same hash (cp-plan(1)).
 *
 * What is owned is read from the registries, and believed only as far as the ledger of packages vouches for them, which
 * is checked first; the files are hashed live. Memory: the package's own paths, and what is installed.
 *
 *   plan_new; plan_add...; plan_end; plan_free */
#ifndef CP_PLAN_PLAN_H
#define CP_PLAN_PLAN_H

#include "filter/effect.h"
#include "registry/project.h"
#include "seal/digest.h"

enum plan_action { PLAN_INSTALL, PLAN_UPGRADE, PLAN_REMOVE };

struct plan_ask {
	int root;               /* a descriptor of the plane's root, good until plan_end */
	const char *root_path;  /* the same, absolute; as long */
	enum plan_action action;
	bool force;             /* files that nobody owns may be replaced */
	bool lower_allowed;     /* also a version below the highest that ever was installed */
	struct span remove_id;  /* of what PLAN_REMOVE removes; copied */
};

struct plan {
	struct spool *lines; /* the plan record, then the step records, in the order of (plane, path) */
	struct spool *files; /* {"hash","mode","path","plane","size"} of each file that the package owns afterwards, in
			      * the same order */
	char hash[DIGEST_TEXT];
	/* n 0 where there is none: of a removal those that the ledger does not know; registry_hash of a plane that owns
	 * nothing yet */
	struct buf package_id, version, previous_version, archive_hash, manifest_hash, document_hash, package_type,
		registry_hash, previous_archive_hash, previous_manifest_hash, previous_document_hash;
	enum plan_action action;
	uint64_t steps;
	bool nothing;        /* the very package is installed already */
	struct project project; /* the ledgers, replayed */
};

struct planning;

struct planning *plan_new(const struct plan_ask *ask);
/* A package's `package`, `asset` and `member` records, the package first and only once; of a removal none: otherwise
 * the process ends with status 3. False: the record is none of these. */
bool plan_add(struct planning *p, struct record *r);
/* Looks at the plane, and frees. True: the plan, for plan_free. False: something is in the way, and was made findings;
 * *out holds nothing. Ends the process with status 3 when the plane cannot be trusted (no ledger, a registry that is
 * not the one the ledger vouches for, a policy that cannot be read), and with 4 when the system fails. */
bool plan_end(struct planning *p, struct plan *out);
void plan_free(struct plan *p);

/* "install", "upgrade", "remove". */
const char *plan_action_name(enum plan_action a);

#endif
