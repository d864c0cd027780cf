/* cp-csv-read: rows of CSV as records, strictly. */
#include "data/csv.h"
#include "data/jsonw.h"
#include "filter/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool crlf;

/* What was emitted goes out before a read that could block. */
static ssize_t read_some(void *ctx, void *p, size_t n)
{
	filter_flush();
	return read(*(int *)ctx, p, n);
}

static void emit_row(const struct csv_reader *c, const struct csv_row *row, const char *source)
{
	struct buf *b = out_record("row");
	jsonw_open(b, "fields");
	for (size_t i = 0; i < row->width; i++) {
		buf_str(b, i ? "," : "");
		json_quote(b, csv_header(c, i));
		buf_char(b, ':');
		json_quote(b, row->field[i]);
	}
	jsonw_close(b);
	if (source)
		jsonw_bytes(b, "source", span_of(source));
	jsonw_int(b, "line", (int64_t)row->line);
	if (b->n > RECORD_BYTES - 1)
		bad_input("unable to make a record of the row: it is over 1 MiB");
	emit_out();
}

/* `source` NULL: standard input. */
static void read_file(int fd, const char *source)
{
	struct csv_row row;
	unsigned long line = 0;
	struct csv_reader *c = csv_open(read_some, &fd);
	int got;
	if (crlf)
		csv_expect_crlf(c);
	while ((got = csv_next(c, &row)) > 0) {
		err_place(source ? source : "stdin", row.line);
		if (line++)
			emit_row(c, &row, source);
	}
	if (got < 0) {
		const char *why = csv_why(c, &line);
		int number = errno;
		if (line == 0)
			sys_fail(number, "unable to read %s", source ? source : "standard input");
		err_place(source ? source : "stdin", line);
		bad_input("unable to read the rows: %s", why);
	}
	err_place(source ? source : "stdin", 0);
	if (line == 0)
		bad_input("unable to read the rows: there is no header, it is empty");
	err_place(NULL, 0);
	csv_close(c);
}

static void start(int argc, char **argv)
{
	if (!argc)
		read_file(0, NULL);
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "-") == 0) {
			read_file(0, NULL);
			continue;
		}
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			sys_fail(errno, "unable to open %s", argv[i]);
		read_file(fd, argv[i]);
		close(fd);
	}
}

static const struct opt opts[] = {
	{.name = "crlf", .summary = "insist on CRLF behind every row", .kind = OPT_FLAG, .target = &crlf},
	{0},
};

static const struct filter self = {
	.name = "cp-csv-read",
	.summary = "read CSV strictly, one record a row",
	.args = "[FILE...]",
	.reads = "",
	.writes = "row",
	.opts = opts,
	.role = ROLE_SOURCE,
	.operands_max = 1 << 20,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
