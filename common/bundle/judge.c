#include "bundle/judge.h"

#include "base/num.h"
#include "base/text.h"
#include "bundle/bundle.h"
#include "bundle/sums.h"
#include "data/relpath.h"
#include "filter/share.h"
#include "model/twins.h"
#include "pack/tarin.h"
#include "store/kinds.h"

#include <stdlib.h>
#include <unistd.h>

struct thing {
	char *path;
	size_t n;
	unsigned char sum[DIGEST_LEN];
	unsigned mode;
	bool file, bad;
};

struct things {
	struct thing *item;
	size_t n, cap;
};

struct package_judge {
	struct record package; /* a copy of it */
	struct buf line;
	bool met, first, alone;
	struct things declared, members;
	int schemas;
	struct kinds *kinds;
	const struct schema *schema;
	struct json whole; /* the manifest with one asset in it */
	struct buf text, shown;
};

struct package_judge *package_judge_new(void)
{
	struct package_judge *j = xcalloc(1, sizeof *j);

	j->schemas = share_schemas();
	j->kinds = kinds_new(j->schemas, SCHEMA_REFUSE);
	j->schema = kinds_get(j->kinds, SPAN("package_manifest"));
	if (!j->schema)
		sys_fail(0, "unable to judge a manifest: its schema is not there");
	return j;
}

void package_judge_manifest(struct package_judge *j)
{
	j->alone = true;
}

static struct thing *add(struct things *t, struct span path)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 64;
		t->item = xreallocarray(t->item, t->cap, sizeof *t->item);
	}
	t->item[t->n] = (struct thing){.path = xstrndup(path.p, path.n), .n = path.n};
	return &t->item[t->n++];
}

static struct span path_of(const struct thing *t)
{
	return (struct span){t->path, t->n};
}

/* A name that no finding may have as its path. */
static void tell_name(struct package_judge *j, enum code code, struct span name, const char *why)
{
	enum { SHOWN = 200 };

	buf_reset(&j->shown);
	text_escape(&j->shown, name.p, name.n < SHOWN ? name.n : SHOWN);
	finding(code, (struct span){0}, "%s %s", buf_cstr(&j->shown), why);
}

/* --- the manifest --- */

static bool ends_in(struct span s, const char *end)
{
	size_t n = strlen(end);

	return s.n >= n && memcmp(s.p + s.n - n, end, n) == 0;
}

bool manifest_about_signature(struct span instance, struct span keyword)
{
	return span_is(instance, "/integrity") &&
	       (ends_in(keyword, "/required") || ends_in(keyword, "/dependentRequired"));
}

static void report(void *ctx, struct span instance, struct span keyword, const char *reason)
{
	struct package_judge *j = ctx;
	bool asset = instance.n >= 8 && memcmp(instance.p, "/assets/", 8) == 0;

	if (manifest_about_signature(instance, keyword) || (!asset && !j->first))
		return;
	buf_reset(&j->shown);
	schema_text(&j->shown, instance, keyword, reason);
	finding(CODE_MANIFEST, (struct span){0}, "%s", buf_cstr(&j->shown));
}

/* The head once more for each asset: so nothing grows with their number. */
static void judge_document(struct package_judge *j, const struct record *asset)
{
	const struct json *head = &j->package.json;
	uint32_t manifest = record_get(&j->package, "manifest");
	struct span source = json_source(head, manifest);
	struct buf room = {0};
	const char *comma = "";

	buf_reset(&j->text);
	buf_add(&j->text, source.p, source.n - 1);
	buf_str(&j->text, head->node[manifest].count ? ",\"assets\":[" : "\"assets\":[");
	for (uint32_t k = 1; asset && k != asset->json.node[0].end; k = json_next_member(&asset->json, k)) {
		struct span key = json_string(&asset->json, k, &room);

		if (span_is(key, "kind") || span_is(key, "target") || span_is(key, "package_id"))
			continue;
		buf_str(&j->text, *comma ? comma : "{");
		buf_span_add(&j->text, json_source(&asset->json, k));
		buf_char(&j->text, ':');
		buf_span_add(&j->text, json_source(&asset->json, k + 1));
		comma = ",";
	}
	buf_str(&j->text, asset ? (*comma ? "}]}" : "{}]}") : "]}");
	buf_free(&room);
	if (!json_parse(&j->whole, j->text.p, j->text.n, JSON_RECORD))
		finding(CODE_MANIFEST, (struct span){0}, "the manifest has an asset or a member twice, or is no JSON");
	else
		schema_apply(j->schema, &j->whole, 0, report, j);
	j->first = false;
}

static void add_package(struct package_judge *j, const struct record *r)
{
	uint32_t manifest;

	if (j->met)
		bad_input("unable to trust the stream: it is about more than one package");
	j->met = j->first = true;
	buf_span_add(&j->line, r->line);
	if (record_parse(&j->package, buf_span(&j->line)))
		bad_input("unable to trust the stream: its package is no record");
	manifest = record_get(&j->package, "manifest");
	if (!manifest || j->package.json.node[manifest].type != JSON_OBJECT)
		bad_input("unable to judge the package: it has no manifest");
}

