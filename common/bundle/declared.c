#include "bundle/bundle.h"
#include "bundle/document.h"
#include "data/canon.h"
#include "data/jsonw.h"
#include "record/record.h"

struct declaring {
	struct spool *assets;
	struct buf line, target, canon;
	const char *why;
};

/* Members of an asset's object that would say something else in a record. */
static bool is_taken(struct span key)
{
	return span_is(key, "kind") || span_is(key, "target") || span_is(key, "package_id");
}

/* The object as it is, member by member. */
static const char *add_object(struct buf *b, const struct json *j, uint32_t at, struct buf *canon)
{
	struct buf room = {0};
	const char *why = NULL;

	for (uint32_t k = json_first(j, at); k != j->node[at].end && !why; k = json_next_member(j, k)) {
		if (is_taken(json_string(j, k, &room)))
			why = "has an asset with a member that only its record has";
		buf_reset(canon);
		if (!canon_jcs(canon, j, k + 1))
			why = "has a number that has no canonical form";
		buf_char(b, ',');
		buf_span_add(b, json_source(j, k));
		buf_char(b, ':');
		buf_span_add(b, buf_span(canon));
	}
	buf_free(&room);
	return why;
}

static void add_asset(void *ctx, const struct manifest *m, const struct manifest_asset *a, const struct json *j,
		      uint32_t at)
{
	struct declaring *d = ctx;
	bool owned;

	if (d->why)
		return;
	buf_reset(&d->line);
	buf_reset(&d->target);
	buf_str(&d->line, "{\"kind\":\"asset\"");
	d->why = add_object(&d->line, j, at, &d->canon);
	jsonw_str(&d->line, "package_id", m->text[M_ID]);
	if (!manifest_target(&d->target, m, a, &owned) && owned)
		jsonw_str(&d->line, "target", buf_span(&d->target));
	buf_char(&d->line, '}');
	if (d->line.n > RECORD_BYTES)
		d->why = "has an asset that is over 1 MiB";
	spool_add(d->assets, buf_span(&d->line));
}

/* The package's record. */
static const char *add_package(struct buf *b, const struct manifest *m, const struct manifest_sums *sums,
			       struct span members)
{
	buf_reset(b);
	buf_str(b, "{\"kind\":\"package\"");
	if (members.n)
		buf_char(b, ',');
	buf_span_add(b, members);
	jsonw_str(b, "manifest_hash", (struct span){sums->manifest_hash, DIGEST_TEXT});
	jsonw_str(b, "document_hash", (struct span){sums->document_hash, DIGEST_TEXT});
	buf_str(b, ",\"manifest\":");
	if (!canon_jcs_without(b, m->json, 0, "assets"))
		return "has a number that has no canonical form";
	buf_char(b, '}');
	return b->n > RECORD_BYTES ? "is over 1 MiB without its assets" : NULL;
}

const char *bundle_declared(struct spool *lines, int manifest, struct span members)
{
	struct declaring d = {.assets = spool_new()};
	struct manifest_sums sums;
	struct manifest m = {.json = NULL};
	struct span line;
	const char *why = manifestdoc_read(manifest, &m, &sums, add_asset, &d);

	if (!why)
		why = d.why;
	if (!why)
		why = add_package(&d.line, &m, &sums, members);
	if (!why) {
		spool_add(lines, buf_span(&d.line));
		spool_rewind(d.assets);
		while (spool_next(d.assets, &line))
			spool_add(lines, line);
	}
	spool_free(d.assets);
	manifest_free(&m);
	buf_free(&d.line);
	buf_free(&d.target);
	buf_free(&d.canon);
	return why;
}
