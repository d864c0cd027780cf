/* Every environment variable the suite reads, by name, here and nowhere else. */
#ifndef CP_OS_ENV_H
#define CP_OS_ENV_H

#include <stdbool.h>

/* NULL when unset or empty. */
const char *env_root(void);     /* CONTROL_PLANE_ROOT */
const char *env_columns(void);  /* COLUMNS */
const char *env_no_color(void); /* NO_COLOR (no-color.org) */
const char *env_tmpdir(void);   /* TMPDIR */
const char *env_term(void);     /* TERM */
const char *env_state_home(void); /* XDG_STATE_HOME (XDG base directories) */
const char *env_home(void);     /* HOME */
const char *env_signing_key(void);   /* CONTROL_PLANE_SIGNING_KEY: the path of a private key */
const char *env_auth_provider(void); /* CONTROL_PLANE_AUTH_PROVIDER */
bool env_allow_passthrough(void);    /* CONTROL_PLANE_ALLOW_PASSTHROUGH, exactly 1 */
const char *env_listed(const char *name); /* one that a plane's config/outputs.json lists */
bool env_allow_unsigned(void);       /* CONTROL_PLANE_ALLOW_UNSIGNED, exactly 1 */
/* The value where it stands, for secret_take_env (seal/secret.h), which wipes it there. */
char *env_token(void);               /* CONTROL_PLANE_TOKEN */
char *env_shared_secret(void);       /* CONTROL_PLANE_SHARED_SECRET */

#endif
