#include "data/csv.h"
#include "unit.h"

#include <errno.h>

/* A reader that hands out `step` bytes at a time, and fails with EIO at the end when told so. */
struct text {
	const char *p;
	size_t n, at, step;
	int fails;
};

static ssize_t read_text(void *ctx, void *p, size_t n)
{
	struct text *t = ctx;
	size_t take = t->n - t->at < t->step ? t->n - t->at : t->step;
	if (take > n)
		take = n;
	if (take == 0 && t->fails) {
		errno = EIO;
		return -1;
	}
	memcpy(p, t->p + t->at, take);
	t->at += take;
	return (ssize_t)take;
}

/* Every row as `[line:a|b]`, then `.` for a clean end or `!line:why`. */
static void render(struct buf *b, struct text *t, bool crlf)
{
	struct csv_row row;
	unsigned long line;
	struct csv_reader *c = csv_open(read_text, t);
	int got;
	if (crlf)
		csv_expect_crlf(c);
	while ((got = csv_next(c, &row)) > 0) {
		buf_printf(b, "[%lu:", row.line);
		for (size_t i = 0; i < row.width; i++) {
			if (i)
				buf_char(b, '|');
			buf_span_add(b, row.field[i]);
		}
		buf_char(b, ']');
	}
	if (got == 0)
		buf_char(b, '.');
	else {
		const char *why = csv_why(c, &line);
		buf_printf(b, "!%lu:%s", line, why);
		CHECK_INT(csv_next(c, &row), -1);
	}
	csv_close(c);
}

static void reads_n(const char *p, size_t n, const char *want)
{
	static const size_t steps[] = {1, 2, 3, 7, 1 << 20};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct buf b = {0};
		struct text t = {p, n, 0, steps[i], 0};
		render(&b, &t, false);
		CHECK_STR(buf_cstr(&b), want);
		buf_free(&b);
	}
}

static void reads(const char *text, const char *want)
{
	reads_n(text, strlen(text), want);
}

static void good(void)
{
	reads("", ".");
	reads("a\n", "[1:a].");
	reads("a,b\n1,2\n", "[1:a|b][2:1|2].");
	reads("a,b\n,\n", "[1:a|b][2:|].");
	reads("a,b\n\"\",\"\"\n", "[1:a|b][2:|].");
	reads("a\n\"\"\n", "[1:a][2:].");
	reads("a,b\n\"x,y\",\"q\"\"q\"\n", "[1:a|b][2:x,y|q\"q].");
	reads("a,b\n\"x\n\ny\",2\n3,4\n", "[1:a|b][2:x\n\ny|2][5:3|4].");
	reads("a,b\n\"x\r\ny\",2\n", "[1:a|b][2:x\r\ny|2].");
	reads("a,b\n  x , y\t\n", "[1:a|b][2:  x | y\t].");
	reads("a,b\r\n1,2\r\n\"3\",\"\r\"\r\n", "[1:a|b][2:1|2][3:3|\r].");
	reads("\"a\",\"b\"\n=1+1,\"=cmd|' /C x'!A0\"\n", "[1:a|b][2:=1+1|=cmd|' /C x'!A0].");
	reads("a\n\xc3\xa9\n", "[1:a][2:\xc3\xa9].");
	reads("a\n\"\"\"\"\n", "[1:a][2:\"].");
	reads("a\n\"\"\"\"\"\"\n", "[1:a][2:\"\"].");
}

static void bad(void)
{
	reads("a", "!1:a last row without line feed");
	reads("a,b\n1,2", "[1:a|b]!2:a last row without line feed");
	reads("a,b\n1\n", "[1:a|b]!2:1 fields where the header has 2");
	reads("a,b\n1,2,3\n", "[1:a|b]!2:3 fields where the header has 2");
	reads("\n", "!1:a blank line");
	reads("a\n\n1\n", "[1:a]!2:a blank line");
	reads("a\r\n\r\n", "[1:a]!2:a blank line");
	reads("a,b\n1,\"2\n", "[1:a|b]!2:a quoted field that is never closed");
	reads("a,b\n1,2\"\n", "[1:a|b]!2:a quote in a field that is not quoted");
	reads("a,b\n1,\"2\"x\n", "[1:a|b]!2:text behind a closing quote");
	reads("a,b\n1,\"2\" \n", "[1:a|b]!2:text behind a closing quote");
	reads("a,b\n1, \"2\"\n", "[1:a|b]!2:a quote in a field that is not quoted");
	reads("a,b\n1,\"\n\n2\"x\n", "[1:a|b]!4:text behind a closing quote");
	reads("a,b\n1,2\r\n", "[1:a|b]!2:a carriage return outside quotes");
	reads("a,b\n1\r,2\n", "[1:a|b]!2:a carriage return outside quotes");
	reads("a,b\n\"1\"\r,2\n", "[1:a|b]!2:a carriage return outside quotes");
	reads("a,b\r\n1,2\n", "[1:a|b]!2:a line feed without carriage return in a CRLF file");
	reads("a,b\r\n1\r,2\r\n", "[1:a|b]!2:a carriage return outside quotes");
	reads("a,b\r1,2\r", "!1:a last row without line feed");
	reads("\xef\xbb\xbf" "a\n", "!1:a byte-order mark");
	reads("\xff\xfe" "a\n", "!1:text that is not UTF-8");
	reads("a\n\xc0\x80\n", "[1:a]!2:text that is not UTF-8");
	reads("a,\n", "!1:a column without a name");
	reads("a,b,a\n", "!1:two columns of one name");
	reads_n("a\n1\0002\n", 6, "[1:a]!2:a NUL byte");
	reads_n("a\n\"\n\0\"\n", 7, "[1:a]!3:a NUL byte");
}

