/* Every environment variable the suite reads, by name, here and nowhere else. */
#ifndef CP_OS_ENV_H
#define CP_OS_ENV_H

/* NULL when unset or empty. */
const char *env_root(void);     /* CONTROL_PLANE_ROOT */
const char *env_columns(void);  /* COLUMNS */
const char *env_no_color(void); /* NO_COLOR (no-color.org) */
const char *env_tmpdir(void);   /* TMPDIR */
const char *env_term(void);     /* TERM */
const char *env_state_home(void); /* XDG_STATE_HOME (XDG base directories) */
const char *env_home(void);     /* HOME */

#endif
