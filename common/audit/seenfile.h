/* What this user has seen, a small file for each thing, so that going back is noticed: in $XDG_STATE_HOME, else
 * ~/.local/state, beneath it cp-filters/seen/. Who may write there may forget; nobody else may. */
#ifndef CP_AUDIT_SEENFILE_H
#define CP_AUDIT_SEENFILE_H

#include "os/save.h"

/* What is kept under that name (one component). 1; 0: nothing is; -1: it cannot be read, errno. */
int seenfile_read(const char *name, struct buf *text);
/* Begins to keep something else: nobody else does until save_commit or save_abort, so what is read now stands. Waits a
 * little for another who does. 0, or -1 with errno (ENOENT: the environment names no such directory). */
int seenfile_begin(struct save *s, const char *name);

#endif
