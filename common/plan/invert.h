/* The plan that takes back what a plan does, once that was carried out: what was made is removed, what was removed is
 * made, what was replaced gets its earlier content. It is written from the plan alone, but for registry_hash, which is
 * the plane's own by then; so it is the one that planning there comes to (cp-apply(1) asks for no less), as long as
 * nothing else happened. What was delivered stays: a removal leaves it, too. */
#ifndef CP_PLAN_INVERT_H
#define CP_PLAN_INVERT_H

#include "filter/effect.h"

/* `lines` are a plan's, of anybody; `root` is a descriptor of the plane's root. Appends the other plan's lines to
 * `out`. False: the plan does nothing, or does not say what its inverse needs, which was made a finding. Ends the
 * process with 3 where the lines are no plan, or not those that its hash is of, with 4 when the system fails. */
bool plan_invert(struct spool *lines, int root, struct spool *out);

#endif
