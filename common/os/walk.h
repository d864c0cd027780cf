/* A sorted walk of a tree: by the bytes of the path, where a directory compares as `name/`. Directory by directory through
 * descriptors (openat, O_NOFOLLOW), never by long paths, never across a link. Memory: the names of the directories between
 * the root and the present place. */
#ifndef CP_OS_WALK_H
#define CP_OS_WALK_H

#include "base/buf.h"

#include <sys/stat.h>

enum walk_event {
	WALK_ENTRY,       /* anything but a directory */
	WALK_DIR,         /* a directory, before what is in it: walk_skip() leaves it out */
	WALK_ERROR,       /* could not be read: `error` is errno, `st` may be zero */
};

struct walk_entry {
	enum walk_event event;
	struct span path;     /* relative to the root */
	const char *name;     /* last component, C string */
	int parent;           /* descriptor of the directory that holds it */
	struct stat st;       /* lstat; only st_mode's type is set while `lazy` */
	bool mount;           /* another device or mount than its parent's */
	int error;
};

struct walk;
/* `root` is an open directory. `decide` may be NULL; it is asked by path and type before anything is stat'ed and says whether to
 * go there: the seam for scopes and exclusions. */
enum walk_choice { WALK_TAKE, WALK_LEAVE };
struct walk *walk_open(int root, enum walk_choice (*decide)(void *ctx, struct span path, bool is_dir), void *ctx);
/* 1: *e is set, good until the next call; 0: done. */
int walk_next(struct walk *w, struct walk_entry *e);
/* Do not descend into the directory last returned. */
void walk_skip(struct walk *w);
void walk_close(struct walk *w);

#endif
