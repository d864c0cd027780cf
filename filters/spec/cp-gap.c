/* cp-gap: which files, packages, specs and frameworks of a plane lack what part of the chain, and why? */
#include "charter/plane.h"
#include "data/jsonw.h"
#include "data/relpath.h"
#include "filter/filter.h"
#include "law/chain.h"
#include "law/law.h"
#include "model/scope.h"
#include "os/beneath.h"
#include "os/in.h"
#include "os/walk.h"
#include "registry/table.h"
#include "store/ownership.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { SCOPE_BYTES = 1 << 20 };

/* Ids, sorted. */
struct ids {
	char **id;
	size_t n, cap;
	bool known; /* there is such a registry at all */
};

static struct lawbook book;
static struct ids frameworks, specs, packages;	  /* that are registered */
static struct ids owners, spec_owners, with_spec; /* that own a file; packages of which a file has a spec */
static struct scope *scope;
static int root;
static uint64_t gaps;

/* What a gap is about, while the law says what is wrong with it. */
static struct {
	const char *subject;
	struct span id, path, package, spec;
} about;

/* --- ids --- */

static size_t place_of(const struct ids *s, struct span id, bool *found)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (span_cmp(span_of(s->id[mid]), id) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*found = lo < s->n && span_is(id, s->id[lo]);
	return lo;
}

static bool has(const struct ids *s, struct span id)
{
	bool found;

	place_of(s, id, &found);
	return found;
}

static void add(struct ids *s, struct span id)
{
	bool found;
	size_t at = place_of(s, id, &found);

	if (found || !id.n || memchr(id.p, 0, id.n))
		return;
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->id = xreallocarray(s->id, s->cap, sizeof *s->id);
	}
	memmove(s->id + at + 1, s->id + at, (s->n - at) * sizeof *s->id);
	s->id[at] = xstrndup(id.p, id.n);
	s->n++;
}

static void ids_free(struct ids *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->id[i]);
	free(s->id);
}

/* --- telling --- */

static void member(struct buf *b, const char *key, struct span value)
{
	if (value.n)
		jsonw_str(b, key, value);
}

static void gap(const char *lacks, uint64_t line, const char *reason)
{
	struct buf *b = out_record("gap");

	if (about.path.n)
		jsonw_bytes(b, "path", about.path);
	jsonw_cstr(b, "subject", about.subject);
	member(b, "id", about.id);
	jsonw_cstr(b, "lacks", lacks);
	jsonw_cstr(b, "reason", reason);
	member(b, "package_id", about.package);
	member(b, "spec_id", about.spec);
	if (line)
		jsonw_int(b, "line", (int64_t)line);
	emit_out();
	gaps++;
}

/* What the law says of a file or of a spec. */
static void report_chain(void *ctx, enum code c, enum severity s, struct span where, uint64_t line, const char *detail)
{
	(void)ctx;
	(void)s;
	(void)where;
	gap(c == CODE_UNAUTHORIZED ? "authorization" : "chain", line, detail);
}

/* What a framework lacks; what it has too much of is no gap. */
static void report_law(void *ctx, enum code c, enum severity s, struct span where, uint64_t line, const char *detail)
{
	(void)ctx;
	(void)where;
	if (s == SEVERITY_ERROR && (c == CODE_SECTION || c == CODE_METADATA || c == CODE_CLAUSE))
		gap(c == CODE_SECTION ? "section" : c == CODE_METADATA ? "metadata" : "clause", line, detail);
}

static const struct law_ends chain_ends = {.report = report_chain};
static const struct law_ends law_ends = {.report = report_law};

/* --- registries --- */

static void read_registry(const char *file, const char *column, struct ids *into)
{
	int fd = beneath_open(root, span_of(file), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0), status, got, at;
	struct csv_row row;
	struct table *t;

	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0)
		sys_fail(errno, "unable to open %s", file);
	t = table_open(fd, file, &status);
	if (!t)
		filter_abandon((enum status)status);
	into->known = true;
	at = table_column(t, column);
	if (at < 0)
		bad_input("unable to read %s: it has no column %s", file, column);
	while ((got = table_next(t, &row, &status)) > 0)
		add(into, row.field[at]);
	if (got < 0)
		filter_abandon((enum status)status);
	table_close(t);
}

