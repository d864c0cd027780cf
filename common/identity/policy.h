/* config/roles.json (cp-roles(5)): who has which role, and the law that follows from it. An effect asks it in its own
 * process; cp-authz asks it of an actor that came by a pipe. */
#ifndef CP_IDENTITY_POLICY_H
#define CP_IDENTITY_POLICY_H

#include "data/json.h"
#include "identity/actor.h"

#define POLICY_FILE "config/roles.json"

struct policy {
	struct buf text;
	struct json json;
	uint32_t users, origins, claims; /* 0: absent */
};

/* Of the plane at `root`. NULL, or why nobody may do anything: it is not there, not whole, or others may write it. */
const char *policy_open(struct policy *p, const char *root);
/* The same of a text, which is taken over. */
const char *policy_read(struct policy *p, struct buf *text);
void policy_close(struct policy *p);

/* What stands there for that user; no role, and BUILT, where nothing does. */
unsigned policy_roles(const struct policy *p, struct span user);
enum origin policy_origin(const struct policy *p, struct span user);
/* What the claims of an issuer's token bring, and what any could. */
unsigned policy_claimed(const struct policy *p, struct span issuer, const struct json *claims);
unsigned policy_claimable(const struct policy *p, struct span issuer);

/* What else a decision rests on. */
struct policy_terms {
	int64_t now;      /* ns since 1970 */
	bool passthrough; /* struct choice */
};
/* May the actor do it? Only the roles count that it has and that the policy gives it now. `why` becomes one line
 * either way. */
bool policy_allows(const struct policy *p, const struct actor *a, enum action action, const struct policy_terms *t,
		   struct buf *why);

#endif
