/* Is what a plane's registry of files says what the ledgers come to? For gates that judge the plane, and for who is
 * about to change it. Findings are made (filter/filter.h). */
#ifndef CP_REGISTRY_JUDGE_H
#define CP_REGISTRY_JUDGE_H

#include "registry/project.h"

struct plane_judge {
	struct buf top; /* root of the plane that has the ledger of packages: the judged one, or that it is beneath */
	int root;       /* a descriptor of it */
	struct project project;
};

/* `root` is absolute. True: there is a ledger; its registries are computed, and compared with this plane's: STALE, and
 * UNRECORDED once for each owner that is not installed. False: there is none, and nothing was judged. Ends the process
 * with 3 when ledger or registry is not to be trusted, with 4 when the system fails. */
bool plane_judge(struct plane_judge *j, const char *root);
void plane_judge_free(struct plane_judge *j);

/* The same of one registry, beneath the root of `p`, which was computed; one that is absent has no owners. */
void owners_judge(const struct project *p, const char *registry);

#endif
