#include "os/env.h"

#include <stdlib.h>

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
