/* cp-baseline: makes one package the owner of a tree as it stands. */
#include "data/ident.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "os/clock.h"
#include "store/adopt.h"
#include "store/ownership.h"

static const char *owner, *spec, *class, *at, *file;
static bool force;
static char now[CLOCK_TEXT];
static struct ownership *rows;
static struct adopt tree;

static void start(int argc, char **argv)
{
	int64_t ns;
	file = argc ? argv[0] : NULL;
	if (!ident_is(IDENT_PACKAGE, span_of(owner)))
		bad_usage("unable to use the owner %s: not PKG- and then A-Z, 0-9 or -", owner);
	if (spec && !ident_is(IDENT_SPEC, span_of(spec)))
		bad_usage("unable to use the spec %s: not SPEC- and then A-Z, 0-9 or -", spec);
	if (class && (!*class || class[strspn(class, "abcdefghijklmnopqrstuvwxyz0123456789_-")]))
		bad_usage("unable to use the classification %s: not of a-z, 0-9, _ and -", class);
	if (at && !clock_parse(span_of(at), &ns))
		bad_usage("unable to use the time %s: not RFC 3339 in UTC, as in 2026-01-31T01:19:18Z", at);
	if (!at) {
		clock_text(clock_now(), 0, now);
		at = now;
	}
	rows = ownership_new();
}

static void step(struct record *r)
{
	struct disk d;
	if (!adopt_next(&tree, r, &d))
		return;
	struct registry_row row = {
		.path = d.path,
		.owner = span_of(owner),
		.spec = span_of(spec ? spec : ""),
		.hash = d.hash,
		.mode = d.type == DISK_SPECIAL ? REGISTRY_MODE_LINK : d.mode,
		.classification = span_of(class ? class : ownership_class(d.path)),
		.installed_at = span_of(at),
	};
	ownership_add(rows, &row);
}

static void report(void)
{
	char hash[DIGEST_TEXT];
	struct buf *b = out_record("baseline");
	ownership_hash(rows, hash);
	if (file)
		jsonw_bytes(b, "file", span_of(file));
	else
		jsonw_cstr(b, "path", OWNERSHIP_FILE);
	jsonw_cstr(b, "owner", owner);
	if (spec)
		jsonw_cstr(b, "spec", spec);
	jsonw_int(b, "files", (int64_t)ownership_rows(rows));
	jsonw_str(b, "hash", (struct span){hash, sizeof hash});
	if (filter_dry_run())
		jsonw_bool(b, "dry_run", true);
	emit_out();
}

static void finish(bool complete)
{
	if (complete)
		adopt_finish(&tree);
	if (complete && !tree.refused && ownership_rows(rows) == 0) {
		complain("unable to adopt the tree: there is no file in it");
		filter_raise(STATUS_NO);
	} else if (complete && !tree.refused && ownership_save(rows, file, force)) {
		report();
	}
	ownership_free(rows);
}

static const struct opt opts[] = {
	{.name = "owner", .value = "PKG-ID", .summary = "the package that owns the tree from now on", .kind = OPT_STR,
	 .target = &owner, .required = true},
	{.name = "spec", .value = "SPEC-ID", .summary = "the spec that owns it too", .kind = OPT_STR, .target = &spec},
	{.name = "classification", .value = "WORD", .summary = "what the files are (default: by their first directory)",
	 .kind = OPT_STR, .target = &class},
	{.name = "at", .value = "TIME", .summary = "the time of installation (default: now)", .kind = OPT_STR,
	 .target = &at},
	{.name = "force", .summary = "replace a registry that is there", .kind = OPT_FLAG, .target = &force},
	{0},
};

static const struct filter self = {
	.name = "cp-baseline",
	.summary = "adopt a tree as it stands under one owner",
	.args = "[FILE]",
	.reads = "plane file dir special excluded",
	.writes = "baseline finding",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_ROOT | FILTER_DRY_RUN,
	.operands_max = 1,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
