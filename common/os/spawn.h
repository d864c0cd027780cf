/* Running another program. */
#ifndef CP_OS_SPAWN_H
#define CP_OS_SPAWN_H

#include <sys/types.h>

/* Starts argv[0] (looked up in PATH) with these descriptors as 0, 1, 2 (-1: ours). SIGPIPE is back to its default in
 * the child, signals are unblocked. Returns the pid, or -1 with errno (exec failures included: ENOENT and so on). */
pid_t spawn(char *const argv[], int in, int out, int err);
/* The same with nothing in its environment: for programs that decide, or hold a key. argv[0] is a path. */
pid_t spawn_alone(char *const argv[], int in, int out, int err);
/* Waits. The exit code 0..255, or 128 + n when signal n killed it; -1 with errno. */
int spawn_wait(pid_t pid);

#endif
