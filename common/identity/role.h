/* Roles and what they may do: the one table (001, 7-trust). */
#ifndef CP_IDENTITY_ROLE_H
#define CP_IDENTITY_ROLE_H

#include "base/buf.h"

/* A set of them is an unsigned with the bit 1 << role. */
enum role { ADMIN_ROLE, MAINTAINER_ROLE, AUDITOR_ROLE, READER_ROLE, ROLES };

const char *role_name(enum role r);
bool role_of(struct span name, enum role *out);

enum action {
	ACTION_CREATE,
	ACTION_INSTALL,
	ACTION_UPDATE,
	ACTION_REMOVE,
	ACTION_PACK,
	ACTION_VERIFY,
	ACTION_HASH_UPDATE,
	ACTION_CHECKPOINT,
	ACTION_ROLLBACK,
	ACTION_REGISTER,
	ACTIONS
};

const char *action_name(enum action a);
bool action_of(struct span name, enum action *out);
/* The set of roles that may do it. */
unsigned action_roles(enum action a);

#endif
