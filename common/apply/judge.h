/* A package and what is planned of it, judged from the bytes in hand: what the gates G0A, G1 and G5 ask, ownership,
 * every precondition of the plan, and what the gates of a plane will say of it (plan/planned.h). Who changes
 * a plane believes nobody's verdict (design: rulings 17, 19). */
#ifndef CP_APPLY_JUDGE_H
#define CP_APPLY_JUDGE_H

#include "admit/order.h"
#include "admit/signature.h"
#include "apply/steps.h"
#include "bundle/bundle.h"
#include "plan/plan.h"

struct judge_ask {
	int root;
	const char *root_path;
	const char *keyring; /* as keyfile_open takes it */
	struct plan_ask plan;
	const char *work_order; /* NULL: none was named */
	bool replan;		/* plan and order are asked for, too; else only the package is judged */
	bool before_genesis;
	int64_t now;		/* tell_now */
};

struct judge_answer {
	struct plan plan;
	struct admit_signed signed_by;
	struct order_answer order;
	struct buf note; /* what passed only by leave: for the record */
};

/* Finds the archive of that hash in packages_store, first where cp-stage puts the steps' package, and reads it.
 * -1: it is not there, or not that archive any more, and that was said. Else a descriptor of it, which is the
 * caller's. */
int judge_find(struct bundle *b, int root, const struct steps *s, struct span archive_hash);
/* False: findings were made. `bundle` NULL: a removal, of which only plan and order are judged. */
bool judge_all(struct judge_answer *out, const struct judge_ask *ask, struct bundle *bundle);
void judge_free(struct judge_answer *out);

#endif
