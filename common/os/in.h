/* Reading lines: 64 KiB at a time, slices of the buffer, no copy. */
#ifndef CP_OS_IN_H
#define CP_OS_IN_H

#include "base/buf.h"

enum in_result {
	IN_END = 0,     /* end of input, right behind a LF (or nothing at all) */
	IN_LINE = 1,    /* *line is set, without its LF */
	IN_CUT = -1,    /* the last line has no LF; *line is what there is */
	IN_LONG = -2,   /* a line longer than the limit */
	IN_ERROR = -3,  /* read failed; errno */
};

struct in {
	int fd;
	char *p;
	size_t start, end, cap, limit;
	unsigned long line; /* number of the line last returned, 1-based */
	void (*before_block)(void); /* called before a read that could block; may be NULL */
	bool eof;
};

/* limit: longest line without its LF. */
void in_open(struct in *in, int fd, size_t limit);
/* The slice is alive until the next call. */
enum in_result in_line(struct in *in, struct span *line);
/* For poll loops. Would the next in_line answer without reading? */
bool in_ready(const struct in *in);
/* Reads once (for a descriptor poll calls readable: without blocking). False: it failed, errno. Only unless
 * in_ready. */
bool in_fill(struct in *in);
void in_close(struct in *in); /* frees the buffer; the descriptor is the caller's */

/* The whole file into b. 0, or -1 with errno (EFBIG over max). Works on anything readable. */
int slurp_fd(int fd, size_t max, struct buf *b);
int slurp(const char *path, size_t max, struct buf *b);

#endif
