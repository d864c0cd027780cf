#include "data/glob.h"
#include "data/relpath.h"
#include "filter/filter.h"
#include "record/term.h"

#include <limits.h>

static struct opt_list kinds, codes, dirs, globs;
static bool inverted;
static char **terms;
static int term_count;
static struct buf scratch;

static const struct opt options[] = {
	{.name = "kind", .value = "KIND", .kind = OPT_LIST, .target = &kinds,
	 .summary = "records of this kind"},
	{.name = "code", .value = "CODE", .kind = OPT_LIST, .target = &codes,
	 .summary = "findings with this code"},
	{.name = "under", .value = "DIR", .kind = OPT_LIST, .target = &dirs,
	 .summary = "this directory and what is in it"},
	{.name = "path", .value = "GLOB", .kind = OPT_LIST, .target = &globs,
	 .summary = "paths that match the pattern"},
	{.name = "not", .summary = "let through what would be left out", .target = &inverted},
	{0},
};

static bool listed(const struct opt_list *list, struct span value)
{
	for (unsigned i = 0; i < list->n; i++)
		if (span_is(value, list->item[i]))
			return true;
	return false;
}

static bool has_code(struct record *r)
{
	struct span code;

	return record_str(r, "code", &code, &scratch) && listed(&codes, code);
}

static bool under(struct span path)
{
	for (unsigned i = 0; i < dirs.n; i++)
		if (span_is(path, dirs.item[i]) || relpath_beneath(path, span_of(dirs.item[i])))
			return true;
	return false;
}

static bool matches(struct span path)
{
	for (unsigned i = 0; i < globs.n; i++)
		if (glob_match(span_of(globs.item[i]), path))
			return true;
	return false;
}

static bool holds(struct record *r, const char *term)
{
	struct span path;
	const char *why;

	/* A name that is not UTF-8 stands in path_b64; here it is what it is on disk. */
	if (strncmp(term, "path=", 5) == 0)
		return record_path(r, &path, &why) > 0 && span_is(path, term + 5);
	return term_holds(&r->json, 0, term, &scratch);
}

static bool wanted(struct record *r)
{
	struct span path;
	const char *why;

	if (kinds.n && !listed(&kinds, r->kind))
		return false;
	if (codes.n && !has_code(r))
		return false;
	if (dirs.n || globs.n) {
		int found = record_path(r, &path, &why);

		if (found < 0)
			bad_input("unable to select by path: %s", why);
		if (!found || (dirs.n && !under(path)) || (globs.n && !matches(path)))
			return false;
	}
	for (int i = 0; i < term_count; i++)
		if (!holds(r, terms[i]))
			return false;
	return true;
}

static void step(struct record *r)
{
	/* It says what the rest of the stream is about, so only its kind decides. */
	if (record_is(r, "plane")) {
		if (!kinds.n || listed(&kinds, r->kind) != inverted)
			emit(r);
		return;
	}
	if (wanted(r) != inverted)
		emit(r);
}

/* "lib/" is lib; "." is the root, beneath which everything lies. */
static const char *tidy_dir(const char *dir)
{
	size_t n = strlen(dir);
	const char *why;

	if (strcmp(dir, ".") == 0 || strcmp(dir, "./") == 0)
		return "";
	if (n > 1 && dir[n - 1] == '/')
		n--;
	why = relpath_bad((struct span){dir, n});
	if (why)
		bad_usage("unable to use --under %s: it %s", dir, why);
	return xstrndup(dir, n);
}

static void start(int argc, char **argv)
{
	const char *why;

	terms = argv;
	term_count = argc;
	for (int i = 0; i < argc; i++)
		if (!term_ok(argv[i]))
			bad_usage("unable to use %s: KEY=VALUE is wanted", argv[i]);
	for (unsigned i = 0; i < dirs.n; i++)
		dirs.item[i] = tidy_dir(dirs.item[i]);
	for (unsigned i = 0; i < globs.n; i++)
		if ((why = glob_bad(span_of(globs.item[i]))))
			bad_usage("unable to use --path %s: %s", globs.item[i], why);
	if (!argc && !kinds.n && !codes.n && !dirs.n && !globs.n)
		bad_usage("unable to select: nothing says what (see --help)");
}

static const struct filter self = {
	.name = "cp-select",
	.summary = "let matching records through",
	.args = "[KEY=VALUE]...",
	.reads = "*",
	.writes = "*",
	.opts = options,
	.role = ROLE_MAPPER,
	.operands_max = UINT_MAX,
	.start = start,
	.step = step,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
