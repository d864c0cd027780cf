/* A plan as it is carried out: the steps that a `plan` record and its `step` records name (cp-records(5)), each with
 * the place of its file beneath the plane's root. */
#ifndef CP_APPLY_STEPS_H
#define CP_APPLY_STEPS_H

#include "filter/effect.h"
#include "seal/digest.h"

enum step_action { STEP_CREATE, STEP_REPLACE, STEP_REMOVE, STEP_DELIVER };

struct step {
	enum step_action action;
	char *path;   /* beneath the root; of what is delivered: absolute */
	char *plane;  /* ho3, ho2, ho1 */
	char *source; /* the member it comes from; NULL: none */
	char *type;   /* of the asset; NULL: not said */
	unsigned char before[DIGEST_LEN], after[DIGEST_LEN];
	unsigned before_mode, mode;
	uint64_t size;
	bool occupied; /* a file that nobody owns is there, and gives way */
};

struct steps {
	struct step *step;
	size_t n, cap;
	size_t planned;		/* so many of them are the plan's */
	char hash[DIGEST_TEXT]; /* what the lines come to, which is what the plan must say */
	struct record plan;	/* the plan record */
	struct buf line;
};

/* NULL, or why the lines are no plan, as a sentence; freed either way by steps_free. */
const char *steps_read(struct steps *s, struct spool *lines);
/* One more that is not the plan's; the same answer. */
const char *steps_add(struct steps *s, struct span line);
/* A text of the plan record; n 0: it does not say. The span lives as long as the steps. */
struct span steps_text(const struct steps *s, const char *key);
/* Does the plan bring files (an install, an upgrade), or take them away? */
bool steps_bring(const struct steps *s);
void steps_free(struct steps *s);

#endif
