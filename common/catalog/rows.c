#include "catalog/rows.h"

#include "base/text.h"
#include "catalog/field.h"
#include "catalog/ids.h"
#include "catalog/resolve.h"
#include "data/jsonw.h"

#include <stdlib.h>

enum { CATALOGUES = 7 };

/* Where a row was read. */
struct spot {
	size_t source; /* in `sources`, ended by NUL */
	uint64_t line;
};

/* A field that names the row of another registry. */
struct reference {
	const struct catalogue *to;
	const char *column;
	size_t id, target; /* in `texts` */
	uint32_t id_n, target_n;
	struct spot spot;
};

/* The rows of one registry. */
struct members {
	const struct catalogue *catalogue;
	struct ids ids; /* value: in spots */
	struct spot *spot;
	uint32_t n, cap;
	struct resolve *resolve; /* where it has dependencies; its nodes are ours */
	struct rows *all;
};

struct rows {
	rows_fault *fault;
	void *ctx;
	struct digest *digest;
	struct buf sources, texts, detail;
	size_t last_source;
	const struct catalogue *header_of; /* whose columns were looked at, of the last source */
	struct members members[CATALOGUES];
	size_t met;
	struct reference *reference;
	uint32_t references, cap;
	struct ids names; /* of packages; value: in digests */
	struct ids digests;
};

struct span row_field(const struct row *row, const char *name)
{
	for (size_t i = 0; i < row->n; i++)
		if (span_is(row->name[i], name))
			return row->field[i].p ? row->field[i] : (struct span){"", 0};
	return (struct span){NULL, 0};
}

void row_hash(struct digest *d, const struct span *name, const struct span *field, size_t n,
	      unsigned char out[DIGEST_LEN])
{
	struct buf b = {0};

	for (size_t i = 0; i < n; i++) {
		if (span_is(name[i], "content_hash"))
			continue;
		buf_char(&b, b.n ? ',' : '[');
		json_quote(&b, field[i]);
	}
	buf_str(&b, b.n ? "]" : "[]");
	digest_start(d);
	digest_add(d, b.p, b.n);
	digest_end(d, out);
	buf_free(&b);
}

struct rows *rows_new(rows_fault *fault, void *ctx)
{
	struct rows *r = xcalloc(1, sizeof *r);

	r->fault = fault;
	r->ctx = ctx;
	r->digest = digest_new();
	r->last_source = SIZE_MAX;
	return r;
}

static void tell(struct rows *r, enum code code, enum severity s, struct spot spot)
{
	const struct finding_place place = {r->sources.p + spot.source, spot.line, -1};

	r->fault(r->ctx, code, s, &place, buf_cstr(&r->detail));
	buf_reset(&r->detail);
}

