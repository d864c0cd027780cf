/* A foreign program inside the contract: its standard output is read as records, of which none may be a control record
 * (`end`, `verdict`); its standard error is ours. It is always waited for; when we leave early it is ended first. */
#ifndef CP_FILTER_CHILD_H
#define CP_FILTER_CHILD_H

#include "filter/filter.h"
#include "os/in.h"

#include <sys/types.h>

enum child_input {
	CHILD_NULL,    /* reads /dev/null */
	CHILD_INHERIT, /* reads our standard input */
	CHILD_FEED,    /* reads what child_feed gives it */
};

enum child_line {
	CHILD_RECORD, /* child->record is set, alive until the next call */
	CHILD_EOF,    /* it closed its standard output (a last line that is cut is remembered for child_end) */
};

struct child {
	const char *name;
	pid_t pid;
	int pidfd;        /* readable once it has ended; -1: not known */
	int to, from;     /* our ends of its standard input (non-blocking) and output; -1 once closed */
	struct in lines;
	struct record record;
	struct buf feed;  /* not written yet: the bytes from `fed` on */
	size_t fed;
	bool eof, cut, exited;
	bool refused;     /* it left something unread that it was fed */
	int code;         /* when exited: as spawn_wait has it */
};

/* Starts argv[0]; ends the process with status 4 when it cannot be run. One child at a time. */
void child_start(struct child *c, char **argv, enum child_input input);
/* The same of one of the suite's own programs (share_program), with an empty environment. */
void child_start_alone(struct child *c, char **argv, enum child_input input);
/* Writes all that it was fed, waiting for it where it must. False: it reads no more. */
bool child_push_all(struct child *c);
/* The next line of its output, checked: anything but a record, and a control record, is status 3. May block unless
 * in_ready(&c->lines). */
enum child_line child_line(struct child *c);
/* Hands a finding of the child on as our own, anything else as it is. */
void child_emit(const struct child *c);

/* Adds a line (and its LF) to what it is to read; dropped when it reads no more. */
void child_feed(struct child *c, struct span line);
static inline size_t child_backlog(const struct child *c) { return c->feed.n - c->fed; }
/* Writes what its pipe takes without blocking. A pipe it closed is no error: what it reads is its choice. */
void child_push(struct child *c);
void child_close_feed(struct child *c);
/* Bytes in its pipe that it has not read. */
size_t child_unread(const struct child *c);

/* Notes that it has ended (its pidfd said so, or blocking). */
void child_reap(struct child *c);
/* Its output was read to the end: waits, and ends the process without an end record unless it exited 0 behind a whole
 * line: 128+n when signal n killed it, 4 when it exited with another code, 3 when its last line is cut. */
void child_end(struct child *c);

#endif
