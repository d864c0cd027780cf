/* The gates whose subject is a plane, asked of the plane as it will be once a plan is carried out (design: ruling 17):
 *
 * G0-PACKAGE   each plane's registry is what ledgers and manifests come to, and each owner in it is installed;
 * G0-SPEC      the law that the plan leaves holds for the files of others that have a spec;
 * G-INTEGRITY  ledgers and manifests hold, which planning has found already, and so do the signatures of others.
 *
 * What was wrong before a plan and stays so does not stop it from mending something else: a broken chain that was
 * there is a warning, and signatures of others stop an install, but no upgrade and no removal. Files that the plan does
 * not touch are not hashed. Findings are made (filter/filter.h). */
#ifndef CP_PLAN_PLANNED_H
#define CP_PLAN_PLANNED_H

#include "bundle/bundle.h"
#include "plan/plan.h"

struct planned_ask {
	int root;
	const char *root_path;
	const char *keyring; /* as keyfile_open takes it */
	int64_t now;
	struct plan *plan;
	struct bundle *bundle; /* NULL: a removal */
};

/* Ends the process with 3 when a registry, a document or the keyring is not to be trusted, with 4 when the system
 * fails. */
void planned_judge(const struct planned_ask *ask);

#endif
