#include "registry/internal.h"

#include "filter/filter.h"
#include "os/beneath.h"
#include "registry/table.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOLD = 100 /* findings of one registry */ };

/* Whose rows a registry may hold, by which of its columns. */
static const struct known_registry {
	const char *path, *columns[3];
	enum projection_of what;
} registries[] = {
	{"registries/packages_registry.csv", {"id"}, OF_PACKAGES},
	{"registries/frameworks_registry.csv", {"framework_id"}, OF_FRAMEWORKS},
	{"registries/specs_registry.csv", {"spec_id"}, OF_SPECS},
	{"registries/packages_state.csv", {"package_id"}, OF_PACKAGES},
	{"registries/file_ownership.csv", {"owner_package_id", "owner_id", "owner"}, OF_PACKAGES},
	{"planes/ho2/registries/file_ownership.csv", {"owner_package_id", "owner_id", "owner"}, OF_PACKAGES},
	{"planes/ho1/registries/file_ownership.csv", {"owner_package_id", "owner_id", "owner"}, OF_PACKAGES},
};

static void judge_row(struct projecting *p, const struct known_registry *r, const struct csv_row *row, int column,
		      uint64_t *told)
{
	struct span id = row->field[column];

	if (id.n && projection_find(p->state, r->what, id))
		return;
	p->faults++;
	if ((*told)++ < TOLD)
		finding_in(CODE_UNRECORDED, SEVERITY_ERROR, span_of(r->path), row->line,
			   "no entry of the ledger knows %.*s, whose row would be lost", (int)(id.n < 255 ? id.n : 255),
			   id.p);
}

static void read_rows(struct projecting *p, const struct known_registry *r, struct table *t, bool strict)
{
	struct csv_row row;
	uint64_t told = 0;
	int column = -1, status = STATUS_SYSTEM, got;

	for (int i = 0; i < 3 && r->columns[i] && column < 0; i++)
		column = table_column(t, r->columns[i]);
	if (column < 0 && strict) {
		err_place(r->path, 1);
		bad_input("unable to tell what would be lost of the registry: it has no column %s", r->columns[0]);
	}
	if (column < 0)
		return;
	while ((got = table_next(t, &row, &status)) > 0)
		judge_row(p, r, &row, column, &told);
	if (got < 0 && (strict || status != STATUS_INPUT))
		filter_abandon((enum status)status);
	if (told > TOLD)
		finding_in(CODE_UNRECORDED, SEVERITY_ERROR, span_of(r->path), 0,
			   "%llu more rows like that", (unsigned long long)(told - TOLD));
}

static bool plain(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

void explain_rows(struct projecting *p, bool strict)
{
	for (size_t i = 0; i < sizeof registries / sizeof *registries; i++) {
		const struct known_registry *r = &registries[i];
		int status = STATUS_SYSTEM, fd;
		struct table *t;

		if (!project_differs(p->out, r->path))
			continue;
		fd = beneath_open(p->out->root, span_of(r->path), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
		if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || (errno == ELOOP && !strict)))
			continue;
		if (fd < 0)
			sys_fail(errno, "unable to open %s", r->path);
		if (!strict && !plain(fd)) {
			close(fd);
			continue;
		}
		t = table_open(fd, r->path, &status);
		if (!t && (strict || status != STATUS_INPUT))
			filter_abandon((enum status)status);
		if (t)
			read_rows(p, r, t, strict);
		table_close(t);
	}
}
