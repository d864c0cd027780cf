/* One thing on disk that is to be moved: what it is, held by a descriptor, so that what arrives is what left. */
#ifndef CP_TREE_THING_H
#define CP_TREE_THING_H

#include "record/record.h"
#include "seal/digest.h"

#include <sys/stat.h>

struct thing {
	int fd;               /* a regular file: for reading; else O_PATH. -1: not open */
	struct stat st;
	bool hashed;          /* a file or a symlink */
	char hash[DIGEST_TEXT];
};

/* Opens and hashes what is at path beneath dir. 0, or -1 with errno (EAGAIN: it changed while it was looked at). */
int thing_open(struct thing *t, int dir, struct span path, struct digest *d);
/* Hashes it again through its descriptor; is it still what it was? */
bool thing_unchanged(struct thing *t, struct digest *d);
void thing_close(struct thing *t);

/* Appends filetype, size, mode, hash, dev, ino and mtime as members of a record. */
void thing_write(struct buf *b, const struct thing *t);
/* Does the record name this very thing? Moved: by type and hash alone, as its inode may have come from a backup. */
bool thing_is(const struct thing *t, const struct record *r, bool moved);

/* Renames without replacing; both directories are opened beneath `root`. 0, or -1 with errno. */
int thing_move(int root, struct span from, struct span to);

#endif
