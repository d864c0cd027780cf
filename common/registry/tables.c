#include "registry/internal.h"

#include "base/text.h"
#include "catalog/rows.h"
#include "data/csv.h"
#include "data/jsonw.h"
#include "filter/filter.h"

#include <stdio.h>

static const char *const package_columns[] = {
	"id", "name", "entity_type", "category", "version", "source", "source_type", "digest", "signature",
	"attestation_path", "attestation_digest", "attestation_signature_path", "platform", "arch", "deps",
	"conflicts", "license", "artifact_path", "output_type", "output_path", "status", "selected", "priority",
	"owner", "created_at", "source_spec_id", "content_hash", "framework_id", "spec_id", "hash",
};
enum { PACKAGE_COLUMNS = sizeof package_columns / sizeof *package_columns, CONTENT_HASH = 26 };

static const char *const state_columns[] = {
	"package_id", "status", "manifest_hash", "package_type", "plane_id", "assets_count", "installed_at",
	"uninstalled_at", "version",
};
enum { STATE_COLUMNS = sizeof state_columns / sizeof *state_columns };

static const char *const framework_columns[] = {
	"framework_id", "title", "status", "version", "plane_id", "created_at", "allowed_spec_types",
	"required_gates", "hash",
};
enum { FRAMEWORK_COLUMNS = sizeof framework_columns / sizeof *framework_columns };

static const char *const spec_columns[] = {
	"spec_id", "title", "framework_id", "status", "version", "plane_id", "created_at", "required_gates",
	"required_metadata", "required_assets", "hash",
};
enum { SPEC_COLUMNS = sizeof spec_columns / sizeof *spec_columns };

struct span known_text(const struct known *k, enum known_text t)
{
	return k->text[t] ? span_of(k->text[t]) : (struct span){"", 0};
}

static struct span or_else(struct span s, const char *other)
{
	return s.n ? s : span_of(other);
}

void put_header(struct output *o, const char *const *columns, size_t n)
{
	static struct buf b;

	buf_reset(&b);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s%s", i ? "," : "", columns[i]);
	buf_char(&b, '\n');
	output_add(o, buf_span(&b));
}

void put_row(struct output *o, const char *const *columns, const struct span *field, size_t n, struct output *json)
{
	static struct buf b;

	buf_reset(&b);
	csv_row(&b, field, n);
	output_add(o, buf_span(&b));
	o->rows++;
	if (!json)
		return;
	buf_reset(&b);
	buf_str(&b, json->rows++ ? ",\n" : "\n");
	jsonw_open(&b, NULL);
	for (size_t i = 0; i < n; i++)
		jsonw_str(&b, columns[i], field[i]);
	jsonw_close(&b);
	output_add(json, buf_span(&b));
}

/* --- packages --- */

/* As the real registry has it: 64 digits alone. */
static struct span digits(struct span hash)
{
	return hash.n == DIGEST_TEXT ? (struct span){hash.p + 7, hash.n - 7} : hash;
}

static void put_package(struct projecting *p, const struct known *k, const struct manifest *m,
			struct span manifest_hash)
{
	static const char *const status[] = {[KNOWN_PACKED] = "validated", [KNOWN_INSTALLED] = "active",
					     [KNOWN_UNINSTALLED] = "retired"};
	static struct buf deps, conflicts, artifact;
	struct span source = known_text(k, K_SOURCE), digest = known_text(k, K_DIGEST);
	unsigned char sum[DIGEST_LEN];
	char hex[2 * DIGEST_LEN];

