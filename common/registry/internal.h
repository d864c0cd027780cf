/* What the parts of a projection share. */
#ifndef CP_REGISTRY_INTERNAL_H
#define CP_REGISTRY_INTERNAL_H

#include "catalog/projection.h"
#include "registry/manifests.h"
#include "registry/project.h"
#include "store/extsort.h"

struct projecting {
	struct project *out;
	struct projection *state;
	struct extsort *owned; /* key: plane NUL path; value: the other columns, each ended by NUL */
	struct output *compiled, *packages, *states;
	struct digest *digest;
	uint64_t faults;       /* what stops the replay */
	/* of the package under way */
	struct known *known;
	struct buf target, first_target;
	const char *plane;     /* of all its assets; "" when they are of several */
	struct buf law_hash, law_plane;
	uint64_t delivered;
};

/* replay.c: both ledgers into the state. False: they do not hold, and that was told. */
bool replay_ledgers(struct projecting *p);
/* tables.c: the catalogues. Reads every manifest, tells what does not hold. */
void write_packages(struct projecting *p);
void write_law(struct projecting *p);
/* owned.c: file ownership of each plane, and what was adopted. */
void own_asset(struct projecting *p, const struct manifest *m, const struct manifest_asset *a);
void own_adopted(struct projecting *p, struct known *k);
void write_owned(struct projecting *p);
/* explain.c: what the registries that are there have and the ledgers do not know. */
void explain_rows(struct projecting *p, bool strict);

/* One row as CSV, and as an object on a line of `json` (NULL: only CSV), whose rows are counted. */
void put_row(struct output *o, const char *const *columns, const struct span *field, size_t n, struct output *json);
void put_header(struct output *o, const char *const *columns, size_t n);
struct span known_text(const struct known *k, enum known_text t);

#endif
