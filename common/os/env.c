#include "os/env.h"

#include <stdlib.h>
#include <string.h>

static const char *value(const char *name)
{
	const char *v = getenv(name);
	return v && *v ? v : NULL;
}

const char *env_root(void)
{
	return value("CONTROL_PLANE_ROOT");
}

const char *env_columns(void)
{
	return value("COLUMNS");
}

const char *env_no_color(void)
{
	return value("NO_COLOR");
}

const char *env_tmpdir(void)
{
	return value("TMPDIR");
}

const char *env_term(void)
{
	return value("TERM");
}

const char *env_state_home(void)
{
	return value("XDG_STATE_HOME");
}

const char *env_home(void)
{
	return value("HOME");
}

const char *env_signing_key(void)
{
	return value("CONTROL_PLANE_SIGNING_KEY");
}

const char *env_listed(const char *name)
{
	return value(name);
}

const char *env_auth_provider(void)
{
	return value("CONTROL_PLANE_AUTH_PROVIDER");
}

static bool is_one(const char *name)
{
	const char *v = value(name);
	return v && strcmp(v, "1") == 0;
}

bool env_allow_passthrough(void)
{
	return is_one("CONTROL_PLANE_ALLOW_PASSTHROUGH");
}

bool env_allow_unsigned(void)
{
	return is_one("CONTROL_PLANE_ALLOW_UNSIGNED");
}

char *env_token(void)
{
	return getenv("CONTROL_PLANE_TOKEN");
}

char *env_shared_secret(void)
{
	return getenv("CONTROL_PLANE_SHARED_SECRET");
}
