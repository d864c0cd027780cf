/* Tables for a terminal. The first rows of a group are held until their widths are known (ROWS_HELD rows or
 * BYTES_HELD bytes, whichever comes first); later rows are fitted to those widths as they come. */
#include "base/text.h"
#include "view/cell.h"

#include <stdlib.h>

enum {
	ROWS_HELD = 1000,
	BYTES_HELD = 4 << 20,
	GAP = 2,
	LEAST = 4,    /* no column is made narrower */
	MODEST = 16,  /* a path is shortened only when everything else is down to this */
};

struct column {
	size_t width;
	bool number; /* aligned to the right */
};

struct table {
	const struct view_ask *ask;
	struct buf group;
	struct columns columns;
	struct column *column;
	size_t shown;          /* columns that fit on the screen at all */
	struct buf cells;      /* held, escaped */
	size_t *end;           /* where each held cell ends */
	size_t held, cap;      /* cells */
	enum severity *mark;   /* one per held row */
	size_t rows;
	bool fixed, begun;
};

static const enum severity UNMARKED = (enum severity)-1;

static void *table_open(const struct view_ask *ask, struct buf *out)
{
	struct table *t = xcalloc(1, sizeof *t);

	(void)out;
	t->ask = ask;
	t->mark = xcalloc(ROWS_HELD, sizeof *t->mark);
	return t;
}

/* --- one row --- */

static void paint(struct buf *out, enum severity mark, bool on)
{
	static const char *const color[] = {"\033[36m", "\033[33m", "\033[31m"};

	buf_str(out, on ? color[mark] : "\033[0m");
}

static void put_cell(const struct table *t, struct buf *out, size_t i, struct span text)
{
	bool last = i + 1 == t->shown;
	struct buf fitted = {0};
	enum text_keep keep = span_is(column_name(&t->columns, i), "path") ? KEEP_END : KEEP_START;

	text_fit(&fitted, text, t->ask->width ? t->column[i].width : 0, keep);
	size_t width = text_width(buf_span(&fitted));
	size_t pad = t->column[i].width > width ? t->column[i].width - width : 0;
	for (size_t k = 0; t->column[i].number && k < pad; k++)
		buf_char(out, ' ');
	buf_span_add(out, buf_span(&fitted));
	for (size_t k = 0; !t->column[i].number && !last && k < pad; k++)
		buf_char(out, ' ');
	for (size_t k = 0; !last && k < GAP; k++)
		buf_char(out, ' ');
	buf_free(&fitted);
}

/* Only severity and code are painted: paths stay readable on any background. */
static void put_row(const struct table *t, struct buf *out, const struct span *cell, enum severity mark)
{
	for (size_t i = 0; i < t->shown; i++) {
		struct span name = column_name(&t->columns, i);
		bool painted = t->ask->color && mark != UNMARKED &&
			       (span_is(name, "severity") || span_is(name, "code"));

		if (painted)
			paint(out, mark, true);
		put_cell(t, out, i, cell[i]);
		if (painted)
			paint(out, mark, false);
	}
	while (out->n && out->p[out->n - 1] == ' ')
		out->n--;
	buf_char(out, '\n');
}

static struct span held_cell(const struct table *t, size_t i)
{
	return buf_slice(&t->cells, i ? t->end[i - 1] : 0, t->end[i]);
}

/* --- widths --- */

static bool number(struct span s)
{
	size_t i = 0;

	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i == s.n;
}

static void natural_widths(struct table *t)
{
	for (size_t i = 0; i < t->columns.n; i++) {
		struct span name = column_name(&t->columns, i);

		t->column[i] = (struct column){text_width(name), t->rows > 0 && !span_is(name, "mode")};
	}
	for (size_t k = 0; t->columns.n && k < t->held; k++) {
		struct column *c = &t->column[k % t->columns.n];
		size_t width = text_width(held_cell(t, k));

		if (width > c->width)
			c->width = width;
		if (!number(held_cell(t, k)))
			c->number = false;
	}
}

static size_t total(const struct table *t)
{
	size_t n = t->shown ? GAP * (t->shown - 1) : 0;

	for (size_t i = 0; i < t->shown; i++)
		n += t->column[i].width;
	return n;
}

/* The widest column above `floor`, the right one of equals, or none (n). */
static size_t widest(const struct table *t, size_t floor, bool paths)
{
	size_t best = t->shown;

	for (size_t i = 0; i < t->shown; i++) {
		if (t->column[i].width <= floor || (!paths && span_is(column_name(&t->columns, i), "path")))
			continue;
		if (best == t->shown || t->column[i].width >= t->column[best].width)
			best = i;
	}
	return best;
}

