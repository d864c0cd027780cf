/* Rows of registries, and manifests: whatever the bytes, judging them ends, what is said is short and is UTF-8, and
 * where an asset is installed is a path of the plane. Bytes that begin with a brace are a manifest, others CSV. */
#include "base/text.h"
#include "catalog/manifest.h"
#include "catalog/projection.h"
#include "catalog/rows.h"
#include "data/csv.h"
#include "data/relpath.h"

#include <stdlib.h>

static ssize_t read_some(void *ctx, void *p, size_t n)
{
	struct span *left = ctx;
	size_t take = left->n < n ? left->n : n;

	memcpy(p, left->p, take);
	*left = (struct span){left->p + take, left->n - take};
	return (ssize_t)take;
}

static void told(void *ctx, enum code code, enum severity severity, const struct finding_place *place,
		 const char *detail)
{
	(void)ctx;
	(void)severity;
	if (code >= CODE_COUNT || !place->source || !utf8_valid(detail, strlen(detail)) || strlen(detail) > 20000)
		abort();
}

static void judge_rows(struct span text)
{
	struct csv_reader *c = csv_open(read_some, &text);
	struct rows *r = rows_new(told, NULL);
	struct csv_row row;
	struct span header[CSV_COLUMNS];
	uint64_t line = 0;

	while (csv_next(c, &row) > 0) {
		for (size_t i = 0; i < row.width; i++)
			header[i] = csv_header(c, i);
		if (line++)
			rows_add(r, &(struct row){catalogue_of(header, row.width), header, row.field, row.width,
						  {NULL, 0}, line});
	}
	rows_finish(r);
	rows_free(r);
	csv_close(c);
}

static void judge_asset(const struct manifest *m, const struct json *j, uint32_t at)
{
	struct manifest_asset a = {.mode = 0};
	struct buf path = {0};
	bool owned;

	if (!manifest_asset(&a, m, j, at) && !manifest_target(&path, m, &a, &owned) && owned &&
	    relpath_bad(buf_span(&path)))
		abort();
	manifest_asset_free(&a);
	buf_free(&path);
}

static void judge_manifest(const struct json *j)
{
	struct manifest m = {.json = NULL};
	struct buf list = {0};

	if (!manifest_read(&m, j)) {
		uint32_t assets = json_get(j, 0, "assets");

		for (uint32_t c = json_first(j, assets); c != j->node[assets].end; c = json_next(j, c))
			judge_asset(&m, j, c);
		manifest_list(&list, &m, m.dependencies);
		manifest_words(&list, &m, "required_gates");
	}
	manifest_free(&m);
	buf_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json j = {0};

	if (size == 0 || data[0] != '{') {
		judge_rows((struct span){(const char *)data, size});
		return 0;
	}
	if (json_parse(&j, (const char *)data, size, JSON_DOCUMENT)) {
		struct projection *p = projection_new();

		judge_manifest(&j);
		for (int i = 0; i < 2; i++) {
			projection_entry(p, LEDGER_PACKAGES, &j);
			projection_entry(p, LEDGER_INTENT, &j);
		}
		projection_free(p);
	}
	json_free(&j);
	return 0;
}