static void expected_crlf(void)
{
	struct buf b = {0};
	struct text t = {"a\n", 2, 0, 99, 0};
	render(&b, &t, true);
	CHECK_STR(buf_cstr(&b), "!1:a line feed without carriage return in a CRLF file");
	buf_reset(&b);
	t = (struct text){"a\n1\n", 4, 0, 99, 1};
	render(&b, &t, false);
	CHECK_STR(buf_cstr(&b), "[1:a][2:1]!0:reading failed");
	buf_free(&b);
}

/* `n` bytes of x in one field, quoted or not. */
static void big_field(size_t n, bool quoted, bool fits)
{
	struct buf file = {0};
	struct csv_row row;
	unsigned long line;
	buf_str(&file, quoted ? "a\n\"" : "a\n");
	memset(buf_room(&file, n), 'x', n);
	file.n += n;
	buf_str(&file, quoted ? "\"\n" : "\n");
	struct text t = {file.p, file.n, 0, 1 << 16, 0};
	struct csv_reader *c = csv_open(read_text, &t);
	CHECK_INT(csv_next(c, &row), 1);
	if (fits) {
		CHECK_INT(csv_next(c, &row), 1);
		CHECK_INT(row.field[0].n, n);
		CHECK_INT(csv_next(c, &row), 0);
	} else {
		CHECK_INT(csv_next(c, &row), -1);
		CHECK_STR(csv_why(c, &line), "a row longer than 1 MiB");
		CHECK_INT(line, 2);
	}
	csv_close(c);
	buf_free(&file);
}

static void too_wide(void)
{
	struct buf file = {0};
	struct csv_row row;
	for (int i = 0; i <= CSV_COLUMNS; i++)
		buf_printf(&file, "%sc%d", i ? "," : "", i);
	buf_char(&file, '\n');
	struct text t = {file.p, file.n, 0, 1 << 16, 0};
	struct csv_reader *c = csv_open(read_text, &t);
	CHECK_INT(csv_next(c, &row), -1);
	CHECK_STR(csv_why(c, NULL), "more than 256 columns");
	csv_close(c);
	buf_free(&file);
}

static void header(void)
{
	struct csv_row row;
	struct text t = {"x,\"y z\"\r\n1,2\r\n", 15, 0, 1, 0};
	struct csv_reader *c = csv_open(read_text, &t);
	CHECK_INT(csv_next(c, &row), 1);
	CHECK_INT(csv_next(c, &row), 1);
	CHECK_INT(csv_width(c), 2);
	CHECK_INT(csv_column(c, "x"), 0);
	CHECK_INT(csv_column(c, "y z"), 1);
	CHECK_INT(csv_column(c, "y"), -1);
	CHECK_SPAN(csv_header(c, 1).p, csv_header(c, 1).n, "y z");
	CHECK(csv_is_crlf(c));
	csv_close(c);
}

static void writes(const char *field, const char *want)
{
	struct buf b = {0};
	csv_field(&b, span_of(field));
	CHECK_STR(buf_cstr(&b), want);
	buf_free(&b);
}

static void writing(void)
{
	struct buf b = {0};
	struct span none[] = {{"", 0}, {NULL, 0}}, two[] = {SPAN("a,b"), SPAN("c")};
	writes("", "");
	writes("plain", "plain");
	writes("a b", "a b");
	writes(" a", "\" a\"");
	writes("a\t", "\"a\t\"");
	writes("a,b", "\"a,b\"");
	writes("a\"b", "\"a\"\"b\"");
	writes("a\nb", "\"a\nb\"");
	writes("a\rb", "\"a\rb\"");
	writes("=1+1", "=1+1");
	csv_row(&b, none, 1);
	CHECK_STR(buf_cstr(&b), "\"\"\n");
	csv_row(&b, none, 2);
	csv_row(&b, two, 2);
	CHECK_STR(buf_cstr(&b), "\"\"\n,\n\"a,b\",c\n");
	buf_free(&b);
}

int main(void)
{
	good();
	bad();
	expected_crlf();
	big_field(1000000, false, true);
	big_field(1000000, true, true);
	big_field(2000000, false, false);
	big_field(2000000, true, false);
	too_wide();
	header();
	writing();
	return unit_done();
}
