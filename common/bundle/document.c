#include "bundle/document.h"

#include "bundle/sums.h"
#include "data/canon.h"
#include "document/yaml.h"
#include "os/in.h"
#include "record/record.h"

#include <errno.h>
#include <unistd.h>

enum { JSON_LIMIT = 64 << 20 };

struct reading {
	struct manifest *m;
	struct digest *digest;
	struct buf canon;
	bool any; /* an asset went into the digest */
	struct sums assets;
	const char *why; /* an asset that is none */
	struct manifest_asset asset;
	manifestdoc_asset *each;
	void *ctx;
};

/* The head that was read last: manifests are read one after the other. */
static struct yamldoc yaml;
static struct buf text;
static struct json whole;

/* --- the canonical document without its integrity, piece by piece --- */

/* Appends the members whose key stands before (or behind) "assets", as `"a":1,"b":2` in canonical order. False: a
 * number that has no canonical form. */
static bool side(struct buf *b, const struct json *j, bool before)
{
	struct buf part = {0}, canon = {0}, room = {0};
	struct json tape = {0};
	bool good;

	for (uint32_t k = json_first(j, 0); k != j->node[0].end; k = json_next_member(j, k)) {
		struct span key = json_string(j, k, &room);
		int order = span_cmp(key, SPAN("assets"));

		if (order == 0 || before != (order < 0) || span_is(key, "integrity"))
			continue;
		buf_char(&part, part.n ? ',' : '{');
		buf_span_add(&part, json_source(j, k));
		buf_char(&part, ':');
		buf_span_add(&part, json_source(j, k + 1));
	}
	buf_str(&part, part.n ? "}" : "{}");
	good = json_parse(&tape, part.p, part.n, JSON_DOCUMENT) && canon_jcs(&canon, &tape, 0);
	if (good)
		buf_add(b, canon.p + 1, canon.n - 2);
	json_free(&tape);
	buf_free(&part);
	buf_free(&canon);
	buf_free(&room);
	return good;
}

static bool begin_document(struct reading *r, const struct json *head)
{
	buf_reset(&r->canon);
	buf_char(&r->canon, '{');
	if (!side(&r->canon, head, true))
		return false;
	buf_str(&r->canon, r->canon.n > 1 ? ",\"assets\":[" : "\"assets\":[");
	digest_start(r->digest);
	digest_add(r->digest, r->canon.p, r->canon.n);
	return true;
}

static bool end_document(struct reading *r, const struct json *head, char out[DIGEST_TEXT])
{
	unsigned char sum[DIGEST_LEN];

	buf_reset(&r->canon);
	buf_str(&r->canon, "],");
	if (!side(&r->canon, head, false))
		return false;
	r->canon.n -= r->canon.n == 2;
	buf_char(&r->canon, '}');
	digest_add(r->digest, r->canon.p, r->canon.n);
	digest_end(r->digest, sum);
	digest_text(sum, out);
	return true;
}

static bool add_asset(struct reading *r, const struct json *j, uint32_t at)
{
	unsigned char sum[DIGEST_LEN];

	buf_reset(&r->canon);
	buf_str(&r->canon, r->any ? "," : "");
	if (!canon_jcs(&r->canon, j, at)) {
		r->why = "has a number that has no canonical form";
		return false;
	}
	r->any = true;
	digest_add(r->digest, r->canon.p, r->canon.n);
	r->why = manifest_asset(&r->asset, r->m, j, at);
	if (r->why)
		return false;
	digest_parse(r->asset.text[A_HASH], sum);
	sums_add(&r->assets, sum);
	r->each(r->ctx, r->m, &r->asset, j, at);
	return true;
}

/* --- the two forms --- */

static const char *read_json(struct reading *r, int fd, char document[DIGEST_TEXT])
{
	uint32_t assets;
	const char *why;

	buf_reset(&text);
	if (slurp_fd(fd, JSON_LIMIT, &text) != 0)
		return errno == EFBIG ? "is over 64 MiB" : "cannot be read";
	if (!json_parse(&whole, text.p, text.n, JSON_DOCUMENT))
		return whole.error;
	why = manifest_read(r->m, &whole);
	if (why)
		return why;
	if (!begin_document(r, &whole))
		return "has a number that has no canonical form";
	assets = json_get(&whole, 0, "assets");
	for (uint32_t c = json_first(&whole, assets); c != whole.node[assets].end; c = json_next(&whole, c))
		if (!add_asset(r, &whole, c))
			return r->why;
	return end_document(r, &whole, document) ? NULL : "has a number that has no canonical form";
}

static ssize_t read_some(void *ctx, void *p, size_t n)
{
	return read(*(int *)ctx, p, n);
}

static bool skip_asset(void *ctx, struct yamldoc *element)
{
	(void)ctx;
	(void)element;
	return true;
}

static bool yaml_asset(void *ctx, struct yamldoc *element)
{
	return add_asset(ctx, &element->json, 0);
}

/* Twice: the head may stand behind the assets. */
static const char *read_yaml(struct reading *r, int fd, char document[DIGEST_TEXT])
{
	static struct yamldoc again;
	struct yaml_source source = {
		.read = read_some, .ctx = &fd, .limit = RECORD_BYTES, .each = "assets", .element = skip_asset};
	const char *why;

	if (!yamldoc_read(&yaml, &source))
		return yaml.error_errno ? "cannot be read" : yaml.error;
	why = manifest_read(r->m, &yaml.json);
	if (why)
		return why;
	if (!begin_document(r, &yaml.json))
		return "has a number that has no canonical form";
	if (lseek(fd, 0, SEEK_SET) < 0)
		return "cannot be read twice";
	source.element = yaml_asset;
	source.element_ctx = r;
	if (!yamldoc_read(&again, &source))
		return r->why ? r->why : again.error;
	return end_document(r, &yaml.json, document) ? NULL : "has a number that has no canonical form";
}

/* Is the first byte that says something a brace? */
static bool is_json(int fd)
{
	char start[256];
	ssize_t n = pread(fd, start, sizeof start, 0), i = 0;

	while (i < n && strchr(" \t\r\n", start[i]) && start[i])
		i++;
	return i < n && start[i] == '{';
}

const char *manifestdoc_read(int fd, struct manifest *m, struct manifest_sums *sums, manifestdoc_asset *each,
			     void *ctx)
{
	struct reading r = {.m = m, .digest = digest_new(), .each = each, .ctx = ctx};
	const char *why =
		is_json(fd) ? read_json(&r, fd, sums->document_hash) : read_yaml(&r, fd, sums->document_hash);

	sums->assets = r.assets.n;
	sums_hash(&r.assets, r.digest, sums->manifest_hash);
	sums_free(&r.assets);
	manifest_asset_free(&r.asset);
	digest_free(r.digest);
	buf_free(&r.canon);
	return why;
}
