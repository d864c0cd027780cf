#include "identity/role.h"

static const char *const roles[ROLES] = {
	[ADMIN_ROLE] = "admin",
	[MAINTAINER_ROLE] = "maintainer",
	[AUDITOR_ROLE] = "auditor",
	[READER_ROLE] = "reader",
};

enum {
	ADMIN = 1 << ADMIN_ROLE,
	MAINTAIN = ADMIN | 1 << MAINTAINER_ROLE,
	LOOK = MAINTAIN | 1 << AUDITOR_ROLE | 1 << READER_ROLE,
};

static const struct {
	const char *name;
	unsigned roles;
} actions[ACTIONS] = {
	[ACTION_CREATE] = {"create", ADMIN},
	[ACTION_INSTALL] = {"install", MAINTAIN},
	[ACTION_UPDATE] = {"update", MAINTAIN},
	[ACTION_REMOVE] = {"remove", MAINTAIN},
	[ACTION_PACK] = {"pack", MAINTAIN},
	[ACTION_VERIFY] = {"verify", LOOK},
	[ACTION_HASH_UPDATE] = {"hash_update", ADMIN},
	[ACTION_CHECKPOINT] = {"checkpoint", MAINTAIN},
	[ACTION_ROLLBACK] = {"rollback", ADMIN},
	[ACTION_REGISTER] = {"register", ADMIN},
};

const char *role_name(enum role r)
{
	return roles[r];
}

bool role_of(struct span name, enum role *out)
{
	for (*out = 0; *out < ROLES; ++*out)
		if (span_is(name, roles[*out]))
			return true;
	return false;
}

const char *action_name(enum action a)
{
	return actions[a].name;
}

bool action_of(struct span name, enum action *out)
{
	for (*out = 0; *out < ACTIONS; ++*out)
		if (span_is(name, actions[*out].name))
			return true;
	return false;
}

unsigned action_roles(enum action a)
{
	return actions[a].roles;
}
