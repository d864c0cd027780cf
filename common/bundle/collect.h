/* The archive that a directory makes (tarout.h): each regular file in it, under its path, with the execute bit of its
 * owner and nothing else of what the directory knows. Empty directories leave no trace. */
#ifndef CP_BUNDLE_COLLECT_H
#define CP_BUNDLE_COLLECT_H

#include "base/buf.h"

/* Writes it to `fd`, with `manifest` (p NULL: the directory's own) as its manifest. What is neither file nor directory,
 * and names that no package may have, are made findings (filter/filter.h) and left out. Ends the process with 4
 * when something cannot be read or written, with 3 when a file changes meanwhile. */
void bundle_collect(int dir, int fd, struct span manifest);
/* The archive of one open file, which has that path in it. */
void bundle_collect_file(int file, struct span path, int fd, struct span manifest);

#endif
