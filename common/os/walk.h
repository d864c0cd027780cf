/* A sorted walk of a tree: by the bytes of the path, where a directory compares as `name/`. Directory by directory
 * through descriptors (openat, O_NOFOLLOW), never by long paths, never across a link: neither depth nor PATH_MAX is a
 * limit. At most WALK_FDS directories stay open; one that was closed meanwhile is opened again from the root, name by
 * name, and must be the same directory still. Memory: the names in the directories between the root and the present
 * place. */
#ifndef CP_OS_WALK_H
#define CP_OS_WALK_H

#include "base/buf.h"

#include <sys/stat.h>

enum { WALK_FDS = 64, WALK_PATH_MAX = 65535 };

enum walk_error {
	WALK_FINE,
	WALK_UNREADABLE, /* no facts, or a directory that could not be listed: `number` is errno */
	WALK_CHANGING,   /* became something else, or a directory on the way was replaced, since its name was read */
};

struct walk_entry {
	struct span path;      /* relative to the root */
	const char *name;      /* its last component */
	int parent;            /* the directory that holds it, for *at() calls; -1 with WALK_CHANGING */
	mode_t type;           /* S_IFREG, S_IFDIR, S_IFLNK...: a directory comes before what is in it */
	enum walk_error error; /* unless WALK_FINE, `facts` says whether the members below are set */
	int number;
	bool facts;
	bool mount;            /* the root of another mount, or on another device than its parent */
	mode_t mode;           /* with the type's bits */
	uint64_t dev, ino, links;
	uint64_t size;
	int64_t mtime, ctime;  /* ns */
};

struct walk;

enum walk_flags {
	WALK_XDEV = 1, /* what is mounted in the tree is reported, not entered */
	WALK_LAZY = 2, /* regular files are named, not looked at: they come without facts */
};

/* `root` is an open directory and stays the caller's. `decide` may be NULL; it is asked in the order of the walk, by
 * path and type, before anything is opened or stat'ed: the seam for scopes and exclusions. NULL with errno when the
 * root cannot be listed. */
enum walk_choice { WALK_TAKE, WALK_LEAVE };
typedef enum walk_choice walk_decide(void *ctx, struct span path, mode_t type);
struct walk *walk_open(int root, unsigned flags, walk_decide *decide, void *ctx);
/* True: *e is set, good until the next call; false: done. What vanished since its name was read is left out. */
bool walk_next(struct walk *w, struct walk_entry *e);
/* The word for the type in st_mode: "file", "dir", "symlink", "fifo", "socket", "block", "char", "unknown". */
const char *walk_filetype(mode_t mode);
void walk_close(struct walk *w);

#endif
