/* A registry that is a table (common/catalog), read row by row as it lies: strict CSV, known by its header, in the
 * order of the file. What is wrong with it is said on stderr. Memory: one row. */
#ifndef CP_REGISTRY_TABLE_H
#define CP_REGISTRY_TABLE_H

#include "catalog/catalogue.h"
#include "data/csv.h"

struct table;

/* Takes the descriptor, which is closed by table_close; `name` is for messages and must outlive the table. NULL
 * after a diagnostic, *status (enum status) says which: 3 for content (empty, a bad header), 4 for the system and for
 * what is no regular file. */
struct table *table_open(int fd, const char *name, int *status);
/* Of the columns in the header's order; see csv.h for how long a row lives. 1: a row, 0: the end, -1: a diagnostic
 * was written, *status set (3 also when the file changed while it was read). */
int table_next(struct table *t, struct csv_row *row, int *status);
/* NULL: no registry has this header. */
const struct catalogue *table_catalogue(const struct table *t);
size_t table_width(const struct table *t);
struct span table_header(const struct table *t, size_t i);
/* The column named so, or -1. */
int table_column(const struct table *t, const char *name);
uint64_t table_rows(const struct table *t);
void table_close(struct table *t);

#endif
