#include "admit/law.h"

#include "catalog/list.h"
#include "catalog/resolve.h"
#include "charter/plane.h"
#include "charter/say.h"
#include "data/relpath.h"
#include "data/semver.h"
#include "filter/filter.h"
#include "law/chain.h"
#include "os/beneath.h"
#include "registry/table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const char registry[] = "registries/packages_registry.csv";

enum { NAMES = 5, SCRATCH = 3 };

struct admit_law {
	const char *root;
	struct law_ends ends;
	struct lawbook book;
	/* The package: a copy of its record, and what the chain asks of it. */
	bool met, extension, external;
	struct record r;
	struct buf line, name[NAMES], scratch[SCRATCH];
	uint32_t manifest; /* its object */
	struct chain_package names;
	struct law_doc *framework;
};

struct admit_law *admit_law_new(const char *root_path)
{
	struct admit_law *a = xcalloc(1, sizeof *a);

	a->root = root_path;
	a->ends = charter_ends();
	return a;
}

/* --- the package and its files --- */

static struct span text_of(const struct record *r, uint32_t object, const char *key, struct buf *b)
{
	uint32_t at = json_get(&r->json, object, key);

	return at && r->json.node[at].type == JSON_STRING ? json_string(&r->json, at, b) : (struct span){0};
}

/* Where its files go, if not where the type of each says. */
static void read_output(struct admit_law *a)
{
	uint32_t at = a->manifest ? json_get(&a->r.json, a->manifest, "output") : 0;
	struct span type = {0};

	if (at && a->r.json.node[at].type == JSON_OBJECT)
		type = text_of(&a->r, at, "type", &a->scratch[0]);
	a->extension = span_is(type, "extension");
	a->external = span_is(type, "external");
}

/* What stands in front of the package is what it brings. */
static void judge_brought(struct admit_law *a)
{
	const struct chain_package *p = &a->names;
	bool framework = span_is(p->type, "framework"), spec = span_is(p->type, "spec");

	for (size_t i = 0; i < a->book.n; i++) {
		struct law_doc *d = a->book.doc[i];
		bool own = d->sort == LAW_FRAMEWORK ? framework && span_eq(d->id, p->framework_id)
						    : framework || (spec && span_eq(d->id, p->spec_id));

		if (!own)
			finding(CODE_UNAUTHORIZED, p->package_id, "it brings %.*s, and may bring its own law alone",
				(int)(d->id.n < 255 ? d->id.n : 255), d->id.p);
		else if (lawbook_earlier(&a->book, d))
			finding(CODE_DUPLICATE, p->package_id, "it brings %.*s twice",
				(int)(d->id.n < 255 ? d->id.n : 255), d->id.p);
	}
}

/* Law lies where its id says, and comes as what it is: then it is known who has it already. */
static bool is_law_of(const struct admit_law *a, unsigned place, const struct record *r, struct span path)
{
	const struct chain_package *p = &a->names;
	struct buf b[2] = {{0}, {0}};
	struct span type = text_of(r, 0, "type", &b[0]), spec = text_of(r, 0, "spec_owner", &b[1]);
	bool framework = span_is(p->type, "framework"), good = false;

	if (place == CHARTER_FRAMEWORKS)
		good = framework && span_is(type, "law_doc") && chain_is_beneath(path, "frameworks/", p->framework_id);
	else if (framework || (span_is(p->type, "spec") && (!spec.n || span_eq(spec, p->spec_id))))
		good = span_is(type, "spec") && chain_is_beneath(path, "specs/", spec.n ? spec : p->spec_id);
	buf_free(&b[0]);
	buf_free(&b[1]);
	return good;
}

static bool may_lie(struct admit_law *a, const struct record *r, struct span path)
{
	unsigned place = span_is(text_of(r, 0, "plane", &a->scratch[2]), "ho3") ? charter_place(path) : 0;

	if (!place || is_law_of(a, place, r, path))
		return true;
	finding(CODE_UNAUTHORIZED, path, "law comes in the package of its own framework, or its own spec, alone");
	return false;
}

static void judge_package(struct admit_law *a, const struct record *r)
{
	struct record *own = &a->r;
	const char *why;

	if (a->met)
		bad_input("unable to trust the stream: it is about more than one package");
	a->met = true;
	buf_span_add(&a->line, r->line);
	why = record_parse(own, buf_span(&a->line));
	if (why)
		bad_input("unable to judge the package: %s", why);
	a->manifest = record_get(own, "manifest");
	if (a->manifest && own->json.node[a->manifest].type != JSON_OBJECT)
		bad_input("unable to judge the package: its manifest is no object");
	a->names = (struct chain_package){
		.package_id = text_of(own, a->manifest, "package_id", &a->name[0]),
		.type = text_of(own, a->manifest, "type", &a->name[1]),
		.framework_id = text_of(own, a->manifest, "framework_id", &a->name[2]),
		.spec_id = text_of(own, a->manifest, "spec_id", &a->name[3]),
		.requires_framework = text_of(own, a->manifest, "requires_framework", &a->name[4]),
	};
	if (!ident_is(IDENT_PACKAGE, a->names.package_id))
		bad_input("unable to judge the package: it has no package_id");
	read_output(a);
	/* What the package brings was added before. */
	judge_brought(a);
	charter_read(&a->book, a->root, CHARTER_FRAMEWORKS | CHARTER_SPECS);
	a->framework = chain_package(&a->book, &a->names, a->names.package_id, &a->ends);
}

