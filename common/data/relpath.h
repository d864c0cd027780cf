/* Plane-relative paths: `/`-separated, no empty, `.` or `..` component, no leading or trailing `/`, no NUL. */
#ifndef CP_DATA_RELPATH_H
#define CP_DATA_RELPATH_H

#include "base/buf.h"

enum { RELPATH_NAME_MAX = 255, RELPATH_MAX = 65535 };

/* Why the bytes are no relative path ("is absolute", "has a .. component", ...), or NULL when they are one.
 * Any byte but NUL and `/` may stand in a component: names that are not UTF-8 are somebody else's finding. */
const char *relpath_bad(struct span path);

/* The order of every tree stream: bytes of the path, where a directory compares as `name/`. Returns <0, 0, >0. */
int relpath_cmp(struct span a, bool a_dir, struct span b, bool b_dir);

/* True when `path` lies beneath directory `dir` (both relative; dir "" holds everything). */
bool relpath_beneath(struct span path, struct span dir);

#endif
