#include "legacy/manifest.h"

#include "bundle/document.h"
#include "bundle/make.h"
#include "catalog/list.h"
#include "data/jsonw.h"

struct upgrading {
	struct buf assets;
	struct sums sums;
	const char *type;
};

struct word {
	const char *old, *new;
};

static const char *look(const struct word *words, struct span old)
{
	while (words->old && !span_is(old, words->old))
		words++;
	return words->new;
}

static const char *package_type(struct span old)
{
	static const struct word words[] = {
		{"framework", "framework"}, {"spec", "spec"}, {"library", "library"}, {"agent", "agent"},
		{"prompt", "prompt"}, {"gate", "gate"}, {"module", "library"}, {"kernel", "library"},
		{"baseline", "library"}, {"documentation", "library"}, {NULL, NULL},
	};

	return look(words, old);
}

/* A law or a spec is what a package of that type brings; in any other it is a file that was already there. */
static const char *asset_type(struct span old, const char *package)
{
	static const struct word words[] = {
		{"library", "library"}, {"agent", "agent"}, {"prompt", "prompt"}, {"gate", "gate"},
		{"config", "config"}, {"test", "test"}, {NULL, "other"},
	};

	if (span_is(old, "framework") && strcmp(package, "framework") == 0)
		return "law_doc";
	return look(words, old);
}

static void add_asset(void *ctx, const struct manifest *m, const struct manifest_asset *a, const struct json *j,
		      uint32_t at)
{
	struct upgrading *u = ctx;
	unsigned char sum[DIGEST_LEN];
	const char *type = u->type ? u->type : package_type(m->text[M_TYPE]);

	(void)j;
	(void)at;
	buf_str(&u->assets, u->assets.n ? ",\n" : "\n");
	jsonw_open(&u->assets, NULL);
	jsonw_str(&u->assets, "source", a->text[A_SOURCE]);
	jsonw_str(&u->assets, "hash", a->text[A_HASH]);
	jsonw_str(&u->assets, "plane", a->text[A_PLANE]);
	jsonw_cstr(&u->assets, "type", asset_type(a->text[A_TYPE], type ? type : ""));
	if (a->text[A_SPEC].n)
		jsonw_str(&u->assets, "spec_owner", a->text[A_SPEC]);
	if (a->mode == 0755)
		jsonw_cstr(&u->assets, "mode", "0755");
	jsonw_close(&u->assets);
	digest_parse(a->text[A_HASH], sum);
	sums_add(&u->sums, sum);
}

const char *legacy_list(struct buf *b, const char *key, struct span list)
{
	struct span id, range;
	const char *why = list_bad(list, true);

	if (why || list.n == 0)
		return why;
	jsonw_array_open(b, key);
	while (list_next(&list, &id, &range)) {
		jsonw_open(b, NULL);
		jsonw_str(b, "package_id", id);
		if (range.n)
			jsonw_str(b, "version", range);
		jsonw_close(b);
	}
	jsonw_array_close(b);
	return NULL;
}

static const char *add_list(struct buf *b, const char *key, const struct manifest *m, uint32_t node)
{
	struct buf list = {0};
	const char *why;

	manifest_list(&list, m, node);
	why = legacy_list(b, key, buf_span(&list));
	buf_free(&list);
	return why ? "it has dependencies or conflicts that are no list of packages" : NULL;
}

static const char *add_head(struct buf *b, const struct manifest *m, const char *type)
{
	const char *why;

	jsonw_cstr(b, "schema_version", "1.1");
	jsonw_str(b, "package_id", m->text[M_ID]);
	jsonw_str(b, "version", m->text[M_VERSION]);
	jsonw_cstr(b, "type", type);
	if (m->text[M_FRAMEWORK].n)
		jsonw_str(b, "framework_id", m->text[M_FRAMEWORK]);
	if (strcmp(type, "spec") == 0 && m->text[M_SPEC].n)
		jsonw_str(b, "spec_id", m->text[M_SPEC]);
	if (m->text[M_REQUIRES].n)
		jsonw_str(b, "requires_framework", m->text[M_REQUIRES]);
	why = add_list(b, "dependencies", m, m->dependencies);
	if (!why)
		why = add_list(b, "conflicts", m, m->conflicts);
	/* Its files were named by where they go. */
	buf_str(b, ",\"output\":{\"type\":\"extension\"}");
	if (m->metadata) {
		buf_str(b, ",\"metadata\":");
		buf_span_add(b, json_source(m->json, m->metadata));
	}
	return why;
}

const char *legacy_manifest(struct buf *b, int fd, const char *type)
{
	struct upgrading u = {.type = type};
	struct manifest_sums sums;
	struct manifest m = {.json = NULL};
	size_t start = b->n;
	const char *why = manifestdoc_read(fd, &m, &sums, add_asset, &u);

	if (!type && !why)
		type = package_type(m.text[M_TYPE]);
	if (!why && !m.legacy)
		why = "it is of version 1.1 already";
	if (!why && !type)
		why = "it is of a type that 1.1 does not have, and nobody says another";
	if (!why && !u.assets.n)
		why = "it has no assets";
	if (!why) {
		buf_char(b, '{');
		why = add_head(b, &m, type);
	}
	if (!why) {
		buf_str(b, ",\n\"assets\":[");
		buf_span_add(b, buf_span(&u.assets));
		manifest_close(b, start, &u.sums, &(struct manifest_terms){.seal = NULL});
	}
	manifest_free(&m);
	buf_free(&u.assets);
	sums_free(&u.sums);
	return why;
}
