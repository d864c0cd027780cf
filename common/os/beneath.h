/* Opening strictly beneath a directory: no symlink is followed in any component, `..` and absolute paths are refused by
 * the kernel (openat2 RESOLVE_BENEATH|NO_SYMLINKS|NO_MAGICLINKS; component by component where it is missing). */
#ifndef CP_OS_BENEATH_H
#define CP_OS_BENEATH_H

#include "base/buf.h"

#include <sys/types.h>

/* Like openat(2) with O_CLOEXEC and O_NOFOLLOW. `path` need not end in NUL. -1 with errno (ELOOP: a symlink on the
 * way). */
int beneath_open(int root, struct span path, int flags, mode_t mode);
/* The same without openat2(2), component by component; beneath_open takes this way by itself. */
int beneath_open_steps(int root, struct span path, int flags, mode_t mode);

/* The directory that holds `path`, kept open while consecutive paths share it. Zero-initialise with fd = -1. */
struct beneath_parent {
	int fd;
	struct buf dir;
};
/* Opens the parent of `path` (O_PATH|O_DIRECTORY) or re-uses it; *name is the last component as a C string, good until
 * the next call. Returns the descriptor (not the caller's to close) or -1 with errno. */
int beneath_parent(struct beneath_parent *b, int root, struct span path, const char **name);
void beneath_parent_close(struct beneath_parent *b);

/* mkdir -p beneath root; the modes of existing directories are left alone. 0 or -1 with errno. Each new directory's
 * parent is synced. */
int beneath_mkdirs(int root, struct span dir, mode_t mode);
/* The same, and nothing is synced: for who syncs all there is behind it. */
int beneath_mkdirs_unsynced(int root, struct span dir, mode_t mode);

#endif
