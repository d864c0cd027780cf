/* cp-csv-write: row records as CSV, all of them or nothing. */
#include "data/csv.h"
#include "filter/effect.h"
#include "filter/filter.h"

static const char *columns;
static bool crlf;
static struct buf names; /* the columns, one behind the other */
static struct span column[CSV_COLUMNS];
static size_t width;
static struct spool *text; /* until the stream has proved whole */
static struct buf line, scratch[CSV_COLUMNS];

static void add_row(const struct span *field)
{
	buf_reset(&line);
	csv_row(&line, field, width);
	line.n--;
	if (line.n > CSV_ROW_BYTES - 1)
		bad_input("unable to write the row: it is over 1 MiB");
	if (crlf)
		buf_char(&line, '\r');
	spool_add(text, buf_span(&line));
}

static ssize_t read_option(void *ctx, void *p, size_t n)
{
	struct span *left = ctx;
	size_t take = left->n < n ? left->n : n;
	memcpy(p, left->p, take);
	*left = (struct span){left->p + take, left->n - take};
	return (ssize_t)take;
}

/* The names outlive what they are sliced from. */
static void set_columns(const struct span *name, size_t n)
{
	size_t total = 0;
	for (size_t i = 0; i < n; i++)
		buf_span_add(&names, name[i]);
	for (size_t i = 0; i < n; total += name[i++].n)
		column[i] = (struct span){names.p + total, name[i].n};
	width = n;
	add_row(column);
}

static void start(int argc, char **argv)
{
	struct buf option = {0};
	struct csv_row row;
	(void)argc;
	(void)argv;
	text = spool_new();
	if (!columns)
		return;
	buf_printf(&option, "%s\n", columns);
	struct span left = buf_span(&option);
	struct csv_reader *c = csv_open(read_option, &left);
	if (csv_next(c, &row) != 1)
		bad_usage("unable to use the columns %s: %s", columns, csv_why(c, NULL));
	set_columns(row.field, row.width);
	if (csv_next(c, &row) != 0)
		bad_usage("unable to use the columns %s: more than one line", columns);
	csv_close(c);
	buf_free(&option);
}

/* Without --columns the first row says what the columns are. */
static void first_row(const struct json *j, uint32_t fields)
{
	struct span name[CSV_COLUMNS];
	size_t n = 0;
	for (uint32_t k = json_first(j, fields); k != j->node[fields].end; k = json_next_member(j, k)) {
		if (n == CSV_COLUMNS)
			bad_input("unable to write the row: more than 256 columns");
		name[n] = json_string(j, k, &scratch[n]);
		if (name[n].n == 0 || memchr(name[n].p, 0, name[n].n))
			bad_input("unable to write the row: a column without a name, or with a NUL in it");
		n++;
	}
	if (n == 0)
		bad_input("unable to write the row: it has no fields");
	set_columns(name, n);
}

static struct span value(const struct json *j, uint32_t at, struct buf *decoded)
{
	struct span v = json_text(j, at);
	if (j->node[at].type == JSON_STRING)
		v = json_string(j, at, decoded);
	else if (j->node[at].type != JSON_NUMBER && j->node[at].type != JSON_TRUE && j->node[at].type != JSON_FALSE)
		bad_input("unable to write the row: a field that is neither text, number nor boolean");
	if (v.n && memchr(v.p, 0, v.n))
		bad_input("unable to write the row: a NUL in a field");
	return v;
}

static void step(struct record *r)
{
	struct span field[CSV_COLUMNS];
	const struct json *j = &r->json;
	if (!record_is(r, "row"))
		bad_input("unable to write a record of kind %.*s as CSV, only rows", (int)r->kind.n, r->kind.p);
	uint32_t fields = record_get(r, "fields");
	if (!fields || j->node[fields].type != JSON_OBJECT)
		bad_input("unable to write the row: it has no fields");
	if (!width)
		first_row(j, fields);
	if (j->node[fields].count != width)
		bad_input("unable to write the row: %u fields, and there are %zu columns",
			  j->node[fields].count, width);
	for (size_t i = 0; i < width; i++) {
		uint32_t at = json_get_span(j, fields, column[i]);
		if (!at)
			bad_input("unable to write the row: no field %.*s", (int)column[i].n, column[i].p);
		field[i] = value(j, at, &scratch[i]);
	}
	add_row(field);
}

static void finish(bool complete)
{
	struct span s;
	if (complete && !width) {
		complain("unable to write a header: there is no row, and no --columns");
		filter_raise(STATUS_NO);
	}
	while (complete && spool_next(text, &s)) {
		emit_text(s);
		emit_text(SPAN("\n"));
	}
	spool_free(text);
	buf_free(&names);
	buf_free(&line);
	for (size_t i = 0; i < CSV_COLUMNS; i++)
		buf_free(&scratch[i]);
}

static const struct opt opts[] = {
	{.name = "columns", .value = "NAMES", .summary = "the columns, as a header line (default: the first row's)",
	 .kind = OPT_STR, .target = &columns},
	{.name = "crlf", .summary = "end every row in CRLF", .kind = OPT_FLAG, .target = &crlf},
	{0},
};

static const struct filter self = {
	.name = "cp-csv-write",
	.summary = "write row records as CSV",
	.args = "",
	.reads = "row",
	.writes = "",
	.opts = opts,
	.role = ROLE_JUDGE,
	.flags = FILTER_TEXT,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