static void shrink(struct table *t, size_t floor, bool paths)
{
	size_t over = total(t), i;

	for (over -= over > t->ask->width ? t->ask->width : over; over; over--) {
		if ((i = widest(t, floor, paths)) == t->shown)
			return;
		t->column[i].width--;
	}
}

static void fit_widths(struct table *t)
{
	size_t width = t->ask->width;

	t->shown = t->columns.n;
	if (!width)
		return;
	while (t->shown > 1 && t->shown * (LEAST + GAP) > width + GAP)
		t->shown--;
	for (size_t i = 0; i < t->shown; i++) /* so that shrinking takes steps in the order of the screen's width */
		if (t->column[i].width > width)
			t->column[i].width = width;
	shrink(t, MODEST, false);
	shrink(t, LEAST, true);
}

/* --- a group --- */

static void put_header(const struct table *t, struct buf *out)
{
	struct span *name = xcalloc(t->columns.n, sizeof *name);
	struct buf text = {0};
	size_t *end = xcalloc(t->columns.n, sizeof *end);

	for (size_t i = 0; i < t->columns.n; i++) {
		struct span s = column_name(&t->columns, i);
		text_escape(&text, s.p, s.n);
		end[i] = text.n;
	}
	for (size_t i = 0; i < t->columns.n; i++)
		name[i] = buf_slice(&text, i ? end[i - 1] : 0, end[i]);
	if (t->ask->color)
		buf_str(out, "\033[1m");
	put_row(t, out, name, UNMARKED);
	if (t->ask->color)
		buf_str(out, "\033[0m");
	buf_free(&text);
	free(end);
	free(name);
}

static void let_go(struct table *t, struct buf *out)
{
	struct span *cell = xcalloc(t->columns.n, sizeof *cell);

	if (!t->fixed) {
		natural_widths(t);
		fit_widths(t);
		put_header(t, out);
		t->fixed = true;
	}
	for (size_t row = 0; row < t->rows; row++) {
		for (size_t i = 0; i < t->columns.n; i++)
			cell[i] = held_cell(t, row * t->columns.n + i);
		put_row(t, out, cell, t->mark[row]);
	}
	t->rows = t->held = 0;
	buf_reset(&t->cells);
	free(cell);
}

static void end_group(struct table *t, struct buf *out)
{
	if (!t->begun)
		return;
	let_go(t, out);
	buf_char(out, '\n');
	t->begun = false;
}

static void begin_group(struct table *t, const struct record *r)
{
	buf_reset(&t->group);
	buf_span_add(&t->group, column_group(r));
	columns_choose(&t->columns, t->ask, r);
	t->column = xreallocarray(t->column, t->columns.n, sizeof *t->column);
	t->fixed = false;
	t->begun = true;
}

static void hold(struct table *t, struct record *r)
{
	struct buf cell = {0};

	if (t->held + t->columns.n > t->cap) {
		t->cap = 2 * (t->held + t->columns.n);
		t->end = xreallocarray(t->end, t->cap, sizeof *t->end);
	}
	for (size_t i = 0; i < t->columns.n; i++) {
		struct span name = column_name(&t->columns, i);

		buf_reset(&cell);
		cell_text(&cell, r, name);
		text_fit(&t->cells, buf_span(&cell), t->ask->width, span_is(name, "path") ? KEEP_END : KEEP_START);
		t->end[t->held++] = t->cells.n;
	}
	buf_free(&cell);
}

static void table_record(void *state, struct record *r, struct buf *out)
{
	struct table *t = state;
	struct finding_cells f = {0};

	if (!t->begun || !span_eq(buf_span(&t->group), column_group(r))) {
		end_group(t, out);
		begin_group(t, r);
	}
	t->mark[t->rows] = UNMARKED;
	if (record_is(r, "finding")) {
		finding_cells_read(&f, r);
		t->mark[t->rows] = f.severity;
	}
	finding_cells_free(&f);
	hold(t, r);
	if (++t->rows == ROWS_HELD || t->cells.n > BYTES_HELD || t->fixed)
		let_go(t, out);
}

static void table_close(void *state, const struct view_end *end, struct buf *out)
{
	struct table *t = state;

	end_group(t, out);
	view_summary(out, end);
	if (!end->complete)
		buf_printf(out, "(cut: %s)\n", view_cut);
	buf_free(&t->group);
	buf_free(&t->cells);
	columns_free(&t->columns);
	free(t->column);
	free(t->end);
	free(t->mark);
	free(t);
}

const struct view view_table = {"table", true, table_open, table_record, table_close};
