/* cp-registry-read: a registry of any dialect as records. */
#include "data/jsonw.h"
#include "filter/filter.h"
#include "registry/table.h"
#include "store/ownership.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

static bool as_rows, allow_empty;
static const char *path;   /* as it is opened */
static const char *source; /* as records name it */

static void member(struct buf *b, const char *key, struct span value)
{
	if (value.n)
		jsonw_str(b, key, value);
}

static void emit_owner(const struct registry_row *row)
{
	char mode[8] = "";
	struct buf *b = out_record("owner");
	jsonw_str(b, "path", row->path);
	jsonw_str(b, "owner", row->owner);
	member(b, "spec", row->spec);
	member(b, "hash", row->hash);
	if (row->mode == REGISTRY_MODE_LINK)
		jsonw_cstr(b, "mode", "link");
	else if (row->mode != REGISTRY_MODE_UNKNOWN) {
		snprintf(mode, sizeof mode, "%04o", (unsigned)row->mode & 07777);
		jsonw_cstr(b, "mode", mode);
	}
	if (row->dir)
		jsonw_bool(b, "dir", true);
	member(b, "classification", row->classification);
	member(b, "installed_at", row->installed_at);
	if (b->n > RECORD_BYTES - 1)
		bad_input("unable to make a record of %.*s: it is over 1 MiB", (int)row->path.n, row->path.p);
	emit_out();
}

static void read_owners(void)
{
	struct registry_row row;
	int status = STATUS_SYSTEM, got;
	struct registry *r = registry_open(path, &status);

	if (!r)
		filter_abandon((enum status)status);
	while ((got = registry_next(r, &row, &status)) > 0)
		emit_owner(&row);
	if (got < 0)
		filter_abandon((enum status)status);
	registry_close(r);
}

static void emit_row(const struct table *t, const struct csv_row *row)
{
	const struct catalogue *c = table_catalogue(t);
	struct buf *b = out_record("row");

	if (c)
		jsonw_cstr(b, "registry", c->name);
	jsonw_open(b, "fields");
	for (size_t i = 0; i < row->width; i++) {
		buf_str(b, i ? "," : "");
		json_quote(b, table_header(t, i));
		buf_char(b, ':');
		json_quote(b, row->field[i]);
	}
	jsonw_close(b);
	jsonw_bytes(b, "source", span_of(source));
	jsonw_int(b, "line", (int64_t)row->line);
	err_place(source, row->line);
	if (b->n > RECORD_BYTES - 1)
		bad_input("unable to make a record of the row: it is over 1 MiB");
	err_place(NULL, 0);
	emit_out();
}

static void read_rows(struct table *t)
{
	struct csv_row row;
	int status = STATUS_SYSTEM, got;

	while ((got = table_next(t, &row, &status)) > 0)
		emit_row(t, &row);
	if (got < 0)
		filter_abandon((enum status)status);
	err_place(source, 0);
	if (table_rows(t) == 0 && !allow_empty)
		bad_input("unable to read the registry: it is empty: a header and no row");
	err_place(NULL, 0);
}

/* Do its rows own paths? The packages' registry has an artifact_path, too, and owns nothing. */
static bool owns(const struct table *t)
{
	const struct catalogue *c = table_catalogue(t);

	if (table_column(t, "file_path") >= 0)
		return true;
	return table_column(t, "artifact_path") >= 0 && (!c || strcmp(c->name, "packages") != 0);
}

static void start(int argc, char **argv)
{
	struct buf own = {0};
	int status = STATUS_SYSTEM;

	if (!argc)
		buf_printf(&own, "%s/" OWNERSHIP_FILE, filter_root());
	path = argc ? argv[0] : buf_cstr(&own);
	source = argc ? argv[0] : OWNERSHIP_FILE;
	if (strcmp(path, "-") == 0)
		bad_usage("unable to read the registry -: it must be a file");
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		err_place(path, 0);
		complain("unable to read the registry: %s", strerror(errno));
		filter_abandon(STATUS_SYSTEM);
	}
	struct table *t = table_open(fd, path, &status);
	if (!t)
		filter_abandon((enum status)status);
	bool owners = !as_rows && owns(t);
	err_place(path, 1);
	if (!owners && !table_catalogue(t))
		bad_input("unable to read the registry: no registry has these columns (cp-csv-read takes any)");
	err_place(NULL, 0);
	if (!owners)
		read_rows(t);
	table_close(t);
	if (owners)
		read_owners();
	buf_free(&own);
}

static const struct opt opts[] = {
	{.name = "rows", .summary = "rows as they lie, of a registry of owned paths too", .target = &as_rows},
	{.name = "allow-empty", .summary = "accept a catalogue without a row", .target = &allow_empty},
	{0},
};

static const struct filter self = {
	.name = "cp-registry-read",
	.summary = "read a registry of any dialect as records",
	.args = "[REGISTRY]",
	.reads = "",
	.writes = "owner row",
	.opts = opts,
	.role = ROLE_SOURCE,
	.flags = FILTER_ROOT,
	.operands_max = 1,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
