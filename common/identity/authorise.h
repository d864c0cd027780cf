/* Who changes a plane: authenticated and allowed to, in the process that does it. */
#ifndef CP_IDENTITY_AUTHORISE_H
#define CP_IDENTITY_AUTHORISE_H

#include "filter/opt.h"
#include "identity/ask.h"

#include <sys/types.h>

/* The rows of an effect's option table that fill its struct ask. */
#define IDENTITY_OPTS(ask) \
	{.name = "provider", \
	 .value = "NAME", \
	 .summary = "who is asked, cp-auth-NAME (CONTROL_PLANE_AUTH_PROVIDER)", \
	 .kind = OPT_STR, \
	 .target = &(ask).provider}, \
	{.name = "secrets", \
	 .value = "FILE", \
	 .summary = "hmac: the secrets file ($HOME/.control_plane/auth_secrets.json)", \
	 .kind = OPT_STR, \
	 .target = &(ask).secrets}, \
	{.name = "token", \
	 .value = "TOKEN", \
	 .summary = "the token; others can see it, use --token-file", \
	 .kind = OPT_STR, \
	 .target = &(ask).token}, \
	{.name = "token-file", \
	 .value = "FILE", \
	 .summary = "a file with it (CONTROL_PLANE_TOKEN)", \
	 .kind = OPT_STR, \
	 .target = &(ask).token_file}

/* *a becomes the one who acts. Before genesis there is nobody who could be asked: it is `uid:N`, without a provider.
 * In a plane for development, who has no token and names no other provider is the user `dev` of passthrough.
 * Otherwise identity_ask, and the plane's roles decide whether it may do `action`. Denied: says so as "unable to
 * VERB: ..." and ends the process with 1; it does with 2 when the options contradict each other. */
void identity_authorise(struct actor *a, const struct ask *q, enum action action, const char *verb);

/* May the user whom an entry of the ledger names do it, by the plane's policy as it is now? For who goes on with what
 * another began: nobody has to be there. Before genesis it is `uid:N` of that uid. False: `why` becomes one line. */
bool identity_may(const char *root, struct span user, uid_t uid, enum action action, struct buf *why);

#endif
