/* A new directory with files in it, wholly there or not at all. */
#ifndef CP_BUNDLE_NEWDIR_H
#define CP_BUNDLE_NEWDIR_H

#include "base/buf.h"

struct newfile {
	struct span path, text; /* path: relative, with as many directories as it likes */
	bool execute;
};

/* Makes `path`; its parent must be there. It is built beside it as `.NAME.new` (which a kill leaves, and the next one
 * refuses: EEXIST), synced, then gets its name. 0, or -1 with errno: EEXIST, something has the name; nothing is left
 * then. */
int newdir_make(const char *path, const struct newfile *file, size_t n);

#endif
