/* Authenticating: one's token is given to the program of a provider, whose answer is believed only as far as it is
 * one. A program that changes a plane does this in its own process, before it reads its input; cp-auth does it for a
 * pipe. */
#ifndef CP_IDENTITY_ASK_H
#define CP_IDENTITY_ASK_H

#include "identity/actor.h"

/* What may have been said by options; NULL: it was not. */
struct ask {
	char *token;            /* wiped where it stands */
	const char *token_file; /* "-": standard input */
	const char *provider;   /* else CONTROL_PLANE_AUTH_PROVIDER */
	const char *secrets;    /* the file; only hmac is told */
	const char *plane_uid;  /* else any; only hmac is told */
	const char *at;
};

/* Takes the token from the option, the file or CONTROL_PLANE_TOKEN, and CONTROL_PLANE_SHARED_SECRET, which is handed to
 * hmac alone; both are wiped in the environment, whatever happens. The provider cp-auth-NAME is a program of the
 * suite's own directory; it starts with an empty environment and reads the token from its standard input. True: *a is
 * who it is, of a user that has this provider's form. False: denied, and that was said in one line. Ends the process
 * with 3 when the provider's answer is none, with 4 when it failed, with 128+n when signal n killed it. Call
 * secret_guard first. What the plane pins goes before what is chosen (choice.h); in a plane for development, who has no
 * token and names no other provider is `dev`, of passthrough. */
bool identity_ask(struct actor *a, const struct ask *q);

/* Says on standard error why not; the status becomes 1. */
void identity_deny(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
