#include "identity/authorise.h"

#include "filter/filter.h"
#include "identity/choice.h"
#include "identity/policy.h"
#include "os/clock.h"

#include <unistd.h>

static void nobody_yet(struct actor *a)
{
	buf_printf(&a->user, "uid:%ju", (uintmax_t)getuid());
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
		nobody_yet(a);
	} else {
		if (!identity_ask(a, q))
			filter_abandon(STATUS_NO);
		terms.passthrough = choice.passthrough;
		unusable = policy_open(&p, filter_root());
		if (unusable || !policy_allows(&p, a, action, &terms, &why)) {
			identity_deny("unable to %s: %s", verb, unusable ? unusable : buf_cstr(&why));
			filter_abandon(STATUS_NO);
		}
		policy_close(&p);
	}
	buf_free(&why);
	choice_free(&choice);
}
