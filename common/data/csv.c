#include "data/csv.h"

#include "base/text.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK = 1 << 16, WHY = 96 };
static const char bom[] = "\xef\xbb\xbf";

struct csv_reader {
	ssize_t (*read)(void *ctx, void *p, size_t n);
	void *ctx;
	char *p; /* the window: bytes start..end are not yet given out */
	size_t start, end, cap;
	size_t scanned; /* bytes behind start already looked at while the row's end is searched */
	bool in_quotes; /* is the byte at `scanned` inside quotes? */
	bool row_quoted;/* was a quote seen in this row? */
	bool eof, crlf, any;
	unsigned long line; /* where the next row starts */
	const char *error;
	unsigned long error_line;
	int error_number;
	char why[WHY];
	struct csv_parser lib;
	struct buf text; /* the row's quoted fields as libcsv unquoted them */
	struct span field[CSV_COLUMNS];
	size_t count; /* fields of the current row; may run past CSV_COLUMNS, then only counted */
	struct buf header_text;
	struct span header[CSV_COLUMNS];
	size_t width;
};

static int no_space(unsigned char c)
{
	(void)c;
	return 0;
}

static int line_feed(unsigned char c)
{
	return c == CSV_LF;
}

struct csv_reader *csv_open(ssize_t (*read)(void *ctx, void *p, size_t n), void *ctx)
{
	struct csv_reader *c = xcalloc(1, sizeof *c);
	c->read = read;
	c->ctx = ctx;
	c->line = 1;
	c->cap = 2 * (size_t)BLOCK;
	c->p = xmalloc(c->cap);
	csv_init(&c->lib, CSV_STRICT | CSV_STRICT_FINI | CSV_EMPTY_IS_NULL);
	csv_set_space_func(&c->lib, no_space);
	csv_set_term_func(&c->lib, line_feed);
	csv_set_realloc_func(&c->lib, xrealloc);
	csv_set_blk_size(&c->lib, 4096);
	return c;
}

void csv_close(struct csv_reader *c)
{
	if (!c)
		return;
	csv_free(&c->lib);
	buf_free(&c->text);
	buf_free(&c->header_text);
	free(c->p);
	free(c);
}

void csv_expect_crlf(struct csv_reader *c)
{
	c->crlf = true;
	c->any = true;
}

bool csv_is_crlf(const struct csv_reader *c)
{
	return c->crlf;
}

static int fail(struct csv_reader *c, unsigned long line, const char *why)
{
	c->error = why;
	c->error_line = line;
	return -1;
}

const char *csv_why(const struct csv_reader *c, unsigned long *line)
{
	if (line)
		*line = c->error_line;
	if (c->error_line == 0)
		errno = c->error_number;
	return c->error;
}

static unsigned long line_feeds(const char *p, size_t n)
{
	unsigned long lines = 0;
	for (const char *end = p + n; n && (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
		lines++;
	return lines;
}

/* The line of a byte in the current row. */
static unsigned long line_at(const struct csv_reader *c, size_t offset)
{
	return c->line + line_feeds(c->p + c->start, offset);
}

/* Reads one more block behind the window. 1: some, 0: end of input, -1: failed. */
static int refill(struct csv_reader *c)
{
	if (c->eof)
		return 0;
	if (c->start) {
		memmove(c->p, c->p + c->start, c->end - c->start);
		c->end -= c->start;
		c->start = 0;
	}
	if (c->cap - c->end < BLOCK) {
		c->cap *= 2;
		c->p = xrealloc(c->p, c->cap);
	}
	ssize_t n;
	do
		n = c->read(c->ctx, c->p + c->end, BLOCK);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		c->error_number = errno;
		return fail(c, 0, "reading failed");
	}
	c->eof = n == 0;
	c->end += (size_t)n;
	return n > 0;
}

/* Looks for the row's line feed among the bytes at hand, minding quotes. 1: found, *length without it; 0: more
 * bytes are needed; -1: a quote where none may stand. */
static int find_end(struct csv_reader *c, size_t *length)
{
	const char *row = c->p + c->start;
	size_t n = c->end - c->start;
	while (c->scanned < n) {
		const char *at = row + c->scanned;
		if (c->in_quotes) {
			const char *q = memchr(at, '"', n - c->scanned);
			c->scanned = q ? (size_t)(q - row) : n;
			if (!q || c->scanned + 1 == n)
				return 0;
			bool doubled = q[1] == '"';
			if (!doubled && q[1] != ',' && q[1] != '\n' && q[1] != '\r')
				return fail(c, line_at(c, c->scanned), "text behind a closing quote");
			c->in_quotes = doubled;
			c->scanned += doubled ? 2 : 1;
			continue;
		}
		const char *lf = memchr(at, '\n', n - c->scanned);
		size_t plain = lf ? (size_t)(lf - at) : n - c->scanned;
		const char *q = plain ? memchr(at, '"', plain) : NULL;
		if (!q && lf) {
			*length = (size_t)(lf - row);
			return 1;
		}
		if (q && q != row && q[-1] != ',')
			return fail(c, line_at(c, (size_t)(q - row)), "a quote in a field that is not quoted");
		c->scanned = q ? (size_t)(q - row) + 1 : n;
		c->in_quotes = q != NULL;
		c->row_quoted |= c->in_quotes;
	}
	return 0;
}

/* Is there a CR outside quotes? (find_end has accepted where the quotes stand.) */
static bool bare_cr(const struct csv_reader *c, const char *p, size_t n)
{
	if (n == 0 || !memchr(p, '\r', n))
		return false;
	if (!c->row_quoted)
		return true;
	bool quoted = false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"')
			quoted = !quoted;
		else if (p[i] == '\r' && !quoted)
			return true;
	}
	return false;
}

