/* Replacing a file whole: temporary beside it (O_EXCL, 0600), written, synced, renamed over, directory synced. Whoever
 * looks sees the old bytes or the new. A temporary left by a kill is named `.NAME.new`; the next save takes its
 * place. */
#ifndef CP_OS_SAVE_H
#define CP_OS_SAVE_H

#include "os/out.h"

#include <stdbool.h>
#include <sys/types.h>

struct save {
	int dir;         /* where it goes */
	int fd;          /* of the temporary */
	char *name, *temp;
	mode_t mode;     /* the file's, set just before the rename */
	bool fresh;      /* set it, and save_commit replaces nothing: EEXIST */
	bool unsynced;   /* set it, and nothing is synced: for many files, with one syncfs behind them all */
	struct out out;  /* write here */
};

/* `dir` is a directory descriptor (AT_FDCWD allowed), `name` one component, or with AT_FDCWD any path; its own
 * directory is then opened, and what is there must be a regular file (EEXIST: a device, a fifo, a link). 0 or -1 with
 * errno; EBUSY when another save of it is under way. */
int save_begin(struct save *s, int dir, const char *name, mode_t mode);
/* Flushes, syncs, renames, syncs the directory. 0 or -1 with errno; on failure the old file stands, unless it was only
 * the directory that could not be synced. Either way the save is over. */
int save_commit(struct save *s);
/* Flushes, syncs and sets the mode already now; whoever goes on to do more before it commits learns of a full disk. */
int save_sync(struct save *s);
/* Drops the temporary. Harmless after save_commit or a save_begin that failed. */
void save_abort(struct save *s);

/* Makes `name` (one component, beneath `dir`) with mode 0600 and those bytes, for what may neither be replaced nor be
 * there by half, and whose bytes may lie nowhere else: it has no name until it is whole and synced (O_TMPFILE). Where
 * the file system has no such files it is made under its own name, and a kill leaves its beginning. 0, or -1 with
 * errno: EEXIST, what has the name is left alone; with any other nothing is left. */
int save_new(int dir, const char *name, struct span bytes);

/* A read-write descriptor of a new, empty file without a name (0600), in TMPDIR or /tmp: nothing is left behind
 * whatever ends the process. -1 with errno. */
int temp_open(void);

/* fsync of the directory; 0 or -1. */
int sync_dir(int dir);

#endif