static void judge_asset(struct admit_law *a, const struct record *r)
{
	struct chain_file f = {.path = text_of(r, 0, "target", &a->scratch[0]),
			       .spec = text_of(r, 0, "spec_owner", &a->scratch[1]),
			       .package = a->names.package_id};

	if (!a->met)
		bad_input("unable to trust the stream: an asset comes before its package");
	if (!f.path.n && a->external)
		return; /* no file of the plane: which directory it may go to is policy */
	if (!f.path.n || relpath_bad(f.path))
		bad_input("unable to trust the stream: an asset has no target");
	if (!may_lie(a, r, f.path))
		return;
	/* An extension puts files where another's may be: without law nothing says that it may. */
	if (a->extension && !f.spec.n && !a->names.spec_id.n && !a->framework)
		finding(CODE_UNAUTHORIZED, f.path, "an extension of the plane needs a framework that allows it");
	else
		chain_asset(&a->book, &a->names, a->framework, &f, &a->ends);
}

bool admit_law_add(struct admit_law *a, struct record *r)
{
	if (lawbook_add(&a->book, r, true)) {
		if (a->met)
			bad_input("unable to trust the stream: law stands behind the package that it is for");
		return false;
	}
	if (record_is(r, "package"))
		judge_package(a, r);
	else if (record_is(r, "asset"))
		judge_asset(a, r);
	else
		return false;
	return true;
}

void admit_law_record(struct buf *line, enum admit_document what, struct span text, const char *name)
{
	(what == ADMIT_FRAMEWORK ? charter_framework : charter_spec)(line, text, name);
	buf_char(line, '}');
}

void admit_law_document(struct admit_law *a, enum admit_document what, struct span text, const char *name)
{
	struct buf line = {0};
	struct record r = {0};
	const char *why;

	admit_law_record(&line, what, text, name);
	why = record_parse(&r, buf_span(&line));
	if (why)
		bad_input("unable to read a document of the package: %s", why);
	admit_law_add(a, &r);
	record_free(&r);
	buf_free(&line);
}

/* --- what it needs --- */

static void fault(void *ctx, enum code code, uint32_t node, const char *detail)
{
	(void)ctx;
	(void)node;
	finding(code, (struct span){0}, "%s", detail);
}

static void bad_piece(void *ctx, const char *what, struct span text, const char *why)
{
	(void)ctx;
	finding(CODE_FIELD, (struct span){0}, "%s %.*s %s", what, (int)text.n, text.p, why);
}

static struct span field(const struct table *t, const struct csv_row *row, const char *name)
{
	int at = table_column(t, name);

	return at < 0 ? (struct span){"", 0} : row->field[at];
}

static bool is_version(struct span text)
{
	struct semver v;

	return text.n && !semver_parse(&v, text);
}

static void add_row(const struct admit_law *a, struct resolve *all, const struct table *t, const struct csv_row *row)
{
	struct span id = field(t, row, "id"), deps = field(t, row, "deps"), conflicts = field(t, row, "conflicts");

	/* Another version of the package itself gives way to it. */
	if (!span_is(field(t, row, "status"), "active") || span_eq(id, a->names.package_id))
		return;
	if (!is_version(field(t, row, "version")) || list_bad(deps, false) || list_bad(conflicts, false)) {
		err_place(registry, row->line);
		bad_input("unable to trust the registry: %.*s has a version or a list that is none", (int)id.n, id.p);
	}
	resolve_add(all, id, field(t, row, "version"));
	resolve_links(all, RESOLVE_DEPENDS, deps);
	resolve_links(all, RESOLVE_CONFLICTS, conflicts);
}

/* What is installed. Without a registry, nothing is. */
static void add_installed(const struct admit_law *a, struct resolve *all)
{
	int root = open(a->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, status, got;
	struct csv_row row;
	struct table *t;

	fd = root < 0 ? -1 : beneath_open(root, span_of(registry), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0 && errno != ENOENT)
		sys_fail(errno, "unable to read %s", registry);
	if (root >= 0)
		close(root);
	if (fd < 0)
		return;
	t = table_open(fd, registry, &status);
	if (!t)
		filter_abandon((enum status)status);
	while ((got = table_next(t, &row, &status)) > 0)
		add_row(a, all, t, &row);
	if (got < 0)
		filter_abandon((enum status)status);
	table_close(t);
}

static void judge_needs(struct admit_law *a)
{
	static const char *const lists[] = {
		[RESOLVE_DEPENDS] = "dependencies",
		[RESOLVE_CONFLICTS] = "conflicts",
	};
	const struct json *j = &a->r.json;
	struct resolve *all = resolve_new(fault, NULL);
	struct span version = text_of(&a->r, a->manifest, "version", &a->scratch[2]);
	uint32_t n;

	if (!is_version(version))
		bad_input("unable to judge the package: its version is none");
	add_installed(a, all);
	resolve_add(all, a->names.package_id, version);
	for (unsigned kind = RESOLVE_DEPENDS; kind <= RESOLVE_CONFLICTS; kind++)
		if (!resolve_array(all, (enum resolve_kind)kind, j, json_get(j, a->manifest, lists[kind]), bad_piece,
				   NULL))
			bad_input("unable to judge the package: its %s are no array of packages", lists[kind]);
	resolve_run(all, &n);
	resolve_free(all);
}

void admit_law_end(struct admit_law *a)
{
	if (a->met)
		judge_needs(a);
	for (unsigned i = 0; i < NAMES; i++)
		buf_free(&a->name[i]);
	for (unsigned i = 0; i < SCRATCH; i++)
		buf_free(&a->scratch[i]);
	buf_free(&a->line);
	record_free(&a->r);
	lawbook_free(&a->book);
	free(a);
}
