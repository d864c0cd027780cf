/* CSV for spreadsheets (cp-csv-write is for programs): one header, from the first record or by hand, and a row for
 * each record; a `plane` record at the head is neither. What a spreadsheet would run as a formula is defused by a
 * leading '; what a terminal would obey is escaped, but for the tabs, carriage returns and line feeds that CSV can
 * carry. A cut stream ends in a row that says so. */
#include "data/csv.h"

#include "base/text.h"
#include "view/cell.h"

#include <stdlib.h>

struct csv {
	const struct view_ask *ask;
	struct columns columns;
	struct buf raw, safe;
};

/* ASCII and full-width; a spreadsheet may drop blanks before it looks. */
static bool formula(struct span s)
{
	static const char *const wide[] = {"＝", "＋", "－", "＠"};

	while (s.n && *s.p == ' ')
		s = (struct span){s.p + 1, s.n - 1};
	if (!s.n)
		return false;
	if (*s.p && strchr("=+-@\t\r\n", *s.p))
		return true;
	for (size_t i = 0; i < 4; i++)
		if (s.n >= 3 && memcmp(s.p, wide[i], 3) == 0)
			return true;
	return false;
}

static void put_text(struct csv *c, struct buf *out, struct span s)
{
	size_t n;

	buf_reset(&c->safe);
	if (formula(s))
		buf_char(&c->safe, '\'');
	for (size_t i = 0; i < s.n; i += n) {
		for (n = 0; i + n < s.n && s.p[i + n] != '\t' && s.p[i + n] != '\r' && s.p[i + n] != '\n';)
			n++;
		text_escape(&c->safe, s.p + i, n);
		if (i + n < s.n)
			buf_char(&c->safe, s.p[i + n++]);
	}
	csv_field(out, buf_span(&c->safe));
}

static void put_header(struct csv *c, struct buf *out)
{
	for (size_t i = 0; i < c->columns.n; i++) {
		if (i)
			buf_char(out, ',');
		put_text(c, out, column_name(&c->columns, i));
	}
	buf_char(out, '\n');
}

static void *csv_view_open(const struct view_ask *ask, struct buf *out)
{
	struct csv *c = xcalloc(1, sizeof *c);

	c->ask = ask;
	for (size_t i = 0; i < ask->columns; i++)
		columns_add(&c->columns, ask->column[i]);
	if (c->columns.n)
		put_header(c, out);
	return c;
}

/* Every member, whatever its type. */
static void columns_of_first(struct csv *c, const struct record *r)
{
	const struct json *j = &r->json;

	for (uint32_t k = json_first(j, 0); k != j->node[0].end; k = json_next_member(j, k)) {
		struct span name = json_string(j, k, &c->raw);

		columns_add(&c->columns, span_is(name, "path_b64") ? SPAN("path") : name);
	}
}

static void csv_view_record(void *state, struct record *r, struct buf *out)
{
	struct csv *c = state;

	if (!c->columns.n) {
		if (record_is(r, "plane")) /* what the stream is about: no row of the table it heads */
			return;
		columns_of_first(c, r);
		put_header(c, out);
	}
	for (size_t i = 0; i < c->columns.n; i++) {
		if (i)
			buf_char(out, ',');
		buf_reset(&c->raw);
		if (cell_raw(&c->raw, r, column_name(&c->columns, i)) == JSON_NUMBER) /* -1 is no formula */
			csv_field(out, buf_span(&c->raw));
		else
			put_text(c, out, buf_span(&c->raw));
	}
	buf_char(out, '\n');
}

static void csv_view_close(void *state, const struct view_end *end, struct buf *out)
{
	struct csv *c = state;

	if (!end->complete) {
		if (!c->columns.n)
			buf_str(out, "kind\n");
		buf_printf(out, "(cut: %s)", view_cut);
		for (size_t i = 1; i < c->columns.n; i++)
			buf_char(out, ',');
		buf_char(out, '\n');
	}
	columns_free(&c->columns);
	buf_free(&c->raw);
	buf_free(&c->safe);
	free(c);
}

const struct view view_csv = {"csv", true, csv_view_open, csv_view_record, csv_view_close};
