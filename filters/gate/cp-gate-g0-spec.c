/* cp-gate-g0-spec: the spec that owns a file is there, and so is the framework it is under. */
#include "charter/plane.h"
#include "charter/say.h"
#include "data/relpath.h"
#include "filter/gate.h"
#include "gate/judged.h"
#include "law/chain.h"
#include "model/disk.h"
#include "store/ownership.h"

static const char gate[] = "G0-SPEC";
static const char *registry_file;
static struct registry *registry;
static struct registry_row row;
static bool row_left; /* `row` has not been passed yet */
static bool law_read, planned;
static struct lawbook book;
static struct judged *subject;
static struct buf planned_hash, scratch[4], last;
static struct law_ends ends;
static bool last_dir;

static void start(int argc, char **argv)
{
	registry_file = argc ? argv[0] : NULL;
	subject = judged_new();
	ends = charter_ends();
}

static void next_row(void)
{
	int status, got = registry_next(registry, &row, &status);

	if (got < 0)
		filter_abandon((enum status)status);
	row_left = got > 0;
}

static void open_registry(void)
{
	struct buf own = {0};
	int status;

	if (!registry_file && !planned)
		bad_input("unable to choose a registry: no plane record begins the stream (name a REGISTRY)");
	if (!registry_file)
		buf_printf(&own, "%s/" OWNERSHIP_FILE, filter_root());
	registry = registry_open(registry_file ? registry_file : buf_cstr(&own), &status);
	buf_free(&own);
	if (!registry)
		filter_abandon((enum status)status);
	next_row();
}

/* The plane's law, when the first thing is to be judged: its root may be known from the stream alone. */
static void judge(const struct chain_file *f)
{
	if (!law_read)
		charter_read(&book, filter_root(), CHARTER_FRAMEWORKS | CHARTER_SPECS);
	law_read = true;
	gate_checked(1);
	chain_file(&book, f, &ends);
}

static struct span text(const struct record *r, const char *key, struct buf *b)
{
	struct span s;

	return record_str(r, key, &s, b) ? s : (struct span){0};
}

/* A thing on disk: whoever owns it says which spec it has. Both sides are in path order. */
static void judge_disk(const struct disk *d)
{
	if (last.p && relpath_cmp(buf_span(&last), last_dir, d->path, d->dir) >= 0)
		bad_input("unable to trust the stream: it is not sorted");
	buf_reset(&last);
	buf_span_add(&last, d->path);
	last_dir = d->dir;
	if (!registry)
		open_registry();
	while (row_left && relpath_cmp(row.path, row.dir, d->path, d->dir) < 0)
		next_row();
	while (row_left && relpath_cmp(row.path, row.dir, d->path, d->dir) == 0) {
		judge(&(struct chain_file){.path = row.path, .spec = row.spec, .package = row.owner});
		next_row();
	}
}

/* One whose record says itself whose it is. */
static void judge_owned(struct record *r, const char *path_key, const char *spec_key, const char *package_key)
{
	struct chain_file f = {.path = text(r, path_key, &scratch[0]),
			       .spec = text(r, spec_key, &scratch[1]),
			       .package = text(r, package_key, &scratch[2])};

	if (!f.path.n || relpath_bad(f.path))
		bad_input("unable to trust the stream: a record of kind %.*s without a path", (int)r->kind.n,
			  r->kind.p);
	if (!ident_is(IDENT_PACKAGE, f.package))
		f.package = (struct span){0};
	judge(&f);
}

static void step(struct record *r)
{
	struct span hash;
	struct disk d;
	const char *why = NULL;
	int is;

	gate_pass(gate, r);
	if (!judged_add(subject, r))
		return;
	if (record_is(r, "plane")) {
		planned = true;
		buf_reset(&planned_hash);
		if (record_str(r, "registry_hash", &hash, &scratch[3]))
			buf_span_add(&planned_hash, hash);
	}
	lawbook_add(&book, r, true);
	is = disk_of(r, &d, &why);
	if (is < 0)
		bad_input("unable to trust the stream: a %.*s record %s", (int)r->kind.n, r->kind.p, why);
	if (is > 0 && (d.type == DISK_FILE || d.type == DISK_SPECIAL))
		judge_disk(&d);
	else if (record_is(r, "owner"))
		judge_owned(r, "path", "spec", "owner");
	else if (record_is(r, "asset"))
		judge_owned(r, "target", "spec_owner", "package_id");
}

/* The walk saw a registry; it must be the one that said whose the files are. */
static void check_registry(void)
{
	unsigned char sum[DIGEST_LEN];
	char hash[DIGEST_TEXT];

	if (!registry)
		return;
	while (row_left)
		next_row();
	registry_hash(registry, sum);
	digest_text(sum, hash);
	if (planned && !registry_file && !span_eq(buf_span(&planned_hash), (struct span){hash, sizeof hash}))
		bad_input("unable to conclude: the registry changed since the walk");
	registry_close(registry);
}

static void finish(bool complete)
{
	char hash[DIGEST_TEXT];

	if (!complete)
		return;
	check_registry();
	judged_end(subject, hash);
	gate_verdict(gate, (struct span){hash, sizeof hash}, (struct span){0});
	judged_free(subject);
	lawbook_free(&book);
	buf_free(&planned_hash);
	buf_free(&last);
	for (size_t i = 0; i < sizeof scratch / sizeof *scratch; i++)
		buf_free(&scratch[i]);
}

static const struct filter self = {
	.name = "cp-gate-g0-spec",
	.summary = "judge that the spec of each file is there, and so is its framework",
	.args = "[REGISTRY]",
	.reads = "plane file special owner asset framework spec",
	.writes = "* finding verdict",
	.role = ROLE_JUDGE,
	.flags = FILTER_ROOT | FILTER_GATE,
	.operands_max = 1,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
