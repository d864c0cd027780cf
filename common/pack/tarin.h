/* The members of a tar file that may have been made to hurt. libarchive reads it, and any answer of it but
 * ARCHIVE_OK is the end. Nothing is written anywhere. */
#ifndef CP_PACK_TARIN_H
#define CP_PACK_TARIN_H

#include "base/buf.h"

#include <sys/types.h>

enum {
	TAR_NAME = 255,           /* bytes of a component */
	TAR_PATH = 4096,          /* bytes of a path */
	TAR_MEMBERS = 1 << 18,    /* members of an archive */
	TAR_PATHS = 32 << 20,     /* bytes of all paths together */
};

struct tarmember {
	struct span path;   /* as it stands there; good until the next call */
	const char *type;   /* "file", "dir", "symlink", "hardlink", "fifo", "block", "char", "unknown" */
	struct span target; /* of a link */
	unsigned mode;      /* permissions, of twelve bits */
	uint64_t size;
};

struct tarin;

/* `fd` is at the start of an uncompressed tar file, and stays the caller's. NULL: *why. */
struct tarin *tarin_open(int fd, const char **why);
/* The same of what `more` gives: a piece of the tar file, good until the next call, 0 at its end, -1: it cannot. */
typedef ssize_t tar_more(void *ctx, const void **piece);
struct tarin *tarin_open_from(tar_more *more, void *ctx, const char **why);
/* 1: a member, 0: the end, -1: *why is a predicate about the archive. */
int tarin_next(struct tarin *t, struct tarmember *m, const char **why);
/* Of the member's content: bytes, 0 at its end, which comes after as many as it said, -1: *why. */
ssize_t tarin_read(struct tarin *t, void *p, size_t n, const char **why);
void tarin_close(struct tarin *t);

/* NULL, or why a member may not have that path, as a predicate: it is no relative path, too long, no UTF-8, or holds a
 * character that moves a cursor. */
const char *tar_path_bad(struct span path);

#endif