static void lib_field(void *p, size_t n, void *ctx)
{
	struct csv_reader *c = ctx;
	if (n)
		buf_add(&c->text, p, n);
}

/* The first byte behind the quoted field at p (find_end has seen that it is closed). */
static const char *behind_quoted(const char *p, const char *end)
{
	for (p++; p < end; p++) {
		p = memchr(p, '"', (size_t)(end - p));
		if (!p)
			return end;
		if (++p == end || *p != '"')
			return p;
	}
	return end;
}

/* One quoted field, as libcsv reads it, behind the others in c->text. */
static bool unquote(struct csv_reader *c, const char *p, size_t n)
{
	return csv_parse(&c->lib, p, n, lib_field, NULL, c) == n &&
	       csv_parse(&c->lib, "\n", 1, lib_field, NULL, c) == 1;
}

/* Fields without a quote stay where they are; libcsv reads the others. */
static int split(struct csv_reader *c, const char *p, size_t n)
{
	size_t at[CSV_COLUMNS];
	buf_reset(&c->text);
	for (const char *end = p + n; ; p++) {
		bool quoted = p < end && *p == '"';
		const char *from = quoted ? behind_quoted(p, end) : p;
		const char *comma = from < end ? memchr(from, ',', (size_t)(end - from)) : NULL;
		struct span field = {p, (size_t)((comma ? comma : end) - p)};
		size_t start = c->text.n;
		if (quoted && !unquote(c, field.p, field.n))
			return fail(c, c->line, "quotes that do not match");
		if (c->count < CSV_COLUMNS) {
			c->field[c->count] = quoted ? (struct span){NULL, c->text.n - start} : field;
			at[c->count] = start;
		}
		c->count++;
		if (!comma)
			break;
		p = comma;
	}
	for (size_t i = 0; c->row_quoted && i < c->count && i < CSV_COLUMNS; i++)
		if (!c->field[i].p)
			/* A field that has no place yet was quoted. NOLINTNEXTLINE(clang-analyzer-core.*) */
			c->field[i].p = c->field[i].n ? c->text.p + at[i] : "";
	return 0;
}

/* The names of the columns: each there, each once. They outlive the row. */
static int take_header(struct csv_reader *c)
{
	if (c->count > CSV_COLUMNS)
		return fail(c, c->line, "more than 256 columns");
	size_t at[CSV_COLUMNS];
	for (size_t i = 0; i < c->count; i++) {
		if (c->field[i].n == 0)
			return fail(c, c->line, "a column without a name");
		for (size_t k = 0; k < i; k++)
			if (span_eq(c->field[i], c->field[k]))
				return fail(c, c->line, "two columns of one name");
		at[i] = c->header_text.n;
		buf_span_add(&c->header_text, c->field[i]);
	}
	for (size_t i = 0; i < c->count; i++)
		c->header[i] = (struct span){c->header_text.p + at[i], c->field[i].n};
	c->width = c->count;
	return 0;
}

