/* cp-registry-compile: the registries of a plane's directories, made into its one ownership registry. */
#include "data/jsonw.h"
#include "filter/effect.h"
#include "filter/filter.h"
#include "model/gap.h"
#include "os/clock.h"
#include "store/adopt.h"
#include "store/dirreg.h"
#include "store/ownership.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static struct opt_list owners;
static const char *at;
static int root;
static struct adopt tree;
static struct dirregs *registries;
static struct gaps *gaps;
static struct spool *disk; /* every file and link, as records, until all registries were read */
static struct ownership *rows;
static uint64_t read_registries, broken;

static void report_gap(struct span dir)
{
	if (dir.n)
		finding(CODE_GAP, dir, NULL);
	else
		finding(CODE_GAP, (struct span){NULL, 0}, "the root directory has no " DIRREG_NAME);
}

static void start(int argc, char **argv)
{
	int status;
	int64_t ns;
	(void)argc;
	(void)argv;
	if (at && !clock_parse(span_of(at), &ns))
		bad_usage("unable to use the time %s: not RFC 3339 in UTC, as in 2026-01-31T01:19:18Z", at);
	registries = dirregs_new();
	for (unsigned i = 0; i < owners.n; i++)
		if (!dirregs_owners(registries, owners.item[i], &status))
			filter_abandon((enum status)status);
	disk = spool_new();
	gaps = gaps_new(report_gap);
	root = open(filter_root(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		sys_fail(errno, "unable to open the root %s", filter_root());
}

static void step(struct record *r)
{
	struct disk d;
	if (!adopt_next(&tree, r, &d))
		return;
	size_t dir = gaps_dir(d.path);
	struct span name = {d.path.p + dir + (dir > 0), d.path.n - dir - (dir > 0)};
	bool registry = d.type == DISK_FILE && span_is(name, DIRREG_NAME);
	gaps_add(gaps, d.path, registry);
	if (registry) {
		read_registries++;
		broken += !dirregs_read(registries, root, d.path, d.hash);
	}
	spool_add(disk, r->line);
}

/* The next file on disk; its spans are good until the next call. */
static bool next_disk(struct record *r, struct disk *d)
{
	struct span line;
	const char *why;
	if (!spool_next(disk, &line))
		return false;
	why = record_parse(r, line);
	if (why || disk_of(r, d, &why) != 1)
		sys_fail(EIO, "unable to read a temporary file back");
	return true;
}

static void orphan(const struct disk *d)
{
	if (!gaps_hold(gaps, d->path))
		finding(CODE_ORPHAN, d->path, "its directory's " DIRREG_NAME " does not list it");
}

/* A file that is there and listed. */
static void match(const struct disk *d, struct registry_row *row)
{
	bool link = d->type == DISK_SPECIAL;
	bool special = !link && d->mode > 0 && d->mode & 06002;
	int mode = link ? REGISTRY_MODE_LINK : d->mode;
	if (row->hash.n && !span_eq(row->hash, d->hash))
		finding(CODE_MODIFIED, d->path, NULL);
	else if (row->mode != REGISTRY_MODE_UNKNOWN && row->mode != mode)
		finding(CODE_MODE, d->path, NULL);
	else if (row->mode == REGISTRY_MODE_UNKNOWN && special)
		finding(CODE_MODE, d->path, "mode %04o is adopted only where the registry says it", (unsigned)d->mode);
	row->hash = d->hash;
	row->mode = mode;
	if (row->classification.n == 0)
		row->classification = span_of(ownership_class(row->path));
	row->installed_at = span_of(at ? at : "");
	ownership_add(rows, row);
}

/* Both sides in the order of their bytes. */
static void join(void)
{
	struct dirreg_row r;
	struct disk d;
	struct record record = {0};
	struct buf last = {0};
	bool more = next_disk(&record, &d);
	while (dirregs_next(registries, &r)) {
		if (span_eq(buf_span(&last), r.row.path)) {
			finding(CODE_DUPLICATE, r.row.path, "listed once more by %.*s:%lu", (int)r.registry.n,
				r.registry.p, r.row.line);
			continue;
		}
		buf_reset(&last);
		buf_span_add(&last, r.row.path);
		for (; more && span_cmp(d.path, r.row.path) < 0; more = next_disk(&record, &d))
			orphan(&d);
		if (more && span_eq(d.path, r.row.path)) {
			match(&d, &r.row);
			more = next_disk(&record, &d);
		} else {
			finding(CODE_MISSING, r.row.path, "%.*s:%lu lists it", (int)r.registry.n, r.registry.p,
				r.row.line);
		}
	}
	for (; more; more = next_disk(&record, &d))
		orphan(&d);
	record_free(&record);
	buf_free(&last);
}

static void report(void)
{
	char hash[DIGEST_TEXT];
	struct buf *b = out_record("compiled");
	ownership_hash(rows, hash);
	jsonw_cstr(b, "path", OWNERSHIP_FILE);
	jsonw_int(b, "registries", (int64_t)read_registries);
	jsonw_int(b, "files", (int64_t)ownership_rows(rows));
	jsonw_str(b, "hash", (struct span){hash, sizeof hash});
	if (filter_dry_run())
		jsonw_bool(b, "dry_run", true);
	emit_out();
}

/* With a registry that cannot be believed nothing is said about what it should list. */
static void compile(void)
{
	adopt_finish(&tree);
	gaps_finish(gaps);
	rows = ownership_new();
	if (!broken)
		join();
	if (!broken && !filter_findings() && ownership_rows(rows) == 0) {
		complain("unable to compile a registry: there is no file in the tree");
		filter_raise(STATUS_NO);
	} else if (!filter_findings() && ownership_save(rows, NULL, true)) {
		report();
	}
	ownership_free(rows);
}

static void finish(bool complete)
{
	if (complete)
		compile();
	dirregs_free(registries);
	gaps_free(gaps);
	spool_free(disk);
	close(root);
}

static const struct opt opts[] = {
	{.name = "owners", .value = "FILE", .summary = "a CSV file of ids; owners must be among them", .kind = OPT_LIST,
	 .target = &owners},
	{.name = "at", .value = "TIME", .summary = "the time of installation (default: none is written)",
	 .kind = OPT_STR, .target = &at},
	{0},
};

static const struct filter self = {
	.name = "cp-registry-compile",
	.summary = "compile the registries of directories into one",
	.args = "",
	.reads = "plane file dir special excluded",
	.writes = "compiled finding",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_ROOT | FILTER_DRY_RUN,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
