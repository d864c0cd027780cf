/* cp-merkle: the state of a tree as one root. */
#include "base/text.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "model/state.h"
#include "seal/merkle.h"
#include "store/adopt.h"

static bool legacy, allow_empty;
static const char *expected;
static unsigned char expected_sum[DIGEST_LEN];
static struct adopt tree;
static struct digest *digest;
static struct merkle merkle;
static struct legacy_tree old;
static struct buf leaf;

/* `sha256:` and hex, or as old checkpoints have it, bare hex. */
static bool parse_root(struct span text, unsigned char out[DIGEST_LEN])
{
	return digest_parse(text, out) || (text.n == 2 * DIGEST_LEN && hex_decode(text.p, text.n, out));
}

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (expected && !parse_root(span_of(expected), expected_sum))
		bad_usage("unable to use the root %s: not sha256: and 64 hex digits", expected);
	digest = digest_new();
	merkle_init(&merkle, digest);
}

/* The old rule took every row of a registry that has a hash: the registry's own has none. */
static void add_row(struct record *r)
{
	bool row = record_is(r, "row");
	uint32_t fields = row ? record_get(r, "fields") : 0;
	uint32_t at = fields ? json_get(&r->json, fields, "content_hash") : record_get(r, "hash");
	unsigned char sum[DIGEST_LEN];
	struct span text;

	if (!at && !row)
		return;
	if (!at || r->json.node[at].type != JSON_STRING)
		bad_input("unable to trust the record: it has no content_hash");
	text = json_text(&r->json, at);
	if (!text.n)
		return;
	if (!parse_root(text, sum))
		bad_input("unable to trust the record: its hash is not 64 hex digits");
	legacy_tree_add(&old, sum);
}

static void step(struct record *r)
{
	unsigned char sum[DIGEST_LEN];
	struct disk d;
	const char *why;

	if (legacy && (record_is(r, "owner") || record_is(r, "row"))) {
		add_row(r);
		return;
	}
	if (!adopt_next(&tree, r, &d))
		return;
	buf_reset(&leaf);
	why = state_leaf(&leaf, &d);
	if (why)
		bad_input("unable to trust the stream: a %.*s record %s", (int)r->kind.n, r->kind.p, why);
	if (legacy && digest_parse(d.hash, sum))
		legacy_tree_add(&old, sum);
	else
		merkle_leaf(&merkle, leaf.p, leaf.n);
}

static void report(const unsigned char sum[DIGEST_LEN], uint64_t leaves)
{
	char text[DIGEST_TEXT];
	struct buf *b = out_record("root");

	digest_text(sum, text);
	jsonw_str(b, "root_hash", (struct span){text, sizeof(text)});
	jsonw_int(b, "tree_size", (int64_t)leaves);
	jsonw_cstr(b, "alg", legacy ? "legacy" : "rfc6962");
	emit_out();
	if (expected && memcmp(sum, expected_sum, DIGEST_LEN) != 0)
		finding(CODE_MODIFIED, (struct span){0}, "the root is %.*s, not %s", DIGEST_TEXT, text, expected);
}

/* What has no place in a state (a finding each) leaves the tree without a root. */
static void finish(bool complete)
{
	unsigned char sum[DIGEST_LEN];
	uint64_t leaves = legacy ? old.n : merkle.leaves;

	if (!complete || tree.refused)
		return;
	if (!leaves && (!allow_empty || legacy)) {
		complain("unable to tell the root: there is no file in the tree%s",
			 legacy ? "" : " (--allow-empty accepts that)");
		filter_raise(STATUS_NO);
		return;
	}
	if (legacy)
		legacy_tree_root(&old, digest, sum);
	else
		merkle_root(&merkle, sum);
	report(sum, leaves);
	digest_free(digest);
	buf_free(&leaf);
}

static const struct opt opts[] = {
	{.name = "check", .value = "HASH", .summary = "fail unless this is the root", .kind = OPT_STR,
	 .target = &expected},
	{.name = "legacy", .summary = "the rule of the earlier implementation", .kind = OPT_FLAG, .target = &legacy},
	{.name = "allow-empty", .summary = "a tree without a file has a root too", .kind = OPT_FLAG,
	 .target = &allow_empty},
	{0},
};

static const struct filter self = {
	.name = "cp-merkle",
	.summary = "compute the root of a tree's state",
	.args = "",
	.reads = "plane file dir special excluded owner row",
	.writes = "root finding",
	.opts = opts,
	.role = ROLE_JUDGE,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
