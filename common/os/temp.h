/* Temporary files without a name: nothing is left behind whatever kills the process. */
#ifndef CP_OS_TEMP_H
#define CP_OS_TEMP_H

/* A read-write descriptor of a new, empty, unnamed file (0600, O_CLOEXEC) in TMPDIR or /tmp. -1 with errno. */
int temp_open(void);

#endif