/* --- frameworks and specs --- */

static bool there(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static bool there(const char *fmt, ...)
{
	struct buf path = {0};
	va_list ap;
	int fd;

	va_start(ap, fmt);
	buf_vprintf(&path, fmt, ap);
	va_end(ap);
	fd = beneath_open(root, buf_span(&path), O_PATH, 0);
	if (fd >= 0)
		close(fd);
	buf_free(&path);
	return fd >= 0;
}

static void judge_framework(struct law_doc *d)
{
	about.subject = "framework";
	about.id = d->id;
	about.path = d->where;
	about.package = about.spec = (struct span){0};
	for (size_t i = 0; i < book.n; i++)
		book.doc[i]->judged = book.doc[i] == d;
	law_check(&book, &law_ends);
	if (frameworks.known && d->id.n && !has(&frameworks, d->id))
		gap("registration", 0, "frameworks_registry.csv does not list it");
	if (d->id.n && !there("frameworks/%.*s/compliance.json", (int)d->id.n, d->id.p))
		gap("companion", 0, "no compliance.json says what a machine can check of it");
}

static void judge_spec(struct law_doc *d)
{
	about.subject = "spec";
	about.id = d->id;
	about.path = d->where;
	about.package = about.spec = (struct span){0};
	if (d->id.n)
		chain_spec(&book, d->id, d->where, &chain_ends);
	if (specs.known && d->id.n && !has(&specs, d->id))
		gap("registration", 0, "specs_registry.csv does not list it");
	if (d->id.n && !has(&spec_owners, d->id))
		gap("files", 0, "the ownership registry gives it no file");
}

/* Registered, but there is no document. */
static void judge_registered(const struct ids *s, enum law_sort sort, const char *subject)
{
	for (size_t i = 0; i < s->n; i++) {
		if (lawbook_find(&book, sort, span_of(s->id[i])))
			continue;
		about.subject = subject;
		about.id = span_of(s->id[i]);
		about.path = about.package = about.spec = (struct span){0};
		gap("document", 0, "it is registered, but the plane has no document of it");
	}
}

static void judge_package(const char *id)
{
	about.subject = "package";
	about.id = span_of(id);
	about.path = about.package = about.spec = (struct span){0};
	if (packages.known && !has(&packages, about.id))
		gap("registration", 0, "packages_registry.csv does not list it");
	if (!ident_is(IDENT_PACKAGE, about.id))
		gap("package", 0, "it owns files, but it is no id of a package");
	else if (!there("installed/%s/receipt.json", id))
		gap("receipt", 0, "it owns files, but nothing says that it was installed");
	if (!has(&with_spec, about.id))
		gap("spec", 0, "none of its files has a spec");
}

/* --- files --- */

static enum walk_choice decide(void *ctx, struct span path, mode_t type)
{
	enum scope_type is = S_ISDIR(type) ? SCOPE_DIR : S_ISREG(type) ? SCOPE_FILE : SCOPE_OTHER;

	(void)ctx;
	return scope_classify(scope, path, is, NULL) == SCOPE_GOVERNED ? WALK_TAKE : WALK_LEAVE;
}

static void about_file(struct span path, struct span package, struct span spec)
{
	about.subject = "file";
	about.id = (struct span){0};
	about.path = path;
	about.package = package;
	about.spec = spec;
}

static void judge_owned(const struct registry_row *row)
{
	const struct chain_file f = {.path = row->path, .spec = row->spec, .package = row->owner};

	if (row->dir)
		return;
	add(&owners, row->owner);
	about_file(row->path, row->owner, row->spec);
	if (!row->spec.n) {
		gap("spec", 0, "it has a package, but no spec, so no framework allows it");
		return;
	}
	add(&spec_owners, row->spec);
	add(&with_spec, row->owner);
	chain_file(&book, &f, &chain_ends);
}

static bool next_row(struct registry *r, struct registry_row *row)
{
	int status, got = registry_next(r, row, &status);

	if (got < 0)
		filter_abandon((enum status)status);
	return got > 0;
}

/* The tree and the registry side by side, both in path order: what is on disk and has no row has no owner. */
static void judge_files(struct registry *r)
{
	struct walk *w = walk_open(root, WALK_LAZY, decide, NULL);
	struct walk_entry e;
	struct registry_row row;
	bool left = next_row(r, &row);

	if (!w)
		sys_fail(errno, "unable to read the plane");
	while (walk_next(w, &e)) {
		bool dir = S_ISDIR(e.type), owned = false;

		if (e.error != WALK_FINE)
			sys_fail(e.number ? e.number : EAGAIN, "unable to read %.*s", (int)e.path.n, e.path.p);
		while (left && relpath_cmp(row.path, row.dir, e.path, dir) <= 0) {
			owned |= span_eq(row.path, e.path);
			judge_owned(&row);
			left = next_row(r, &row);
		}
		about_file(e.path, (struct span){0}, (struct span){0});
		if (!dir && !owned)
			gap("owner", 0, "no package owns it");
	}
	for (; left; left = next_row(r, &row))
		judge_owned(&row);
	walk_close(w);
}

static void read_scope(void)
{
	struct buf text = {0};
	int fd = beneath_open(root, SPAN(SCOPE_FILE_NAME), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	const char *why = NULL;

	scope = scope_new(false);
	if (fd < 0 && errno != ENOENT)
		sys_fail(errno, "unable to open %s", SCOPE_FILE_NAME);
	if (fd >= 0 && slurp_fd(fd, SCOPE_BYTES, &text) < 0)
		sys_fail(errno, "unable to read %s", SCOPE_FILE_NAME);
	if (fd >= 0)
		why = scope_read(scope, buf_span(&text));
	if (why)
		bad_input("unable to use %s: %s", SCOPE_FILE_NAME, why);
	if (fd >= 0)
		close(fd);
	buf_free(&text);
}

static void judge_all(struct registry *r)
{
	for (size_t i = 0; i < book.n; i++)
		if (book.doc[i]->sort == LAW_FRAMEWORK)
			judge_framework(book.doc[i]);
	judge_registered(&frameworks, LAW_FRAMEWORK, "framework");
	judge_files(r);
	for (size_t i = 0; i < book.n; i++)
		if (book.doc[i]->sort == LAW_SPEC)
			judge_spec(book.doc[i]);
	judge_registered(&specs, LAW_SPEC, "spec");
	for (size_t i = 0; i < owners.n; i++)
		judge_package(owners.id[i]);
}

static void start(int argc, char **argv)
{
	const char *path = filter_root();
	struct buf own = {0};
	struct registry *r;
	int status;

	(void)argc;
	(void)argv;
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		sys_fail(errno, "unable to open the root %s", path);
	read_scope();
	read_registry("registries/frameworks_registry.csv", "framework_id", &frameworks);
	read_registry("registries/specs_registry.csv", "spec_id", &specs);
	read_registry("registries/packages_registry.csv", "id", &packages);
	charter_read(&book, path, CHARTER_FRAMEWORKS | CHARTER_SPECS);
	buf_printf(&own, "%s/" OWNERSHIP_FILE, path);
	r = registry_open(buf_cstr(&own), &status);
	if (!r)
		filter_abandon((enum status)status);
	judge_all(r);
	if (gaps)
		filter_raise(STATUS_NO);
	registry_close(r);
	lawbook_free(&book);
	scope_free(scope);
	buf_free(&own);
	ids_free(&frameworks);
	ids_free(&specs);
	ids_free(&packages);
	ids_free(&owners);
	ids_free(&spec_owners);
	ids_free(&with_spec);
	close(root);
}

static const struct filter self = {
	.name = "cp-gap",
	.summary = "tell what part of the chain files, packages, specs and frameworks lack, and why",
	.args = "",
	.reads = "",
	.writes = "gap",
	.role = ROLE_SOURCE,
	.flags = FILTER_ROOT,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
