/* LIBS: -lcsv */
/* Whatever is read is what libcsv alone reads, and what was read and written again reads the same. */
#include "data/csv.h"

#include <csv.h>
#include <stdint.h>
#include <stdlib.h>

struct text {
	const uint8_t *p;
	size_t n, at, step;
};

static ssize_t read_text(void *ctx, void *p, size_t n)
{
	struct text *t = ctx;
	size_t take = t->n - t->at < t->step ? t->n - t->at : t->step;
	take = take < n ? take : n;
	if (take)
		memcpy(p, t->p + t->at, take);
	t->at += take;
	return (ssize_t)take;
}

/* Rows flattened: each field's length and bytes, a mark behind each row. */
static void flat_field(void *p, size_t n, void *out)
{
	buf_printf(out, "%zu:", n);
	buf_add(out, p, n);
}

static void flat_row(int c, void *out)
{
	(void)c;
	buf_char(out, '\n');
}

/* Reads everything; true when it was clean. The text is rewritten into `again`. */
static bool read_all(const uint8_t *p, size_t n, size_t step, struct buf *flat, struct buf *again, bool *crlf)
{
	struct text t = {p, n, 0, step};
	struct csv_reader *c = csv_open(read_text, &t);
	struct csv_row row;
	int got;
	while ((got = csv_next(c, &row)) > 0) {
		for (size_t i = 0; i < row.width; i++)
			flat_field((void *)(uintptr_t)row.field[i].p, row.field[i].n, flat);
		flat_row(0, flat);
		csv_row(again, row.field, row.width);
	}
	*crlf = csv_is_crlf(c);
	csv_close(c);
	return got == 0;
}

static int blank(unsigned char c)
{
	(void)c;
	return 0;
}

static int line_feed(unsigned char c)
{
	return c == '\n';
}

static void same_as_libcsv(const uint8_t *p, size_t n, const struct buf *flat)
{
	struct csv_parser lib;
	struct buf other = {0};
	csv_init(&lib, CSV_STRICT | CSV_STRICT_FINI);
	csv_set_space_func(&lib, blank);
	csv_set_term_func(&lib, line_feed);
	if (csv_parse(&lib, p, n, flat_field, flat_row, &other) != n ||
	    csv_fini(&lib, flat_field, flat_row, &other) != 0)
		abort();
	if (!span_eq(buf_span(flat), buf_span(&other)))
		abort();
	csv_free(&lib);
	buf_free(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf flat = {0}, again = {0}, flat2 = {0}, again2 = {0};
	bool crlf, crlf2;
	bool clean = read_all(data, size, size + 1, &flat, &again, &crlf);
	if (read_all(data, size, 1, &flat2, &again2, &crlf2) != clean || !span_eq(buf_span(&flat), buf_span(&flat2)))
		abort();
	if (clean && !crlf)
		same_as_libcsv(data, size, &flat);
	buf_reset(&flat2);
	buf_reset(&again2);
	if (clean && !read_all((const uint8_t *)again.p, again.n, 4096, &flat2, &again2, &crlf2))
		abort();
	if (clean && (!span_eq(buf_span(&flat), buf_span(&flat2)) || !span_eq(buf_span(&again), buf_span(&again2))))
		abort();
	buf_free(&flat);
	buf_free(&again);
	buf_free(&flat2);
	buf_free(&again2);
	return 0;
}
