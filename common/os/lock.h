/* Advisory locks (open file description locks): released by the kernel when the process dies, never stale. */
#ifndef CP_OS_LOCK_H
#define CP_OS_LOCK_H

#include <stdbool.h>

/* 0, or -1 with errno (EAGAIN: somebody else holds it and `wait` is false). */
int lock_exclusive(int fd, bool wait);
int lock_shared(int fd, bool wait);

#endif
