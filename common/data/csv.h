/* CSV (RFC 4180) through libcsv, made strict: LF rows (CRLF when the whole file has it), blanks kept, no blank
 * line, no bare CR outside quotes, no byte-order mark, no NUL, UTF-8 only, every row as wide as the header, the
 * last row ended by a line feed. A field without a quote stays where it is, libcsv reads the others. */
#ifndef CP_DATA_CSV_H
#define CP_DATA_CSV_H

#include "base/buf.h"

#include <sys/types.h>

enum { CSV_COLUMNS = 256, CSV_ROW_BYTES = 1 << 20 };

struct csv_reader;

/* One row: `field[i]` for i < width, unquoted. `line` is the 1-based line the row starts on. */
struct csv_row {
	const struct span *field;
	size_t width;
	unsigned long line;
};

/* `read` works like read(2): bytes read, 0 at the end, -1 with errno. */
struct csv_reader *csv_open(ssize_t (*read)(void *ctx, void *p, size_t n), void *ctx);
/* From now on only CRLF ends a row. Without this the first row decides for the whole file. */
void csv_expect_crlf(struct csv_reader *c);
/* 1: a row (the first one is the header, judged here: no empty or repeated name), 0: clean end, -1: see csv_why.
 * The row's bytes are good until the next call. Memory is bounded by one row. */
int csv_next(struct csv_reader *c, struct csv_row *row);
/* Why the last call failed, and on which line (0: reading failed, errno says why). */
const char *csv_why(const struct csv_reader *c, unsigned long *line);
void csv_close(struct csv_reader *c);

/* The column named so in the header, or -1. */
int csv_column(const struct csv_reader *c, const char *name);
struct span csv_header(const struct csv_reader *c, size_t i);
size_t csv_width(const struct csv_reader *c);

/* Does every row end in CRLF? Known once the header was read. */
bool csv_is_crlf(const struct csv_reader *c);

/* Appends one field, quoted only when it must be (comma, quote, CR, LF, leading or trailing blank, leading
 * byte-order mark), `"` doubled. The caller joins a row's fields with ',' and ends it with LF. The bytes are
 * written as they are: what a spreadsheet makes of them is not this module's business, registries keep exact names. */
void csv_field(struct buf *b, struct span field);
/* Appends a whole row, LF included. A row of one empty field is written as "". */
void csv_row(struct buf *b, const struct span *field, size_t width);

#endif
