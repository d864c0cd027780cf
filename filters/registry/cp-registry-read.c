/* cp-registry-read: an ownership registry of any dialect as records. */
#include "data/jsonw.h"
#include "filter/filter.h"
#include "store/ownership.h"

#include <stdio.h>

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

static void start(int argc, char **argv)
{
	struct buf own = {0};
	struct registry_row row;
	int status = STATUS_SYSTEM, got;
	if (!argc)
		buf_printf(&own, "%s/" OWNERSHIP_FILE, filter_root());
	struct registry *r = registry_open(argc ? argv[0] : buf_cstr(&own), &status);
	if (!r)
		filter_abandon((enum status)status);
	while ((got = registry_next(r, &row, &status)) > 0)
		emit_owner(&row);
	if (got < 0)
		filter_abandon((enum status)status);
	registry_close(r);
	buf_free(&own);
}

static const struct filter self = {
	.name = "cp-registry-read",
	.summary = "read an ownership registry as records in path order",
	.args = "[REGISTRY]",
	.reads = "",
	.writes = "owner",
	.role = ROLE_SOURCE,
	.flags = FILTER_ROOT,
	.operands_max = 1,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
