/* What the providers cp-auth-NAME have in common: a token record on standard input, one actor or a denial on standard
 * output. */
#ifndef CP_PROVIDER_PROVIDE_H
#define CP_PROVIDER_PROVIDE_H

#include "identity/ask.h"
#include "identity/policy.h"
#include "seal/secret.h"

struct provided {
	int64_t now;
	struct secret token;
	struct policy policy;
};

/* Reads the token and the plane's roles. False: denied, and that was said. `at` NULL: the clock. */
bool provide_begin(struct provided *p, const char *at);
/* Gives the actor its origin and, besides those it has, the roles that the policy gives its user, and emits it. */
void provide_actor(const struct provided *p, struct actor *a);
void provide_end(struct provided *p);

#endif
