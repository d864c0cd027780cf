/* What the modules of this floor share about the running filter. Not for filters, but for cp-options, which gives
 * compositions the same option parsing. */
#ifndef CP_FILTER_INTERNAL_H
#define CP_FILTER_INTERNAL_H

#include "filter/filter.h"

/* Values of the options every filter shares. */
struct shared_options {
	const char *root, *fail_on;
	bool open, quiet, dry_run, allow_empty;
};

enum opt_answer { OPT_RUN, OPT_ANSWERED };

/* Parses; fills targets. OPT_ANSWERED: --help, --version or --describe was asked for, and its text is in *text.
 * The operands are then argv[1] to argv[*operands]. Ends the process with status 2 on a wrong call. */
enum opt_answer opt_parse(const struct filter *self, struct shared_options *shared, int argc, char **argv,
			  int *operands, struct buf *text);

/* The words --describe has for enum filter_role and the bits of enum filter_flags; NULL ends each. */
extern const char *const opt_roles[], *const opt_flags[];

/* --root, else CONTROL_PLANE_ROOT; resolved. NULL when neither; status 2 or 4 when it cannot be. */
const char *root_given(const char *option);
/* What readers may find on their own: the nearest parent directory that looks like a plane, or NULL. */
const char *root_discover(void);
/* The root a `plane` record names, as a C string (malloc), or NULL when it names none. */
char *root_of_plane(const struct record *r);

#endif
