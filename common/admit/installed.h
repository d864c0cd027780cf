/* Who signed what is installed: the manifest that the ledger vouches for, of each package, judged as when it came
 * (signature.h). Findings are about the manifests. */
#ifndef CP_ADMIT_INSTALLED_H
#define CP_ADMIT_INSTALLED_H

#include "catalog/projection.h"

struct installed_ask {
	int root;              /* a descriptor of the plane that has the ledger of packages */
	const char *root_path;
	const char *keyring;   /* as keyfile_open takes it */
	int64_t now;           /* ns since 1970 */
	struct span but;       /* a package that is not judged; n 0: all are */
	bool only_tell;        /* what is wrong is a warning */
	bool signed_only;      /* what the ledger says came without a signature is passed over */
};

/* Of those that the replayed state says are installed; returns how many were judged. A package without a signature is
 * let pass, with a warning, in a plane made for development, when the ledger does not say that it came with one. One
 * whose manifest is not there is passed over: that is found by who reads manifests. Ends the process with 3 when
 * ledger, keyring or a signature is none, with 4 when the system fails. */
uint64_t installed_signatures(const struct installed_ask *ask, struct projection *state);

#endif
