#include "registry/table.h"

#include "base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct table {
	const char *name;
	int fd;
	struct stat st; /* when it was opened */
	struct csv_reader *csv;
	const struct catalogue *catalogue;
	uint64_t rows;
};

static int fail(const struct table *t, unsigned long line, int *out, enum status status, const char *why)
{
	err_place(t->name, line);
	complain("unable to read the registry: %s", why);
	err_place(NULL, 0);
	*out = status;
	return -1;
}

static int fail_csv(const struct table *t, int *status)
{
	unsigned long line;
	const char *why = csv_why(t->csv, &line);

	if (line == 0)
		return fail(t, 0, status, STATUS_SYSTEM, strerror(errno));
	return fail(t, line, status, STATUS_INPUT, why);
}

static ssize_t read_some(void *ctx, void *p, size_t n)
{
	return read(*(int *)ctx, p, n);
}

/* Reads the header and looks whose it is. */
static int begin(struct table *t, int *status)
{
	struct csv_row row;
	int got;

	if (fstat(t->fd, &t->st) != 0)
		return fail(t, 0, status, STATUS_SYSTEM, strerror(errno));
	if (!S_ISREG(t->st.st_mode))
		return fail(t, 0, status, STATUS_SYSTEM, "not a regular file");
	t->csv = csv_open(read_some, &t->fd);
	got = csv_next(t->csv, &row);
	if (got < 0)
		return fail_csv(t, status);
	if (got == 0)
		return fail(t, 0, status, STATUS_INPUT, "it is empty");
	t->catalogue = catalogue_of(row.field, row.width);
	return 0;
}

struct table *table_open(int fd, const char *name, int *status)
{
	struct table *t = xcalloc(1, sizeof *t);

	t->name = name;
	t->fd = fd;
	if (begin(t, status) == 0)
		return t;
	table_close(t);
	return NULL;
}

/* Every byte was read: did it change under us? */
static int finish(const struct table *t, int *status)
{
	struct stat now;

	if (fstat(t->fd, &now) != 0)
		return fail(t, 0, status, STATUS_SYSTEM, strerror(errno));
	if (now.st_size != t->st.st_size || now.st_mtim.tv_sec != t->st.st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != t->st.st_mtim.tv_nsec || now.st_ctim.tv_sec != t->st.st_ctim.tv_sec ||
	    now.st_ctim.tv_nsec != t->st.st_ctim.tv_nsec)
		return fail(t, 0, status, STATUS_INPUT, "it changed while it was read");
	return 0;
}

int table_next(struct table *t, struct csv_row *row, int *status)
{
	int got = csv_next(t->csv, row);

	if (got < 0)
		return fail_csv(t, status);
	if (got == 0)
		return finish(t, status);
	t->rows++;
	return 1;
}

const struct catalogue *table_catalogue(const struct table *t)
{
	return t->catalogue;
}

size_t table_width(const struct table *t)
{
	return csv_width(t->csv);
}

struct span table_header(const struct table *t, size_t i)
{
	return csv_header(t->csv, i);
}

int table_column(const struct table *t, const char *name)
{
	return csv_column(t->csv, name);
}

uint64_t table_rows(const struct table *t)
{
	return t->rows;
}

void table_close(struct table *t)
{
	if (!t)
		return;
	if (t->csv)
		csv_close(t->csv);
	close(t->fd);
	free(t);
}
