/* cp-path-auth: which law allows a path, and through which pattern? */
#include "charter/plane.h"
#include "data/jsonw.h"
#include "data/relpath.h"
#include "filter/filter.h"

static const char *package_id, *spec_id, *framework_id;
static struct lawbook book;
static bool plane_read;
static struct buf pattern, text[AUTHORITY_IDS];

/* Where in a framework the pattern stands. */
static uint64_t pattern_line(const struct law_doc *d, int at)
{
	const struct json *j = &d->r.json;
	uint32_t list = json_get(j, 0, "path_authorizations"), e = json_first(j, list);

	while (at--)
		e = json_next(j, e);
	return law_line(j, e);
}

static void emit_authorization(const struct law_doc *d, struct span path, int at, const struct authority_ids *bound)
{
	struct buf scratch = {0}, *b = out_record("authorization");
	uint64_t line = pattern_line(d, at);
	struct span status;

	jsonw_bytes(b, "path", path);
	if (d->id.n)
		jsonw_str(b, "framework_id", d->id);
	status = law_string(d, "status", &scratch);
	jsonw_str(b, "status", status.n ? status : SPAN("none"));
	jsonw_str(b, "pattern", buf_span(&pattern));
	if (d->where.n)
		jsonw_str(b, "law", d->where);
	if (line)
		jsonw_int(b, "line", (int64_t)line);
	for (unsigned i = 0; i < AUTHORITY_IDS; i++)
		if (bound->id[i].n && i != IDENT_FRAMEWORK)
			jsonw_str(b, authority_placeholder((enum ident)i), bound->id[i]);
	emit_out();
	buf_free(&scratch);
}

static void read_plane(void)
{
	const char *root;

	if (plane_read)
		return;
	plane_read = true;
	root = lawbook_has(&book, LAW_FRAMEWORK) ? filter_root_or_null() : filter_root();
	if (root)
		charter_read(&book, root, CHARTER_FRAMEWORKS | CHARTER_SPECS);
}

/* A spec has one framework, and only that one allows what it owns. NULL: not known. */
static struct span framework_of(struct span spec, struct buf *scratch)
{
	const struct law_doc *d = lawbook_find(&book, LAW_SPEC, spec);

	return d ? law_string(d, "framework_id", scratch) : (struct span){0};
}

static void judge(struct span path, const struct authority_ids *ids)
{
	struct span only = ids->id[IDENT_FRAMEWORK];
	struct buf scratch = {0}, status = {0};
	bool allowed = false;
	unsigned asked = 0;

	read_plane();
	if (!only.n && ids->id[IDENT_SPEC].n)
		only = framework_of(ids->id[IDENT_SPEC], &scratch);
	for (size_t i = 0; i < book.n; i++) {
		struct law_doc *d = book.doc[i];
		struct authority_ids known = *ids, bound = {0};
		int at;

		if (d->sort != LAW_FRAMEWORK || (only.n && !span_eq(d->id, only)))
			continue;
		asked++;
		known.id[IDENT_FRAMEWORK] = d->id;
		at = law_allows(d, path, &known, &bound, &pattern);
		if (at < 0)
			continue;
		emit_authorization(d, path, at, &bound);
		allowed |= span_is(law_string(d, "status", &status), "active");
	}
	if (!allowed)
		finding(CODE_UNAUTHORIZED, path, "none of %u frameworks that could allow it is active and does",
			asked);
	buf_free(&scratch);
	buf_free(&status);
}

static struct authority_ids given(void)
{
	struct authority_ids ids = {0};

	if (package_id)
		ids.id[IDENT_PACKAGE] = span_of(package_id);
	if (spec_id)
		ids.id[IDENT_SPEC] = span_of(spec_id);
	if (framework_id)
		ids.id[IDENT_FRAMEWORK] = span_of(framework_id);
	return ids;
}

/* Whose it is, as far as a record says it: an owner's row, an asset. */
static void take_id(const struct record *r, const char *key, enum ident which, struct authority_ids *ids)
{
	struct span s;

	if (record_str(r, key, &s, &text[which]) && ident_is(which, s))
		ids->id[which] = s;
}

static void step(struct record *r)
{
	struct authority_ids ids = given();
	struct span path;
	const char *why = NULL;
	int found;

	emit(r);
	if (lawbook_add(&book, r, false))
		return;
	if (!record_is(r, "file") && !record_is(r, "owner") && !record_is(r, "special"))
		return;
	found = record_path(r, &path, &why);
	if (found < 0)
		bad_input("unable to trust the record: its path %s", why);
	if (found == 0)
		bad_input("unable to trust the record: it has no path");
	take_id(r, "owner", IDENT_PACKAGE, &ids);
	take_id(r, "spec", IDENT_SPEC, &ids);
	judge(path, &ids);
}

static void check_id(const char *option, const char *id, enum ident which)
{
	if (id && !ident_is(which, span_of(id)))
		bad_usage("unable to use --%s %s: it is no such id", option, id);
}

static void finish(bool complete)
{
	(void)complete;
	lawbook_free(&book);
	buf_free(&pattern);
	for (unsigned i = 0; i < AUTHORITY_IDS; i++)
		buf_free(&text[i]);
}

static void start(int argc, char **argv);

static const struct opt opts[] = {
	{.name = "package",
	 .value = "ID",
	 .summary = "the package whose it is",
	 .kind = OPT_STR,
	 .target = &package_id},
	{.name = "spec", .value = "ID", .summary = "the spec whose it is", .kind = OPT_STR, .target = &spec_id},
	{.name = "framework",
	 .value = "ID",
	 .summary = "ask this framework alone",
	 .kind = OPT_STR,
	 .target = &framework_id},
	{0},
};

/* With paths to judge it is a source. */
static struct filter self = {
	.name = "cp-path-auth",
	.summary = "tell which law allows a path, and through which pattern",
	.args = "[PATH...]",
	.reads = "file special owner framework spec",
	.writes = "* authorization finding",
	.opts = opts,
	.role = ROLE_MAPPER,
	.flags = FILTER_ROOT,
	.operands_max = 1 << 20,
	.start = start,
	.step = step,
	.finish = finish,
};

static void start(int argc, char **argv)
{
	struct authority_ids ids = given();

	check_id("package", package_id, IDENT_PACKAGE);
	check_id("spec", spec_id, IDENT_SPEC);
	check_id("framework", framework_id, IDENT_FRAMEWORK);
	for (int i = 0; i < argc; i++)
		if (relpath_bad(span_of(argv[i])))
			bad_usage("unable to judge %s: the path %s", argv[i], relpath_bad(span_of(argv[i])));
	if (argc)
		self.role = ROLE_SOURCE;
	for (int i = 0; i < argc; i++)
		judge(span_of(argv[i]), &ids);
}

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
