/* Who acts: what a provider says of the one whose token it believed. */
#ifndef CP_IDENTITY_ACTOR_H
#define CP_IDENTITY_ACTOR_H

#include "identity/role.h"
#include "record/record.h"

enum { USER_BYTES = 255, SUBJECT_BYTES = 1024, PROVIDER_BYTES = 32 };
enum origin { ORIGIN_BUILT, ORIGIN_BUILDER, ORIGIN_ADMIN, ORIGINS };
#define ACTOR_FOR_EVER INT64_MAX

struct actor {
	struct buf user; /* bare from hmac and passthrough, else `PROVIDER:...` */
	struct buf provider;
	unsigned roles;
	enum origin origin;
	int64_t expires; /* ns since 1970, or ACTOR_FOR_EVER */
};

const char *origin_name(enum origin o);
bool origin_of(struct span name, enum origin *out);

/* [a-z0-9-]+ */
bool provider_name_good(struct span name);
/* Why the text is no bare user ("has a colon"), or NULL: 1 to 255 bytes of UTF-8 without `:` and what a terminal
 * obeys. */
const char *user_bad(struct span user);
/* The same of a user of any provider: bare, or a provider's name, a colon and 1 to 1024 such bytes. */
const char *subject_bad(struct span subject);
/* Is that the way in which this provider names its users? */
bool subject_is_of(struct span subject, struct span provider);

/* NULL, or why the record is no actor: every member there, in its form, and no other. */
const char *actor_read(struct actor *a, const struct record *r);
/* Appends the members, to a record begun with its kind. */
void actor_write(struct buf *b, const struct actor *a);
void actor_free(struct actor *a);

/* Appends a member: the names of a set of roles. */
void roles_write(struct buf *b, unsigned roles);

#endif
