/* cp-gate-g1: a package stands under law that is in force, and what it needs is there. */
#include "catalog/list.h"
#include "catalog/resolve.h"
#include "charter/plane.h"
#include "charter/say.h"
#include "data/relpath.h"
#include "data/semver.h"
#include "filter/gate.h"
#include "gate/judged.h"
#include "law/chain.h"
#include "os/beneath.h"
#include "registry/table.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char gate[] = "G1";
static const char registry[] = "registries/packages_registry.csv";
static struct judged *subject;
static struct law_ends ends;
static struct lawbook book;
static struct buf scratch[8];

/* The one package of the stream. */
static struct {
	bool met;
	struct record r; /* a copy of it */
	struct buf line;
	uint32_t manifest; /* its object */
	struct chain_package names;
	struct law_doc *framework;
} package;

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	subject = judged_new();
	ends = charter_ends();
}

/* --- the package and its files --- */

static struct span text_of(const struct record *r, uint32_t object, const char *key, struct buf *b)
{
	uint32_t at = json_get(&r->json, object, key);

	return at && r->json.node[at].type == JSON_STRING ? json_string(&r->json, at, b) : (struct span){0};
}

static void judge_package(struct record *r)
{
	static struct buf name[5];
	struct record *own = &package.r;
	const char *why;

	if (package.met)
		bad_input("unable to trust the stream: it is about more than one package");
	package.met = true;
	buf_span_add(&package.line, r->line);
	why = record_parse(own, buf_span(&package.line));
	if (why)
		bad_input("unable to judge the package: %s", why);
	package.manifest = record_get(own, "manifest");
	if (package.manifest && own->json.node[package.manifest].type != JSON_OBJECT)
		bad_input("unable to judge the package: its manifest is no object");
	package.names = (struct chain_package){
		.package_id = text_of(own, package.manifest, "package_id", &name[0]),
		.type = text_of(own, package.manifest, "type", &name[1]),
		.framework_id = text_of(own, package.manifest, "framework_id", &name[2]),
		.spec_id = text_of(own, package.manifest, "spec_id", &name[3]),
		.requires_framework = text_of(own, package.manifest, "requires_framework", &name[4]),
	};
	if (!ident_is(IDENT_PACKAGE, package.names.package_id))
		bad_input("unable to judge the package: it has no package_id");
	/* What the package brings stands in front of it, and comes before what the plane has. */
	charter_read(&book, filter_root(), CHARTER_FRAMEWORKS | CHARTER_SPECS);
	gate_checked(1);
	package.framework = chain_package(&book, &package.names, package.names.package_id, &ends);
}

static void judge_asset(const struct record *r)
{
	struct chain_file f = {.path = text_of(r, 0, "target", &scratch[0]),
			       .spec = text_of(r, 0, "spec_owner", &scratch[1]),
			       .package = package.names.package_id};

	if (!package.met)
		bad_input("unable to trust the stream: an asset comes before its package");
	if (!f.path.n || relpath_bad(f.path))
		bad_input("unable to trust the stream: an asset has no target");
	gate_checked(1);
	chain_asset(&book, &package.names, package.framework, &f, &ends);
}

static void step(struct record *r)
{
	gate_pass(gate, r);
	if (!judged_add(subject, r))
		return;
	if (lawbook_add(&book, r, true)) {
		if (package.met)
			bad_input("unable to trust the stream: law stands behind the package that it is for");
	} else if (record_is(r, "package")) {
		judge_package(r);
	} else if (record_is(r, "asset")) {
		judge_asset(r);
	}
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

static void add_row(struct resolve *all, const struct table *t, const struct csv_row *row)
{
	struct span id = field(t, row, "id"), deps = field(t, row, "deps"), conflicts = field(t, row, "conflicts");

	/* Another version of the package itself gives way to it. */
	if (!span_is(field(t, row, "status"), "active") || span_eq(id, package.names.package_id))
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
static void add_installed(struct resolve *all)
{
	int root = open(filter_root(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, status, got;
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
		add_row(all, t, &row);
	if (got < 0)
		filter_abandon((enum status)status);
	table_close(t);
}

static void judge_needs(void)
{
	static const char *const lists[] = {
		[RESOLVE_DEPENDS] = "dependencies",
		[RESOLVE_CONFLICTS] = "conflicts",
	};
	const struct json *j = &package.r.json;
	struct resolve *all = resolve_new(fault, NULL);
	struct span version = text_of(&package.r, package.manifest, "version", &scratch[2]);
	uint32_t n;

	if (!is_version(version))
		bad_input("unable to judge the package: its version is none");
	add_installed(all);
	resolve_add(all, package.names.package_id, version);
	for (unsigned kind = RESOLVE_DEPENDS; kind <= RESOLVE_CONFLICTS; kind++)
		if (!resolve_array(all, (enum resolve_kind)kind, j, json_get(j, package.manifest, lists[kind]),
				   bad_piece, NULL))
			bad_input("unable to judge the package: its %s are no array of packages", lists[kind]);
	resolve_run(all, &n);
	resolve_free(all);
}

static void finish(bool complete)
{
	char hash[DIGEST_TEXT];

	if (!complete)
		return;
	if (package.met)
		judge_needs();
	judged_end(subject, hash);
	gate_verdict(gate, (struct span){hash, sizeof hash}, (struct span){0});
	judged_free(subject);
	lawbook_free(&book);
}

static const struct filter self = {
	.name = "cp-gate-g1",
	.summary = "judge that a package stands under law that is in force, and has what it needs",
	.args = "",
	.reads = "framework spec package asset",
	.writes = "* finding verdict",
	.role = ROLE_JUDGE,
	.flags = FILTER_ROOT | FILTER_GATE,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
