/* Two versions of one law document: what was amended, and how far the version must have grown.
 *
 * Major: what must hold is another (rules of level MUST and MUST NOT, gates, the security posture, the plane), or less
 * is allowed (path authorizations, types of work orders). Minor: more is allowed, or what is recommended is another.
 * Patch: only other words. Before 1.0.0 a minor one is enough for everything (SemVer 2.0.0 section 4). */
#ifndef CP_LAW_DIFF_H
#define CP_LAW_DIFF_H

#include "law/law.h"

enum law_need { NEED_NOTHING, NEED_PATCH, NEED_MINOR, NEED_MAJOR };

struct amendment {
	enum law_section section;
	const char *change; /* "added", "removed", "changed" */
	enum law_need needs;
	struct span text;
	struct span was, is;	 /* the levels of a rule, the plane: n = 0 where there is none */
	uint64_t line, old_line; /* 0: not there */
};

const char *law_need_name(enum law_need n);

/* Tells each amendment, in the order of the sections, to `amended`, and what is wrong to the ends: amendments that the
 * new version does not admit, a version that went back, another framework. `reworded`: the documents differ at all. */
void law_diff(const struct law_doc *old, const struct law_doc *new, bool reworded, const struct law_ends *e,
	      void (*amended)(void *ctx, const struct amendment *a), void *ctx);

#endif
