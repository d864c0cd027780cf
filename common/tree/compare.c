#include "tree/compare.h"

#include "base/text.h"
#include "filter/gate.h"
#include "filter/quiet.h"
#include "model/owner.h"
#include "model/twins.h"
#include "gate/judged.h"
#include "store/ownership.h"

#include <stdlib.h>

struct compare {
	const char *path; /* of the registry; NULL: the plane's own */
	struct registry *registry;
	struct owner_join *join;
	struct twins *twins;
	struct judged *subject;
	struct buf planned_hash; /* registry_hash of the plane record; empty: none was there */
	bool planned;
	uint64_t reused;
	int lock; /* of the plane whose registry it is */
	const char *anchor;
};

/* The registry is opened at the first record: its place may be known only from the stream. */
static void open_registry(struct compare *c)
{
	struct buf own = {0};
	int status;

	if (!c->path && !c->planned)
		bad_input("unable to choose a registry: no plane record begins the stream (name a REGISTRY)");
	if (!c->path) {
		c->lock = quiet_begin(filter_root());
		buf_printf(&own, "%s/" OWNERSHIP_FILE, filter_root());
	}
	c->registry = registry_open(c->path ? c->path : buf_cstr(&own), &status);
	buf_free(&own);
	if (!c->registry)
		filter_abandon((enum status)status);
}

static bool next_owned(void *ctx, struct owned *o)
{
	struct compare *c = ctx;
	struct registry_row row;
	int status, got = registry_next(c->registry, &row, &status);

	if (got < 0)
		filter_abandon((enum status)status);
	if (!got)
		return false;
	*o = (struct owned){.path = row.path, .hash = row.hash, .mode = row.mode, .dir = row.dir};
	return true;
}

static void report(void *ctx, enum code code, struct span path, const char *detail)
{
	(void)ctx;
	if (detail)
		finding(code, path, "%s", detail);
	else
		finding(code, path, NULL);
}

static void twin(void *ctx, struct span path, struct span other)
{
	struct buf text = {0};

	(void)ctx;
	text_escape(&text, other.p, other.n);
	finding(CODE_CASE, path, "%s differs only in case", buf_cstr(&text));
	buf_free(&text);
}

static void note_plane(struct compare *c, const struct record *r)
{
	struct buf scratch = {0};
	struct span hash;

	c->planned = true;
	buf_reset(&c->planned_hash);
	if (record_str(r, "registry_hash", &hash, &scratch))
		buf_span_add(&c->planned_hash, hash);
	buf_free(&scratch);
}

struct compare *compare_new(const char *registry, bool twins)
{
	struct compare *c = xcalloc(1, sizeof *c);

	c->path = registry;
	c->lock = -1;
	c->anchor = "none";
	c->subject = judged_new();
	c->join = owner_join_new((struct owner_ends){.next = next_owned, .report = report, .ctx = c});
	if (twins)
		c->twins = twins_new(twin, NULL);
	return c;
}

void compare_record(struct compare *c, struct record *r)
{
	struct disk d;
	const char *why;
	int is;

	if (!judged_add(c->subject, r))
		return;
	if (record_is(r, "plane"))
		note_plane(c, r);
	if (!c->registry)
		open_registry(c);
	is = disk_of(r, &d, &why);
	if (is > 0)
		why = owner_join_disk(c->join, &d);
	if (is && why)
		bad_input("unable to trust the stream: a %.*s record %s", (int)r->kind.n, r->kind.p, why);
	c->reused += is > 0 && d.reused;
	if (is > 0 && c->twins)
		twins_add(c->twins, d.path);
}

/* The walk saw a registry; it must be the one that was just compared. */
static void check_registry(struct compare *c)
{
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];

	registry_hash(c->registry, sum);
	digest_text(sum, text);
	if (c->planned && !c->path && !span_eq(buf_span(&c->planned_hash), (struct span){text, sizeof text}))
		bad_input("unable to conclude: the registry changed since the walk");
	/* Who acts on what is found takes the lock as soon as it has read our end. */
	quiet_end(c->lock);
	c->lock = -1;
}

static void verdict(struct compare *c, const char *gate)
{
	const struct owner_counts *n = owner_join_counts(c->join);
	struct buf extra = {0};
	char subject[DIGEST_TEXT];

	gate_checked(n->judged);
	buf_printf(&extra, "\"owned\":%llu,\"excluded\":%llu,\"unjudged\":%llu,\"reused\":%llu,\"anchor\":\"%s\"",
		   (unsigned long long)registry_rows(c->registry), (unsigned long long)n->excluded,
		   (unsigned long long)n->unjudged, (unsigned long long)c->reused, c->anchor);
	judged_end(c->subject, subject);
	gate_verdict(gate, (struct span){subject, sizeof subject}, buf_span(&extra));
	buf_free(&extra);
}

void compare_anchor(struct compare *c, const char *what)
{
	c->anchor = what;
}

void compare_conclude(struct compare *c, const char *gate)
{
	if (!c->registry)
		open_registry(c);
	owner_join_finish(c->join);
	if (c->twins)
		twins_finish(c->twins);
	check_registry(c);
	verdict(c, gate);
	owner_join_free(c->join);
	registry_close(c->registry);
	judged_free(c->subject);
	buf_free(&c->planned_hash);
	free(c);
}