	buf_reset(&deps);
	buf_reset(&conflicts);
	buf_reset(&artifact);
	if (m->json) {
		manifest_list(&deps, m, m->dependencies);
		manifest_list(&conflicts, m, m->conflicts);
	}
	if (p->first_target.n)
		buf_printf(&artifact, "/%s", buf_cstr(&p->first_target));
	struct span f[PACKAGE_COLUMNS] = {
		known_text(k, K_ID), or_else(m->text[M_TITLE], k->text[K_ID]), SPAN("package"),
		or_else(m->text[M_TYPE], "package"), known_text(k, K_VERSION), source,
		or_else(known_text(k, K_SOURCE_TYPE), source.n ? "tar" : "local"),
		digits(digest.n ? digest : known_text(k, K_ARCHIVE_HASH)), m->text[M_SIGNATURE], SPAN(""), SPAN(""),
		SPAN(""), or_else(m->text[M_PLATFORM], "any"), or_else(m->text[M_ARCH], "any"), buf_span(&deps),
		buf_span(&conflicts), or_else(m->text[M_LICENSE], "NOASSERTION"), buf_span(&artifact),
		or_else(known_text(k, K_OUTPUT_TYPE), ""), or_else(known_text(k, K_OUTPUT_PATH), ""),
		span_of(status[k->state]), span_of(k->state == KNOWN_INSTALLED ? "yes" : "no"),
		or_else(m->text[M_PRIORITY], "P2"), m->text[M_MAINTAINER], known_text(k, K_CREATED), m->text[M_SPEC],
		SPAN(""), m->text[M_FRAMEWORK].n ? m->text[M_FRAMEWORK] : m->text[M_REQUIRES], m->text[M_SPEC],
		manifest_hash,
	};
	struct span names[PACKAGE_COLUMNS];
	for (size_t i = 0; i < PACKAGE_COLUMNS; i++)
		names[i] = span_of(package_columns[i]);
	if (f[18].n == 0)
		f[18] = m->text[M_OUTPUT_TYPE];
	if (f[19].n == 0)
		f[19] = m->text[M_OUTPUT_PATH];
	row_hash(p->digest, names, f, PACKAGE_COLUMNS, sum);
	hex_encode(sum, sizeof sum, hex);
	f[CONTENT_HASH] = (struct span){hex, sizeof hex};
	put_row(p->packages, package_columns, f, PACKAGE_COLUMNS, p->compiled);
}

static void put_state(struct projecting *p, const struct known *k, struct span hash, struct span type, uint64_t assets)
{
	char count[24];

	snprintf(count, sizeof count, "%llu", (unsigned long long)assets);
	const struct span f[STATE_COLUMNS] = {
		known_text(k, K_ID), span_of(k->state == KNOWN_UNINSTALLED ? "uninstalled" : "installed"), hash, type,
		or_else(p->plane ? span_of(p->plane) : (struct span){"", 0}, "ho3"), span_of(count),
		known_text(k, K_INSTALLED), known_text(k, K_UNINSTALLED), known_text(k, K_VERSION),
	};
	put_row(p->states, state_columns, f, STATE_COLUMNS, NULL);
}

static void default_text(struct known *k, enum known_text t, struct span value)
{
	if (!k->text[t])
		known_set(k, t, value);
}

static void set_words(struct known *k, enum known_text t, const struct manifest *m, const char *key)
{
	struct buf b = {0};

	manifest_words(&b, m, key);
	default_text(k, t, buf_span(&b));
	buf_free(&b);
}

/* What a package of law contributes, where no entry says it. */
static void add_law(struct projecting *p, const struct manifest *m, enum projection_of what, struct span id)
{
	struct known *k;
	bool fresh;

	if (id.n == 0 || memchr(id.p, '\0', id.n))
		return;
	fresh = !projection_find(p->state, what, id);
	k = projection_get(p->state, what, id);
	default_text(k, K_CREATED, known_text(p->known, K_CREATED));
	default_text(k, K_TITLE, m->text[M_TITLE]);
	default_text(k, K_VERSION, m->text[M_VERSION]);
	default_text(k, K_HASH, buf_span(&p->law_hash));
	default_text(k, K_PLANE, buf_span(&p->law_plane));
	if (fresh)
		known_set(k, K_STATUS, span_of(p->known->state == KNOWN_INSTALLED ? "active" : "retired"));
	if (what == OF_SPECS)
		default_text(k, K_FRAMEWORK, m->text[M_REQUIRES]);
	set_words(k, K_SPEC_TYPES, m, "allowed_spec_types");
	set_words(k, K_GATES, m, "required_gates");
	set_words(k, K_METADATA, m, "required_metadata");
	set_words(k, K_ASSETS, m, "required_assets");
}

