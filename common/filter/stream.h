/* Reading one stream: lines to records, the end record checked (count, status, nothing behind it). The loop reads stdin
 * with it; programs that read several streams or a command's output use it themselves. */
#ifndef CP_FILTER_STREAM_H
#define CP_FILTER_STREAM_H

#include "base/err.h"
#include "os/in.h"
#include "record/record.h"

enum stream_result {
	STREAM_RECORD, /* s->record is set; not an end */
	STREAM_END,    /* a valid end was read, and nothing behind it: status, by, by_hand are set */
	STREAM_OPEN,   /* end of input without an end record */
	STREAM_BAD,    /* not trustworthy (s->bad: STATUS_INPUT) or not readable (STATUS_SYSTEM), and that was said */
};

struct stream {
	const char *name; /* for diagnostics */
	struct in in;
	struct record record;
	uint64_t count; /* records before the end */
	enum status status, bad;
	struct buf by;
	bool by_hand;
};

void stream_open(struct stream *s, int fd, const char *name);
enum stream_result stream_next(struct stream *s);
void stream_close(struct stream *s); /* frees; the descriptor is the caller's */

/* Appends an end record, without LF. */
void end_write(struct buf *b, uint64_t count, enum status status, struct span by, bool by_hand);

#endif