static unsigned mode_of(const struct record *r, unsigned absent)
{
	struct buf room = {0};
	struct span text;
	unsigned mode = absent;

	if (record_str(r, "mode", &text, &room) && !num_mode(text.p, text.n, &mode))
		mode = ~0U;
	buf_free(&room);
	return mode;
}

static bool take_hash(const struct record *r, unsigned char sum[DIGEST_LEN])
{
	struct buf room = {0};
	struct span text;
	bool good = record_str(r, "hash", &text, &room) && digest_parse(text, sum);

	buf_free(&room);
	return good;
}

static void add_asset(struct package_judge *j, const struct record *r)
{
	struct buf room = {0};
	struct span source;
	unsigned char sum[DIGEST_LEN];
	struct thing *t;

	if (!record_str(r, "source", &source, &room) || !take_hash(r, sum))
		bad_input("unable to trust the stream: an asset has no source or no hash");
	judge_document(j, r);
	if (tar_path_bad(source)) {
		tell_name(j, CODE_PATH_ESCAPE, source, tar_path_bad(source));
	} else if (span_is(source, BUNDLE_MANIFEST)) {
		finding(CODE_MANIFEST, source, "the manifest declares itself");
	}
	t = add(&j->declared, source);
	memcpy(t->sum, sum, DIGEST_LEN);
	t->mode = mode_of(r, 0644);
	t->bad = tar_path_bad(source) != NULL;
	buf_free(&room);
}

static void add_member(struct package_judge *j, const struct record *r)
{
	struct buf room = {0}, other = {0};
	struct span path, type;
	struct thing *t;
	bool dir;

	if (!record_str(r, "type", &type, &other))
		bad_input("unable to trust the stream: a member has no type");
	if (!record_str(r, "path", &path, &room)) {
		if (!record_str(r, "path_b64", &path, &room))
			bad_input("unable to trust the stream: a member has no path");
		tell_name(j, CODE_PATH_ESCAPE, path, "(base64) is a path that is not UTF-8");
		path = (struct span){0};
	}
	dir = span_is(type, "dir");
	path.n -= dir && path.n > 1 && path.p[path.n - 1] == '/';
	if (path.p && tar_path_bad(path)) {
		tell_name(j, CODE_PATH_ESCAPE, path, tar_path_bad(path));
		path = (struct span){0};
	}
	if (!dir && !span_is(type, "file"))
		finding(CODE_SPECIAL, path, "it is a %.*s", (int)(type.n < 20 ? type.n : 20), type.p);
	if (path.p) {
		t = add(&j->members, path);
		t->file = span_is(type, "file");
		t->mode = mode_of(r, ~0U);
		if (t->file && !take_hash(r, t->sum))
			bad_input("unable to trust the stream: a member has no hash");
	}
	buf_free(&room);
	buf_free(&other);
}

bool package_judge_add(struct package_judge *j, struct record *r)
{
	if (record_is(r, "package")) {
		add_package(j, r);
		return true;
	}
	if (!record_is(r, "asset") && !record_is(r, "member"))
		return false;
	if (!j->met)
		bad_input("unable to trust the stream: something stands before its package");
	if (record_is(r, "asset"))
		add_asset(j, r);
	else
		add_member(j, r);
	return true;
}

/* --- what is declared and what is there --- */

static int by_path(const void *a, const void *b)
{
	return span_cmp(path_of(a), path_of(b));
}

static void sort(struct things *t, const char *twice)
{
	if (t->n)
		qsort(t->item, t->n, sizeof *t->item, by_path);
	for (size_t i = 1; i < t->n; i++)
		if (!t->item[i].bad && span_eq(path_of(&t->item[i - 1]), path_of(&t->item[i])))
			finding(CODE_DUPLICATE, path_of(&t->item[i]), "%s", twice);
}

static void compare(const struct thing *declared, const struct thing *member)
{
	struct span path = path_of(declared);

	if (!member->file)
		finding(CODE_MODIFIED, path, "it is declared, but no file");
	else if (memcmp(declared->sum, member->sum, DIGEST_LEN) != 0)
		finding(CODE_MODIFIED, path, "its content is not the declared one");
	else if (declared->mode != member->mode)
		finding(CODE_MODIFIED, path, "its mode is %04o, and %04o is declared", member->mode & 07777,
			declared->mode & 07777);
}

/* The next of another path. */
static size_t behind(const struct things *t, size_t i)
{
	size_t next = i + 1;

	while (next < t->n && by_path(&t->item[i], &t->item[next]) == 0)
		next++;
	return next;
}

