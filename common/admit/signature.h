/* May a package come in by its signature (the gate G5)? What its manifest's integrity says, held against the hashes
 * that the package's reader computed, and the keyring: the signature of 004 over manifest_hash, and the binding, which
 * covers the document, too (trust/binding.h). Findings are made at the end (filter/filter.h). */
#ifndef CP_ADMIT_SIGNATURE_H
#define CP_ADMIT_SIGNATURE_H

#include "admit/ring.h"
#include "record/record.h"

struct admit_signature;

struct admit_signature_terms {
	const char *keyring;   /* its file; NULL: $HOME/.control_plane/trusted_keys.json */
	int root;              /* the plane, -1: there is none, so nothing is pinned and nothing waived */
	const char *root_path; /* of it */
	bool allow_unsigned;   /* CONTROL_PLANE_ALLOW_UNSIGNED; counts in a plane made for development only */
	int64_t now;           /* ns since 1970; an effect gives the later of its clock and the ledger's head */
	struct admit_trust *trust; /* what judging others of the same plane has read; NULL: nobody else is judged */
	struct span where;     /* the path of what is wrong; n 0: findings have none */
	bool only_tell;        /* what is wrong is a warning */
};

/* What was found, for a receipt. The buffers are the caller's to free. */
struct admit_signed {
	bool is_unsigned;      /* and was let pass for that */
	bool is_unbound;       /* and a waiver let it pass */
	struct buf signed_by;  /* n 0: not signed, or the signature was refused */
	struct buf signature;  /* as the manifest has it */
};

/* The terms are copied, what they point to is not. */
struct admit_signature *admit_signature_new(const struct admit_signature_terms *terms);
/* The `package` record, once; other kinds are none of ours. True: it was the one to be judged. Ends the process with 3
 * where it has not the hashes of its reader, or a signature that is none. */
bool admit_signature_add(struct admit_signature *a, struct record *r);
/* Judges, and frees. `out` may be NULL. True: nothing is wrong; a warning may have been made. Whoever calls it holds
 * the write lock of no ledger of the plane. */
bool admit_signature_end(struct admit_signature *a, struct admit_signed *out);

#endif
