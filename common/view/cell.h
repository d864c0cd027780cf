/* What the views share: a record's members as text, the columns of a table, and shortening text to a width. */
#ifndef CP_VIEW_CELL_H
#define CP_VIEW_CELL_H

#include "view/view.h"

/* --- Members --- */

/* A finding's members, as far as it has them. Bytes live until the next read into the same struct. */
struct finding_cells {
	struct span code, path, detail, by; /* path: `path:line` or `source:line` */
	struct span file;       /* where `located` */
	int64_t line;           /* of it; 0: none */
	bool located;           /* path or source is one: relative, without `..` */
	enum severity severity; /* an unknown severity is an error */
	struct buf scratch[5];
};

void finding_cells_read(struct finding_cells *f, struct record *r);
void finding_cells_free(struct finding_cells *f);

/* A verdict's. `pass` only when it says so in so many words. */
struct verdict_cells {
	struct span gate;
	bool pass;
	int64_t checked;
	struct buf scratch;
};

void verdict_cells_read(struct verdict_cells *v, const struct record *r);
void verdict_cells_free(struct verdict_cells *v);

/* Appends the raw text of top-level member `key`: a string decoded, a path in its own bytes even from path_b64,
 * anything else as its JSON. Nothing when absent. Returns the member's type, JSON_NULL when absent. */
enum json_type cell_raw(struct buf *b, struct record *r, struct span key);

/* --- Columns --- */

/* A list of column names that owns its bytes. */
struct columns {
	struct buf names;
	size_t *end; /* where name i ends */
	size_t n, cap;
};

/* The bytes from start to end of what may still be an empty buffer. */
static inline struct span buf_slice(const struct buf *b, size_t start, size_t end)
{
	return end > start ? (struct span){b->p + start, end - start} : SPAN("");
}

struct span column_name(const struct columns *c, size_t i);
void columns_add(struct columns *c, struct span name);
void columns_reset(struct columns *c);
void columns_free(struct columns *c);
/* By hand where asked, else what a person wants to know of this kind: findings, trees and verdicts have a fixed choice,
 * other kinds their first COLUMNS_SHOWN scalar members but `kind` and those that are null. */
enum { COLUMNS_SHOWN = 12 };
void columns_choose(struct columns *c, const struct view_ask *ask, const struct record *r);
/* The name of the group the record belongs to: its kind, or "tree" for file, dir and special. */
struct span column_group(const struct record *r);
/* Appends the cell for a person's eyes, escaped: hashes short, a directory with its slash, a link with its target. */
void cell_text(struct buf *b, struct record *r, struct span column);

/* --- Text --- */

/* Columns that escaped UTF-8 text takes on a terminal: combining marks none, East Asian wide two. */
size_t text_width(struct span text);
enum text_keep { KEEP_START, KEEP_END };
/* Appends at most `width` columns of escaped text, shortened with … where it is longer (width 0: all of it). */
void text_fit(struct buf *b, struct span text, size_t width, enum text_keep keep);
/* Appends `"…"`, valid JSON and YAML, with everything a terminal could obey as \uXXXX; bytes that are not UTF-8
 * become \\xHH. */
void text_quote(struct buf *b, struct span text);

#endif
