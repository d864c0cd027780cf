/* A bind mount shows a part of a tree and hides what lies above it. Where the same file system is also mounted with
 * more of it to be seen, that is looked at here. */
#ifndef CP_OUTSIDE_MOUNTS_H
#define CP_OUTSIDE_MOUNTS_H

#include <stdbool.h>

/* Is, by whatever other mount that this process can see, one of the directories above the root of fd's own mount, or
 * above where that other one is mounted, such that `is` says so? Where the system does not tell: no. */
bool mounts_hide(int fd, bool (*is)(int dir, const void *ctx), const void *ctx);

#endif
