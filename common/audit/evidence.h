/* What was said about a ledger elsewhere: how long it was once, and what its root or its last entry's hash was then.
 * The ledger must still have that in it; the strongest of what it has is its level. */
#ifndef CP_AUDIT_EVIDENCE_H
#define CP_AUDIT_EVIDENCE_H

#include "audit/check.h"

struct evidence_item {
	char *from;               /* for messages: "the checkpoint F" */
	enum rollback_level level;
	uint64_t size;
	bool has_head, has_root;
	unsigned char head[DIGEST_LEN], root[DIGEST_LEN];
	bool met, resolved, rootless; /* rootless: there was no one tree up to there */
};

struct evidence {
	struct evidence_item *item;
	size_t n;
	bool out_of_reach; /* some of it is of entries before the first that was read: it was not asked */
};

/* The caller sets what is known. */
struct evidence_item *evidence_add(struct evidence *e, enum rollback_level level, const char *from, uint64_t size);
/* check_ask.resolved. */
void evidence_resolved(struct evidence *e, uint64_t size, const unsigned char *head, const unsigned char *root);
/* Asks for all sizes, and sorts by them; nothing is added afterwards. */
void evidence_want(struct evidence *e, struct check *c);
/* Tells what does not fit the ledger that was checked, as a fault of `source`; the level that is left. */
enum rollback_level evidence_judge(struct evidence *e, const struct check_result *r, const struct check_ask *ask,
				   const char *source);
void evidence_free(struct evidence *e);

#endif
