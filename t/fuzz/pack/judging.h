/* The records of a package, judged as cp-apply judges them: the content, then the plan of a first installation. What
 * is planned without a fault is a plan that can be carried out. */
#ifndef CP_FUZZ_JUDGING_H
#define CP_FUZZ_JUDGING_H

#include "pack.h"

#include "apply/steps.h"
#include "data/relpath.h"
#include "plan/internal.h"

struct judging {
	struct package_judge *content;
	struct planning *plan;
	bool trusted; /* the records are of our own reader: none of them ends the process */
};

/* There is no plane: nothing is installed, and nothing can be delivered. */
bool __wrap_installed_read(struct planning *p)
{
	p->faults += p->wanted.n && p->wanted.item[0].outside;
	return false;
}

static void judging_begin(struct judging *j, bool trusted)
{
	*j = (struct judging){.content = package_judge_new(), .plan = plan_new(&(struct plan_ask){.root = -1}),
			      .trusted = trusted};
}

static void judging_add(struct judging *j, struct record *r)
{
	may_give_up = !j->trusted;
	if (setjmp(given_up) == 0)
		package_judge_add(j->content, r);
	/* A version that is none is no fault of the reader. */
	may_give_up = true;
	if (setjmp(given_up) == 0)
		plan_add(j->plan, r);
	may_give_up = false;
}

static void check_steps(const struct plan *plan)
{
	struct steps s;

	if (steps_read(&s, plan->lines) || s.n != plan->steps || memcmp(s.hash, plan->hash, DIGEST_TEXT) != 0)
		abort();
	for (size_t i = 0; i < s.n; i++)
		if (s.step[i].action != STEP_CREATE || relpath_bad(span_of(s.step[i].path)))
			abort();
	steps_free(&s);
}

/* What is not right for the one need not be wrong for the other: a plan asks for the place alone. */
static void judging_end(struct judging *j)
{
	struct plan plan;

	may_give_up = !j->trusted;
	if (setjmp(given_up) == 0)
		package_judge_end(j->content);
	may_give_up = false;
	if (plan_end(j->plan, &plan))
		check_steps(&plan);
	plan_free(&plan);
}

#endif
