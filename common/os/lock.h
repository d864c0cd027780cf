/* Advisory locks (open file description locks): released by the kernel when the process dies, never stale. */
#ifndef CP_OS_LOCK_H
#define CP_OS_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/* 0, or -1 with errno (EAGAIN: somebody else holds it and `wait` is false). */
int lock_exclusive(int fd, bool wait);
int lock_shared(int fd, bool wait);
/* The same of one byte of the file, which need not exist: a file of many locks. */
int lock_exclusive_at(int fd, int64_t at, bool wait);
int lock_shared_at(int fd, int64_t at, bool wait);
int unlock_at(int fd, int64_t at);

#endif
