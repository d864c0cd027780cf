/* What the parts of a plan share. */
#ifndef CP_PLAN_INTERNAL_H
#define CP_PLAN_INTERNAL_H

#include "catalog/ids.h"
#include "catalog/manifest.h"
#include "plan/plan.h"
#include "registry/project.h"

/* A file that the package is to own, owns, or brings. */
struct plan_file {
	char *path;              /* in its plane; absolute where `outside` */
	unsigned plane;          /* in plan_planes */
	char *source, *type;     /* NULL: not known */
	char *owner;             /* somebody else that owns it already */
	unsigned char sum[DIGEST_LEN], before[DIGEST_LEN];
	unsigned mode, before_mode;
	uint64_t size;
	bool outside;            /* delivered, not owned */
	bool there;              /* a member: a regular file */
	bool occupied;           /* nobody owns what is there, and it is to be replaced: `before` is its hash */
};

struct plan_files {
	struct plan_file *item;
	size_t n, cap;
};

struct planning {
	struct plan_ask ask;
	struct buf remove_id;
	/* the package that comes */
	struct record package;   /* a copy of its record */
	struct buf line, text;
	struct json whole;       /* its manifest, with an empty list of assets */
	struct manifest manifest;
	bool met;
	struct plan_files wanted, members;
	struct ids specs;        /* whose documents it brings */
	bool law;                /* it brings a document of its framework */
	/* the plane */
	struct project project;
	struct known *known;     /* the package as the ledger has it, or NULL */
	struct plan_files owned, vouched; /* by the registries, by the ledger's manifest */
	struct plan_files rivals; /* one file of each who has law that the package brings; `source` is the law's id */
	struct buf type, framework; /* of the installed one; the framework that it brings */
	char registry_hash[DIGEST_TEXT];
	bool registry;           /* there is one */
	uint64_t rows;           /* of all registries */
	uint64_t faults;
	bool nothing;            /* the very package is installed already */
};

enum { PLAN_PLANES = 3 };
extern const char *const plan_planes[PLAN_PLANES]; /* as they sort */
unsigned plan_plane(struct span name);             /* of one that is among them */

/* A finding about a path of a plane (NULL: about none); fmt NULL: the code's own text. */
void plan_fault(struct planning *p, enum code code, const struct plan_file *at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
struct plan_file *plan_file_add(struct plan_files *f, unsigned plane, struct span path);
/* By plane and path. */
int plan_file_cmp(const struct plan_file *a, const struct plan_file *b);
void plan_files_sort(struct plan_files *f);
/* Of those that are sorted the one with that plane and path, or NULL. */
struct plan_file *plan_file_find(const struct plan_files *f, const struct plan_file *key);
void plan_files_free(struct plan_files *f);
/* The path from the plane's root; good until the next call. */
struct span plan_full_path(const struct plan_file *f);
struct span plan_id(const struct planning *p);

/* wanted.c: what the records say. */
void wanted_package(struct planning *p, const struct record *r);
void wanted_asset(struct planning *p, const struct record *r);
void wanted_member(struct planning *p, const struct record *r);
/* All was seen: the assets get what the members know, in order, each once and none within another. */
void wanted_judge(struct planning *p);

/* outlet.c: delivery outside of the plane, as far as config/outputs.json lets it. */
void outlet_judge(struct planning *p);

/* owned.c: the registries against the ledger (status 3 where they are not what it says), and whose the targets are. */
void owned_read(struct planning *p);

/* twin.c: names of others that a file system without case would not tell from what is wanted. A package may not have
 * such names in itself; of a tree it is a note. `wanted` is sorted, and outlives it. */
struct plan_twins;
struct plan_twins *plan_twins_new(const struct plan_files *wanted);
void plan_twins_meet(struct plan_twins *t, unsigned plane, struct span path, struct span owner);
/* What is owned under its own name already is no news. Frees. */
void plan_twins_end(struct plan_twins *t, const struct plan_files *owned);

/* installed.c: the ledger; versions, dependencies and dependents. False: the ledger does not hold. */
bool installed_read(struct planning *p);
void installed_judge(struct planning *p);

/* place.c: what lies on the disk, where files are owned and where they are to be. */
void place_judge(struct planning *p);

/* steps.c: writes the plan. */
void steps_write(struct planning *p, struct plan *out);

#endif
