/* Tables in Markdown (GFM): a table for each run of records of one kind. Everything Markdown could read as its own
 * is quoted with a backslash, so a file name is no link, no HTML and no code. Holds nothing. */
#include "base/text.h"
#include "view/cell.h"

#include <stdlib.h>

struct markdown {
	const struct view_ask *ask;
	struct buf group, cell;
	struct columns columns;
	bool begun;
};

static void *markdown_open(const struct view_ask *ask, struct buf *out)
{
	struct markdown *m = xcalloc(1, sizeof *m);

	(void)out;
	m->ask = ask;
	return m;
}

static void put_escaped(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] && strchr("\\`*_[]<>|~&$:@!#", text.p[i]))
			buf_char(out, '\\');
		buf_char(out, text.p[i]);
	}
}

static void put_header(struct markdown *m, struct buf *out)
{
	for (size_t i = 0; i < m->columns.n; i++) {
		struct span name = column_name(&m->columns, i);

		buf_reset(&m->cell);
		text_escape(&m->cell, name.p, name.n);
		buf_str(out, "| ");
		put_escaped(out, buf_span(&m->cell));
		buf_char(out, ' ');
	}
	buf_str(out, "|\n");
	for (size_t i = 0; i < m->columns.n; i++)
		buf_str(out, "| --- ");
	buf_str(out, "|\n");
}

static void markdown_record(void *state, struct record *r, struct buf *out)
{
	struct markdown *m = state;

	if (!m->begun || !span_eq(buf_span(&m->group), column_group(r))) {
		if (m->begun)
			buf_char(out, '\n');
		buf_reset(&m->group);
		buf_span_add(&m->group, column_group(r));
		columns_choose(&m->columns, m->ask, r);
		put_header(m, out);
		m->begun = true;
	}
	for (size_t i = 0; i < m->columns.n; i++) {
		buf_reset(&m->cell);
		cell_text(&m->cell, r, column_name(&m->columns, i));
		buf_str(out, "| ");
		put_escaped(out, buf_span(&m->cell));
		buf_char(out, ' ');
	}
	buf_str(out, "|\n");
}

static void markdown_close(void *state, const struct view_end *end, struct buf *out)
{
	struct markdown *m = state;

	if (m->begun)
		buf_char(out, '\n');
	view_summary(out, end);
	if (!end->complete)
		buf_printf(out, "\n**(cut: %s)**\n", view_cut);
	buf_free(&m->group);
	buf_free(&m->cell);
	columns_free(&m->columns);
	free(m);
}

const struct view view_markdown = {"markdown", true, markdown_open, markdown_record, markdown_close};
