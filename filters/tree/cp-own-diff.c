#include "base/text.h"
#include "filter/gate.h"
#include "model/owner.h"
#include "model/twins.h"
#include "seal/digest.h"
#include "store/registry.h"

#include <stdio.h>
#include <stdlib.h>

static bool pass, look_for_twins;
static struct twins *twins;
static struct digest *subject;
static struct registry *registry;
static const char *registry_path; /* NULL: the plane's own */
static struct owner_join *join;
static struct buf planned_hash; /* registry_hash of the plane record; empty: none was there */
static bool planned;
static uint64_t reused;

/* The registry is opened at the first record: its place may be known only from the stream. */
static void open_registry(void)
{
	char *own = NULL;
	int status;

	if (!registry_path && !planned)
		bad_input("unable to choose a registry: no plane record begins the stream (name a REGISTRY)");
	if (!registry_path) {
		struct buf b = {0};

		buf_printf(&b, "%s/registries/file_ownership.csv", filter_root());
		own = xstrndup(b.p, b.n);
		buf_free(&b);
	}
	registry = registry_open(own ? own : registry_path, &status);
	free(own);
	if (!registry)
		filter_abandon((enum status)status);
}

static bool next_owned(void *ctx, struct owned *o)
{
	struct registry_row row;
	int status, got = registry_next(registry, &row, &status);

	(void)ctx;
	if (got < 0)
		filter_abandon((enum status)status);
	if (!got)
		return false;
	*o = (struct owned){.path = row.path, .hash = row.hash, .mode = row.mode, .dir = row.dir};
	return true;
}

static void report(void *ctx, enum code c, struct span path, const char *detail)
{
	(void)ctx;
	if (detail)
		finding(c, path, "%s", detail);
	else
		finding(c, path, NULL);
}

static void twin(void *ctx, struct span path, struct span other)
{
	struct buf text = {0};

	(void)ctx;
	text_escape(&text, other.p, other.n);
	finding(CODE_CASE, path, "%s differs only in case", buf_cstr(&text));
	buf_free(&text);
}

static void note_plane(const struct record *r)
{
	struct buf scratch = {0};
	struct span hash;

	planned = true;
	buf_reset(&planned_hash);
	if (record_str(r, "registry_hash", &hash, &scratch))
		buf_span_add(&planned_hash, hash);
	buf_free(&scratch);
}

static void start(int argc, char **argv)
{
	registry_path = argc ? argv[0] : NULL;
	subject = digest_new();
	digest_start(subject);
	join = owner_join_new((struct owner_ends){.next = next_owned, .report = report});
	if (look_for_twins)
		twins = twins_new(twin, NULL);
}

static void step(struct record *r)
{
	struct disk d;
	const char *why;
	int is;

	digest_add(subject, r->line.p, r->line.n);
	digest_add(subject, "\n", 1);
	if (pass)
		emit(r);
	if (record_is(r, "plane"))
		note_plane(r);
	if (!registry)
		open_registry();
	is = disk_of(r, &d, &why);
	if (is > 0)
		why = owner_join_disk(join, &d);
	if (is && why)
		bad_input("unable to trust the stream: a %.*s record %s", (int)r->kind.n, r->kind.p, why);
	reused += is > 0 && d.reused;
	if (is > 0 && twins)
		twins_add(twins, d.path);
}

/* The walk saw a registry; it must be the one that was just compared. */
static void check_registry(void)
{
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];

	registry_hash(registry, sum);
	digest_text(sum, text);
	if (planned && !registry_path && !span_eq(buf_span(&planned_hash), (struct span){text, sizeof text}))
		bad_input("unable to conclude: the registry changed since the walk");
}

static void finish(bool complete)
{
	struct buf extra = {0};
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];

	if (!complete)
		return;
	if (!registry)
		open_registry();
	owner_join_finish(join);
	if (twins)
		twins_finish(twins);
	check_registry();
	gate_checked(owner_join_counts(join)->judged);
	buf_printf(&extra, "\"owned\":%llu,\"excluded\":%llu,\"unjudged\":%llu,\"reused\":%llu,\"anchor\":\"none\"",
		   (unsigned long long)registry_rows(registry), (unsigned long long)owner_join_counts(join)->excluded,
		   (unsigned long long)owner_join_counts(join)->unjudged, (unsigned long long)reused);
	digest_end(subject, sum);
	digest_text(sum, text);
	gate_verdict("OWN-DIFF", (struct span){text, sizeof text}, buf_span(&extra));
	buf_free(&extra);
	owner_join_free(join);
	registry_close(registry);
	digest_free(subject);
}

static const struct opt options[] = {
	{.name = "pass", .summary = "hand the records on before the findings", .kind = OPT_FLAG, .target = &pass},
	{.name = "case", .summary = "note names that differ only in case", .kind = OPT_FLAG, .target = &look_for_twins},
	{0},
};

static const struct filter self = {
	.name = "cp-own-diff",
	.summary = "compare a hashed tree with its ownership registry",
	.args = "[REGISTRY]",
	.reads = "plane file dir special excluded",
	.writes = "finding verdict",
	.opts = options,
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