static void match(struct package_judge *j)
{
	struct things *d = &j->declared, *m = &j->members;
	size_t i = 0, k = 0;

	while (i < d->n || k < m->n) {
		int order = i == d->n ? 1 : k == m->n ? -1 : by_path(&d->item[i], &m->item[k]);

		if (order < 0) {
			if (!d->item[i].bad)
				finding(CODE_MISSING, path_of(&d->item[i]), "declared, but not in the package");
			i = behind(d, i);
		} else if (order > 0) {
			if (m->item[k].file && !span_is(path_of(&m->item[k]), BUNDLE_MANIFEST))
				finding(CODE_UNDECLARED, path_of(&m->item[k]), NULL);
			k++;
		} else {
			compare(&d->item[i], &m->item[k++]);
			if (k == m->n || by_path(&d->item[i], &m->item[k]) != 0)
				i = behind(d, i);
		}
	}
}

/* --- names that one file system cannot hold --- */

static void tell_twin(void *ctx, struct span path, struct span twin)
{
	(void)ctx;
	finding(CODE_DUPLICATE, path, "differs from %.*s only in case", (int)twin.n, twin.p);
}

/* The directories that `path` is in and `before` is not; each must be no file. */
static void add_dirs(struct package_judge *j, struct twins *twins, struct span before, struct span path)
{
	size_t common = 0;

	while (common < before.n && common < path.n && before.p[common] == path.p[common])
		common++;
	for (size_t at = 0; at < path.n; at++) {
		struct thing key = {.path = (char *)path.p, .n = at};
		const struct thing *found;

		if (path.p[at] != '/' || at < common)
			continue;
		found = bsearch(&key, j->members.item, j->members.n, sizeof key, by_path);
		if (found && found->file)
			finding(CODE_DUPLICATE, path_of(found), "is a file and a directory");
		else if (!found)
			twins_add(twins, (struct span){path.p, at});
	}
}

static void judge_names(struct package_judge *j)
{
	struct twins *twins = twins_new(tell_twin, j);
	struct span before = {"", 0};

	for (size_t i = 0; i < j->members.n; i++) {
		struct span path = path_of(&j->members.item[i]);

		if (i && span_eq(before, path))
			continue;
		add_dirs(j, twins, before, path);
		twins_add(twins, path);
		before = path;
	}
	twins_finish(twins);
}

/* --- hashes --- */

static void sum_assets(const struct package_judge *j, char out[DIGEST_TEXT])
{
	struct digest *d = digest_new();
	struct sums sums = {.n = 0};

	for (size_t i = 0; i < j->declared.n; i++)
		sums_add(&sums, j->declared.item[i].sum);
	sums_hash(&sums, d, out);
	sums_free(&sums);
	digest_free(d);
}

static void judge_hash(struct package_judge *j, uint32_t integrity, const char *key, struct span is, bool required)
{
	const struct json *json = &j->package.json;
	uint32_t at = integrity ? json_get(json, integrity, key) : 0;
	struct buf room = {0};

	if (at ? json->node[at].type != JSON_STRING || !span_eq(json_string(json, at, &room), is) : required)
		finding(CODE_HASH, (struct span){0}, "%s is %.*s, and the manifest says %s", key, (int)is.n, is.p,
			at ? "something else" : "nothing");
	buf_free(&room);
}

static void judge_hashes(struct package_judge *j)
{
	uint32_t manifest = record_get(&j->package, "manifest");
	uint32_t integrity = json_get(&j->package.json, manifest, "integrity");
	char sum[DIGEST_TEXT];
	struct buf room = {0};
	struct span told;

	sum_assets(j, sum);
	judge_hash(j, integrity, "manifest_hash", (struct span){sum, DIGEST_TEXT}, true);
	if (record_str(&j->package, "manifest_hash", &told, &room) && !span_eq(told, (struct span){sum, DIGEST_TEXT}))
		bad_input("unable to trust the stream: the manifest_hash of its package is not that of its assets");
	if (record_str(&j->package, "document_hash", &told, &room))
		judge_hash(j, integrity, "document_hash", told, false);
	buf_free(&room);
}

static void clear(struct things *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->item[i].path);
	free(t->item);
}

void package_judge_end(struct package_judge *j)
{
	if (j->met) {
		if (j->declared.n == 0)
			judge_document(j, NULL);
		sort(&j->declared, "declared more than once");
		sort(&j->members, "more than once in the package");
		if (!j->alone) {
			match(j);
			judge_names(j);
		}
		judge_hashes(j);
		if (!j->alone && record_get(&j->package, "archive_hash") && !record_true(&j->package, "canonical"))
			finding(CODE_NONCANONICAL, (struct span){0}, NULL);
	}
	clear(&j->declared);
	clear(&j->members);
	kinds_free(j->kinds);
	close(j->schemas);
	json_free(&j->whole);
	record_free(&j->package);
	buf_free(&j->line);
	buf_free(&j->text);
	buf_free(&j->shown);
	free(j);
}
