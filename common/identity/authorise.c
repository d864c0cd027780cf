#include "identity/authorise.h"

#include "filter/filter.h"
#include "identity/choice.h"
#include "identity/policy.h"
#include "os/clock.h"

#include <unistd.h>

static void nobody_yet(struct actor *a, uid_t uid)
{
	buf_printf(&a->user, "uid:%ju", (uintmax_t)uid);
	a->expires = ACTOR_FOR_EVER;
}

void identity_authorise(struct actor *a, const struct ask *q, enum action action, const char *verb)
{
	struct choice choice;
	struct policy p;
	struct policy_terms terms = {.now = clock_now()};
	struct buf why = {0};
	const char *unusable;

	if (q->token && q->token_file)
		bad_usage("unable to use both --token and --token-file");
	choice_read(&choice, filter_root());
	if (!choice.sealed) {
		nobody_yet(a, getuid());
	} else {
		if (!identity_ask(a, q))
			filter_deny();
		terms.passthrough = choice.passthrough;
		unusable = policy_open(&p, filter_root());
		if (unusable || !policy_allows(&p, a, action, &terms, &why)) {
			identity_deny("unable to %s: %s", verb, unusable ? unusable : buf_cstr(&why));
			filter_deny();
		}
		policy_close(&p);
	}
	buf_free(&why);
	choice_free(&choice);
}

static bool policy_may(const char *root, struct span user, enum action action, struct buf *why)
{
	/* Which of its roles it had is not known; those that the policy gives it count. */
	struct actor a = {.roles = (1u << ROLES) - 1, .expires = ACTOR_FOR_EVER};
	const struct policy_terms terms = {.now = clock_now()};
	struct policy p;
	const char *unusable = policy_open(&p, root);
	bool may = false;

	if (unusable) {
		buf_reset(why);
		buf_str(why, unusable);
	} else {
		buf_span_add(&a.user, user);
		a.origin = policy_origin(&p, user);
		may = policy_allows(&p, &a, action, &terms, why);
	}
	buf_free(&a.user);
	policy_close(&p);
	return may;
}

bool identity_may(const char *root, struct span user, uid_t uid, enum action action, struct buf *why)
{
	struct actor nobody = {.roles = 0};
	struct choice choice;
	bool may;

	choice_read(&choice, root);
	if (choice.sealed) {
		may = policy_may(root, user, action, why);
	} else {
		nobody_yet(&nobody, uid);
		may = span_eq(user, buf_span(&nobody.user));
		buf_reset(why);
		if (!may)
			buf_printf(why, "before genesis nobody is %.*s", (int)user.n, user.p);
		buf_free(&nobody.user);
	}
	choice_free(&choice);
	return may;
}