static void say(struct rows *r, struct span id, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void say(struct rows *r, struct span id, const char *fmt, ...)
{
	va_list ap;

	if (id.n) {
		field_quote(&r->detail, id);
		buf_str(&r->detail, ": ");
	}
	va_start(ap, fmt);
	buf_vprintf(&r->detail, fmt, ap);
	va_end(ap);
}

static struct spot spot_of(struct rows *r, const struct row *row)
{
	struct span source = row->source.n ? row->source : SPAN("stdin");

	if (r->last_source == SIZE_MAX || !span_is(source, r->sources.p + r->last_source)) {
		r->last_source = r->sources.n;
		buf_span_add(&r->sources, source);
		buf_char(&r->sources, '\0');
		r->header_of = NULL;
	}
	return (struct spot){r->last_source, row->line};
}

static struct members *members_of(struct rows *r, const struct catalogue *c)
{
	struct members *m;

	for (size_t i = 0; i < r->met; i++)
		if (r->members[i].catalogue == c)
			return &r->members[i];
	m = &r->members[r->met++];
	*m = (struct members){.catalogue = c, .all = r};
	return m;
}

/* Once for each file: is every column there, and does somebody know each? */
static void judge_header(struct rows *r, const struct row *row, struct spot spot)
{
	const struct catalogue *c = row->catalogue;

	if (r->header_of == c)
		return;
	r->header_of = c;
	for (const struct catalogue_column *k = c->column; k->name; k++)
		if (k->age == CORE && !row_field(row, k->name).p) {
			say(r, (struct span){0}, "the registry %s has no column %s", c->name, k->name);
			tell(r, CODE_REGISTRY, SEVERITY_ERROR, spot);
		}
	for (size_t i = 0; i < row->n; i++) {
		struct buf name = {0};

		buf_span_add(&name, row->name[i]);
		if (!catalogue_column(c, buf_cstr(&name))) {
			say(r, (struct span){0}, "the registry %s knows no column ", c->name);
			field_quote(&r->detail, row->name[i]);
			tell(r, CODE_FIELD, SEVERITY_WARNING, spot);
		}
		buf_free(&name);
	}
}

static void judge_fields(struct rows *r, const struct row *row, struct span id, struct spot spot)
{
	for (const struct catalogue_column *k = row->catalogue->column; k->name; k++) {
		struct span field = row_field(row, k->name);
		const char *why = field.p ? field_bad(k, field) : NULL;

		if (!why)
			continue;
		say(r, id, "%s ", k->name);
		if (field.n) {
			field_quote(&r->detail, field);
			buf_char(&r->detail, ' ');
		}
		buf_str(&r->detail, why);
		tell(r, CODE_FIELD, SEVERITY_ERROR, spot);
	}
}

/* --- what one field asks of another --- */

static void missing(struct rows *r, struct span id, struct spot spot, const char *column, const char *why)
{
	say(r, id, "%s is empty, and %s", column, why);
	tell(r, CODE_FIELD, SEVERITY_ERROR, spot);
}

static void judge_hash(struct rows *r, const struct row *row, struct span id, struct spot spot)
{
	struct span said = row_field(row, "content_hash");
	unsigned char sum[DIGEST_LEN];
	char hex[2 * DIGEST_LEN];

	if (!said.p)
		return;
	if (said.n == 0) {
		say(r, id, "content_hash is empty: nothing vouches for the row");
		tell(r, CODE_UNHASHED, SEVERITY_WARNING, spot);
		return;
	}
	row_hash(r->digest, row->name, row->field, row->n, sum);
	hex_encode(sum, sizeof sum, hex);
	if (field_hex(said).n && !span_eq(field_hex(said), (struct span){hex, sizeof hex})) {
		say(r, id, "content_hash is not the hash of the other fields");
		tell(r, CODE_ALTERED, SEVERITY_ERROR, spot);
	}
}

static void judge_package(struct rows *r, const struct row *row, struct span id, struct spot spot)
{
	struct span type = row_field(row, "source_type");

	if (!span_is(type, "local") && row_field(row, "digest").n == 0)
		missing(r, id, spot, "digest", "only a local package may have none");
	if (!span_is(type, "local") && row_field(row, "source").n == 0)
		missing(r, id, spot, "source", "only a local package may have none");
	if (span_is(row_field(row, "output_type"), "external") && row_field(row, "output_path").n == 0)
		missing(r, id, spot, "output_path", "output_type is external");
	judge_hash(r, row, id, spot);
}

/* Directories and the registry itself have no hash. */
static void judge_artifact(struct rows *r, const struct row *row, struct span id, struct spot spot)
{
	struct span path = row_field(row, "artifact_path"), hash = row_field(row, "content_hash");
	bool dir = path.n && path.p[path.n - 1] == '/';

	if (dir && hash.n) {
		say(r, id, "content_hash is of a directory");
		tell(r, CODE_FIELD, SEVERITY_ERROR, spot);
	}
	if (!dir && hash.n == 0 && !span_is(path, "/registries/control_plane_registry.csv"))
		missing(r, id, spot, "content_hash", "it is neither a directory's nor the registry's own row");
}

static void judge_state(struct rows *r, const struct row *row, struct span id, struct spot spot)
{
	bool gone = span_is(row_field(row, "status"), "uninstalled"), when = row_field(row, "uninstalled_at").n > 0;

	if (gone == when)
		return;
	say(r, id, gone ? "uninstalled_at is empty, and status is uninstalled"
			: "uninstalled_at is filled, and status is not uninstalled");
	tell(r, CODE_FIELD, SEVERITY_ERROR, spot);
}

static void judge_prompt(struct rows *r, const struct row *row, struct span id, struct spot spot)
{
	struct span created = row_field(row, "created"), updated = row_field(row, "updated");

	if (created.n < 10 || updated.n < 10 || memcmp(created.p, updated.p, 10) <= 0)
		return;
	say(r, id, "it was updated before it was created");
	tell(r, CODE_FIELD, SEVERITY_ERROR, spot);
}

/* --- what rows ask of one another --- */

static void refer(struct rows *r, const struct row *row, struct span id, struct spot spot, const char *column,
		  const char *to)
{
	struct span target = row_field(row, column);

	if (target.n == 0)
		return;
	if (r->references == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 64;
		r->reference = xreallocarray(r->reference, r->cap, sizeof *r->reference);
	}
	buf_room(&r->texts, id.n + target.n + 1);
	struct reference *f = &r->reference[r->references++];
	*f = (struct reference){catalogue_named(span_of(to)), column, r->texts.n, r->texts.n + id.n, (uint32_t)id.n,
				(uint32_t)target.n, spot};
	buf_span_add(&r->texts, id);
	buf_span_add(&r->texts, target);
}

/* DUPLICATE is ours to tell: of every registry, with the place of the other row. */
static void resolve_told(void *ctx, enum code code, uint32_t node, const char *detail)
{
	struct members *m = ctx;

	if (code == CODE_DUPLICATE)
		return;
	buf_str(&m->all->detail, detail);
	tell(m->all, code, code_severity(code), m->spot[node]);
}

/* Lists that are none were told; nothing is concluded from them. */
static void link_list(struct members *m, const struct row *row, const char *column, enum resolve_kind kind)
{
	struct span list = row_field(row, column);
	const struct catalogue_column *k = catalogue_column(m->catalogue, column);

	if (list.n && k && !field_bad(k, list))
		resolve_links(m->resolve, kind, list);
}

static void link_row(struct members *m, const struct row *row, struct span id)
{
	bool packages = strcmp(m->catalogue->name, "packages") == 0;

	if (!packages && strcmp(m->catalogue->name, "control_plane") != 0)
		return;
	if (!m->resolve)
		m->resolve = resolve_new(resolve_told, m);
	resolve_add(m->resolve, id, row_field(row, "version"));
	link_list(m, row, packages ? "deps" : "dependencies", RESOLVE_DEPENDS);
	if (packages)
		link_list(m, row, "conflicts", RESOLVE_CONFLICTS);
}

static void add_member(struct members *m, const struct row *row, struct span id, struct spot spot)
{
	if (m->n == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 64;
		m->spot = xreallocarray(m->spot, m->cap, sizeof *m->spot);
	}
	m->spot[m->n] = spot;
	ids_add(&m->ids, id, m->n++);
	link_row(m, row, id);
}

static void judge_row(struct rows *r, const struct row *row, struct span id, struct spot spot)
{
	const char *name = row->catalogue->name;

	if (strcmp(name, "packages") == 0) {
		judge_package(r, row, id, spot);
		refer(r, row, id, spot, "source_spec_id", "specs");
		refer(r, row, id, spot, "spec_id", "specs");
		refer(r, row, id, spot, "framework_id", "frameworks");
		ids_add(&r->names, row_field(row, "name"), r->digests.n);
		ids_add(&r->digests, row_field(row, "digest"), r->digests.n);
	} else if (strcmp(name, "control_plane") == 0) {
		judge_artifact(r, row, id, spot);
		refer(r, row, id, spot, "source_spec_id", "specs");
	} else if (strcmp(name, "specs") == 0) {
		refer(r, row, id, spot, "framework_id", "frameworks");
	} else if (strcmp(name, "file_ownership") == 0) {
		refer(r, row, id, spot, "owner_spec_id", "specs");
	} else if (strcmp(name, "packages_state") == 0) {
		judge_state(r, row, id, spot);
	} else if (strcmp(name, "prompts") == 0) {
		judge_prompt(r, row, id, spot);
	}
}

void rows_add(struct rows *r, const struct row *row)
{
	struct spot spot = spot_of(r, row);
	struct span id;

	if (!row->catalogue) {
		say(r, (struct span){0}, "no registry has the columns of this row");
		tell(r, CODE_REGISTRY, SEVERITY_ERROR, spot);
		return;
	}
	id = row_field(row, row->catalogue->id);
	judge_header(r, row, spot);
	judge_fields(r, row, id, spot);
	judge_row(r, row, id, spot);
	add_member(members_of(r, row->catalogue), row, id, spot);
}

/* An empty id was told already. */
static void judge_ids(struct rows *r, struct members *m)
{
	ids_sort(&m->ids);
	for (uint32_t i = 1; i < m->ids.n; i++) {
		struct span id = ids_text(&m->ids, i);
		struct spot first = m->spot[m->ids.item[i - 1].value];

		if (id.n == 0 || !span_eq(ids_text(&m->ids, i - 1), id))
			continue;
		say(r, id, "listed already in ");
		field_quote(&r->detail, span_of(r->sources.p + first.source));
		buf_printf(&r->detail, ":%llu", (unsigned long long)first.line);
		tell(r, CODE_DUPLICATE, SEVERITY_ERROR, m->spot[m->ids.item[i].value]);
	}
}

static struct members *members_named(struct rows *r, const struct catalogue *c)
{
	for (size_t i = 0; i < r->met; i++)
		if (r->members[i].catalogue == c)
			return &r->members[i];
	return NULL;
}

static void judge_references(struct rows *r)
{
	for (uint32_t i = 0; i < r->references; i++) {
		const struct reference *f = &r->reference[i];
		const struct members *m = members_named(r, f->to);
		struct span target = {r->texts.p + f->target, f->target_n};

		if (!m || ids_find(&m->ids, target) != UINT32_MAX)
			continue;
		say(r, (struct span){r->texts.p + f->id, f->id_n}, "%s ", f->column);
		field_quote(&r->detail, target);
		buf_printf(&r->detail, " is not in the registry %s", f->to->name);
		tell(r, CODE_REFERENCE, SEVERITY_ERROR, f->spot);
	}
}

/* Two packages of one name are one thing, and have one archive. */
static void judge_names(struct rows *r)
{
	const struct members *m = members_named(r, catalogue_named(SPAN("packages")));

	ids_sort(&r->names);
	for (uint32_t i = 1; i < r->names.n; i++) {
		uint32_t one = r->names.item[i - 1].value, other = r->names.item[i].value;
		struct span a = ids_text(&r->digests, one), b = ids_text(&r->digests, other);
		struct span name = ids_text(&r->names, i);

		if (name.n == 0 || !span_eq(ids_text(&r->names, i - 1), name) || a.n == 0 || b.n == 0 || span_eq(a, b))
			continue;
		buf_str(&r->detail, "the name ");
		field_quote(&r->detail, name);
		buf_str(&r->detail, " has another digest in ");
		field_quote(&r->detail, span_of(r->sources.p + m->spot[one].source));
		buf_printf(&r->detail, ":%llu", (unsigned long long)m->spot[one].line);
		tell(r, CODE_CONFLICT, SEVERITY_ERROR, m->spot[other]);
	}
}

void rows_finish(struct rows *r)
{
	uint32_t ordered;

	for (size_t i = 0; i < r->met; i++)
		judge_ids(r, &r->members[i]);
	judge_references(r);
	judge_names(r);
	for (size_t i = 0; i < r->met; i++)
		if (r->members[i].resolve)
			resolve_run(r->members[i].resolve, &ordered);
}

void rows_met(const struct rows *r, struct buf *b)
{
	for (size_t i = 0; i < r->met; i++)
		buf_printf(b, "%s%s", i ? " " : "", r->members[i].catalogue->name);
}

void rows_free(struct rows *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->met; i++) {
		ids_free(&r->members[i].ids);
		free(r->members[i].spot);
		resolve_free(r->members[i].resolve);
	}
	digest_free(r->digest);
	buf_free(&r->sources);
	buf_free(&r->texts);
	buf_free(&r->detail);
	ids_free(&r->names);
	ids_free(&r->digests);
	free(r->reference);
	free(r);
}
