#include "provider/provide.h"

#include "filter/filter.h"
#include "identity/token.h"
#include "os/clock.h"

#include <errno.h>

bool provide_begin(struct provided *p, const char *at)
{
	const char *root = filter_root(), *why;

	*p = (struct provided){.now = option_time("at", at, clock_now())};
	secret_init(&p->token);
	why = token_read(&p->token, 0);
	if (why && errno) {
		sys_fail(0, "unable to read the token: %s", why);
	} else if (why) {
		err_place("stdin", 0);
		bad_input("unable to read the token: %s", why);
	}
	why = policy_open(&p->policy, root);
	if (why)
		identity_deny(POLICY_FILE " cannot be used: %s", why);
	return !why;
}

void provide_actor(const struct provided *p, struct actor *a)
{
	a->roles |= policy_roles(&p->policy, buf_span(&a->user));
	a->origin = policy_origin(&p->policy, buf_span(&a->user));
	actor_write(out_record("actor"), a);
	emit_out();
}

void provide_end(struct provided *p)
{
	secret_free(&p->token);
	policy_close(&p->policy);
}