/* Everything about a row that libcsv does not refuse by itself. */
static int judge_bytes(struct csv_reader *c, const char *p, size_t *n)
{
	if (c->line == 1 && *n >= sizeof bom - 1 && memcmp(p, bom, sizeof bom - 1) == 0)
		return fail(c, 1, "a byte-order mark");
	bool ends_cr = *n && p[*n - 1] == '\r';
	if (!c->any)
		c->crlf = ends_cr;
	c->any = true;
	if (c->crlf && !ends_cr)
		return fail(c, line_at(c, *n), "a line feed without carriage return in a CRLF file");
	*n -= c->crlf;
	if (*n == 0)
		return fail(c, c->line, "a blank line");
	if (bare_cr(c, p, *n))
		return fail(c, c->line, "a carriage return outside quotes");
	const char *nul = memchr(p, 0, *n);
	if (nul)
		return fail(c, line_at(c, (size_t)(nul - p)), "a NUL byte");
	if (!utf8_valid(p, *n))
		return fail(c, c->line, "text that is not UTF-8");
	return 0;
}

/* Brings a whole row into the window. */
static int whole_row(struct csv_reader *c, size_t *length)
{
	c->scanned = 0;
	c->in_quotes = c->row_quoted = false;
	for (;;) {
		int found = find_end(c, length);
		if (found < 0)
			return -1;
		size_t have = found ? *length : c->end - c->start;
		if (have > CSV_ROW_BYTES)
			return fail(c, c->line, "a row longer than 1 MiB");
		if (found)
			return 1;
		int more = refill(c);
		if (more < 0)
			return -1;
		if (more)
			continue;
		if (c->start == c->end)
			return 0;
		return fail(c, c->line,
			    c->in_quotes ? "a quoted field that is never closed" : "a last row without line feed");
	}
}

int csv_next(struct csv_reader *c, struct csv_row *row)
{
	size_t length = 0;
	if (c->error)
		return -1;
	int found = whole_row(c, &length);
	if (found <= 0)
		return found;
	const char *p = c->p + c->start;
	size_t n = length;
	if (judge_bytes(c, p, &n) != 0)
		return -1;
	c->count = 0;
	if (split(c, p, n) != 0)
		return -1;
	if (!c->width && take_header(c) != 0)
		return -1;
	if (c->count != c->width) {
		snprintf(c->why, sizeof c->why, "%zu fields where the header has %zu", c->count, c->width);
		return fail(c, c->line, c->why);
	}
	row->field = c->field;
	row->width = c->width;
	row->line = c->line;
	c->line += 1 + (c->row_quoted ? line_feeds(p, length) : 0);
	c->start += length + 1;
	return 1;
}

int csv_column(const struct csv_reader *c, const char *name)
{
	for (size_t i = 0; i < c->width; i++)
		if (span_is(c->header[i], name))
			return (int)i;
	return -1;
}

struct span csv_header(const struct csv_reader *c, size_t i)
{
	return c->header[i];
}

size_t csv_width(const struct csv_reader *c)
{
	return c->width;
}

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t';
}

static bool needs_quotes(struct span f)
{
	if (f.n == 0)
		return false;
	if (is_blank(f.p[0]) || is_blank(f.p[f.n - 1]))
		return true;
	if (f.n >= sizeof bom - 1 && memcmp(f.p, bom, sizeof bom - 1) == 0)
		return true;
	for (size_t i = 0; i < f.n; i++)
		if (f.p[i] == ',' || f.p[i] == '"' || f.p[i] == '\n' || f.p[i] == '\r')
			return true;
	return false;
}

void csv_field(struct buf *b, struct span field)
{
	if (!needs_quotes(field)) {
		buf_span_add(b, field);
		return;
	}
	size_t room = csv_write(NULL, 0, field.p, field.n);
	b->n += csv_write(buf_room(b, room), room, field.p, field.n);
}

void csv_row(struct buf *b, const struct span *field, size_t width)
{
	for (size_t i = 0; i < width; i++) {
		if (i)
			buf_char(b, ',');
		csv_field(b, field[i]);
	}
	if (width == 1 && field[0].n == 0)
		buf_str(b, "\"\"");
	buf_char(b, '\n');
}
