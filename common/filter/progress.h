/* How far it is: one line on stderr, drawn over the one before, and only where that is a terminal. */
#ifndef CP_FILTER_PROGRESS_H
#define CP_FILTER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool on;
	int64_t drawn;
};

/* Does nothing from here on unless `wanted` and stderr is a terminal. */
void progress_open(struct progress *p, bool wanted);
/* Draws at most ten times a second; never fails. */
void progress_say(struct progress *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Takes the line away. */
void progress_close(struct progress *p);

#endif
