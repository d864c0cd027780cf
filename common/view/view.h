/* Views: a stream of records as text for people and foreign tools, one small module per format. Pure: records in,
 * text out; no descriptor, no clock, no environment. Every view
 * - streams: memory does not grow with the stream (each module says what it holds and where it stops);
 * - stays well-formed when the stream is cut, and says there that it was cut;
 * - treats every member as hostile: what a format or a terminal could take for its own syntax is escaped.
 * Adding a format: one module, one line in view.c. */
#ifndef CP_VIEW_VIEW_H
#define CP_VIEW_VIEW_H

#include "base/err.h"
#include "record/finding.h"
#include "record/record.h"

/* What was asked for. Spans live as long as the view. */
struct view_ask {
	unsigned width;            /* columns of the screen; 0: as wide as it gets */
	bool color;
	const struct span *column; /* columns by hand; NULL: the view's choice */
	size_t columns;
	bool timed;                /* `at` is given */
	int64_t at;                /* seconds since 1970 */
};

/* Counted over the whole stream, whatever is shown of it. */
struct view_tally {
	uint64_t records;
	uint64_t findings;
	uint64_t by_severity[SEVERITY_ERROR + 1];
	uint64_t verdicts, passed;
	uint64_t checked; /* the sum of the verdicts' */
};

struct view_end {
	bool complete;      /* false: the stream was cut, no answer can be drawn from it */
	bool by_hand;       /* the end was put there by hand: nobody vouches for it */
	enum status status; /* of the stream; STATUS_INPUT or worse when cut */
	const struct view_tally *tally;
};

/* One format. All three append text to `out`, which the caller empties whenever it likes. */
struct view {
	const char *name;
	bool columns; /* takes columns by hand, and may be shown a part of the stream (--only) */
	void *(*open)(const struct view_ask *ask, struct buf *out);           /* returns the view's state */
	void (*record)(void *state, struct record *r, struct buf *out);       /* any kind but `end` */
	void (*close)(void *state, const struct view_end *end, struct buf *out); /* also frees the state */
};

extern const struct view view_table, view_tree, view_csv, view_markdown, view_tap, view_junit, view_sarif,
	view_prometheus;

/* NULL when there is no such format. view_at steps through all of them, NULL behind the last. */
const struct view *view_find(const char *name);
const struct view *view_at(size_t i);

void view_count(struct view_tally *t, const struct record *r);

/* Appends one line, LF included: `3 findings (2 errors, 1 warning), 120 checked: no`. */
void view_summary(struct buf *b, const struct view_end *end);
/* What every format calls a cut stream: "the stream has no end". */
extern const char view_cut[];

#endif