static void take_asset(void *ctx, const struct manifest *m, const struct manifest_asset *a)
{
	struct projecting *p = ctx;
	struct span type = a->text[A_TYPE];

	if (p->law_hash.n == 0 && (span_is(type, "law_doc") || span_is(type, "spec"))) {
		buf_span_add(&p->law_hash, a->text[A_HASH]);
		buf_span_add(&p->law_plane, a->text[A_PLANE]);
	}
	own_asset(p, m, a);
}

static void one_package(void *ctx, struct known *k)
{
	struct projecting *p = ctx;
	struct manifest m = {.json = NULL};
	struct manifest_sums sums = {.assets = 0};

	p->known = k;
	p->plane = NULL;
	buf_reset(&p->first_target);
	buf_reset(&p->law_hash);
	buf_reset(&p->law_plane);
	for (int i = 0; i < M_TEXTS; i++)
		m.text[i] = SPAN("");
	if (k->state == KNOWN_ADOPTED) {
		own_adopted(p, k);
		put_state(p, k, known_text(k, K_MANIFEST_HASH), SPAN("baseline"), k->files);
	} else if (k->state == KNOWN_PACKED) {
		put_package(p, k, &m, known_text(k, K_MANIFEST_HASH));
	} else if (!manifest_of(p->out->root, k, &m, &sums, take_asset, p)) {
		p->faults++;
	} else {
		struct span hash = {sums.manifest_hash, DIGEST_TEXT};

		if (sums.assets != 1)
			buf_reset(&p->first_target);
		put_package(p, k, &m, hash);
		put_state(p, k, hash, m.text[M_TYPE], sums.assets);
		if (span_is(m.text[M_TYPE], "framework"))
			add_law(p, &m, OF_FRAMEWORKS, m.text[M_FRAMEWORK]);
		if (span_is(m.text[M_TYPE], "spec"))
			add_law(p, &m, OF_SPECS, m.text[M_SPEC]);
	}
	manifest_free(&m);
}

void write_packages(struct projecting *p)
{
	put_header(p->packages, package_columns, PACKAGE_COLUMNS);
	put_header(p->states, state_columns, STATE_COLUMNS);
	projection_each(p->state, OF_PACKAGES, one_package, p);
}

/* --- frameworks and specs --- */

static void one_framework(void *ctx, struct known *k)
{
	struct output *o = ctx;
	const struct span f[FRAMEWORK_COLUMNS] = {
		known_text(k, K_ID), or_else(known_text(k, K_TITLE), k->text[K_ID]), known_text(k, K_STATUS),
		known_text(k, K_VERSION), or_else(known_text(k, K_PLANE), "ho3"), known_text(k, K_CREATED),
		known_text(k, K_SPEC_TYPES), known_text(k, K_GATES), known_text(k, K_HASH),
	};

	put_row(o, framework_columns, f, FRAMEWORK_COLUMNS, NULL);
}

static void one_spec(void *ctx, struct known *k)
{
	struct output *o = ctx;
	const struct span f[SPEC_COLUMNS] = {
		known_text(k, K_ID), or_else(known_text(k, K_TITLE), k->text[K_ID]), known_text(k, K_FRAMEWORK),
		known_text(k, K_STATUS), known_text(k, K_VERSION), or_else(known_text(k, K_PLANE), "ho3"),
		known_text(k, K_CREATED), known_text(k, K_GATES), known_text(k, K_METADATA), known_text(k, K_ASSETS),
		known_text(k, K_HASH),
	};

	put_row(o, spec_columns, f, SPEC_COLUMNS, NULL);
}

void write_law(struct projecting *p)
{
	struct output *o = output_new(&p->out->outputs, "registries/frameworks_registry.csv");

	put_header(o, framework_columns, FRAMEWORK_COLUMNS);
	projection_each(p->state, OF_FRAMEWORKS, one_framework, o);
	o = output_new(&p->out->outputs, "registries/specs_registry.csv");
	put_header(o, spec_columns, SPEC_COLUMNS);
	projection_each(p->state, OF_SPECS, one_spec, o);
}
