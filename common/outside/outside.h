/* Files that a plane's own people may not reach: keyrings, private keys, shared secrets. They lie outside every plane,
 * in directories that nobody but the user or root may write to. */
#ifndef CP_OUTSIDE_OUTSIDE_H
#define CP_OUTSIDE_OUTSIDE_H

#include <stdbool.h>

struct outside {
	int dir;    /* its directory, O_PATH */
	char *name; /* the last component, no link when it was looked at */
	char *path; /* the real path, for messages */
	const char *root; /* the caller's */
};

/* Resolves all links of `path` (of which the last component may be absent), then goes down the real path from /
 * without following any: each directory belongs to us or to root, nobody else may write to it (but for sticky ones of
 * root's, such as /tmp), and none is, or is below, the root of a plane, also where a bind mount hides that. `root`
 * (may be NULL) is the plane's that is worked on. 0, or -1: *why, with errno 0 unless the system failed. */
int outside_open(struct outside *o, const char *path, const char *root, const char **why);
/* The file itself, to be read: regular, with one name, one of ours or root's, that nobody else may write to, and not
 * mounted there out of a plane. A descriptor, or -1. */
int outside_read(const struct outside *o, const char **why);
void outside_close(struct outside *o);

#endif
