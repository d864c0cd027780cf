#include "plan/internal.h"

#include "base/num.h"
#include "data/semver.h"
#include "pack/tarin.h"

#include <stdlib.h>
#include <strings.h>

static struct buf scratch[2];

/* --- the package --- */

static void need_hash(const struct record *r, const char *key)
{
	struct span text;

	if (!record_str(r, key, &text, &scratch[0]) || !record_hash_ok(text))
		bad_input("unable to plan the package: its record has no %s", key);
}

/* The manifest as it was, but for its assets. */
static void read_manifest(struct planning *p)
{
	uint32_t at = record_get(&p->package, "manifest");
	struct semver version;
	struct span source;
	const char *why;

	if (!at || p->package.json.node[at].type != JSON_OBJECT)
		bad_input("unable to plan the package: it has no manifest");
	source = json_source(&p->package.json, at);
	buf_add(&p->text, source.p, source.n - 1);
	buf_str(&p->text, p->package.json.node[at].count ? ",\"assets\":[]}" : "\"assets\":[]}");
	if (!json_parse(&p->whole, p->text.p, p->text.n, JSON_RECORD))
		bad_input("unable to plan the package: its manifest has assets, which stand in records of their own");
	why = manifest_read(&p->manifest, &p->whole);
	if (why)
		bad_input("unable to plan the package: its manifest %s", why);
	if (semver_parse(&version, p->manifest.text[M_VERSION]))
		bad_input("unable to plan the package: its version %s", semver_parse(&version,
			  p->manifest.text[M_VERSION]));
}

static void judge_policy(struct planning *p)
{
	const struct json *j = &p->whole;
	uint32_t policy = json_get(j, 0, "upgrade_policy");
	uint32_t migration = policy ? json_get(j, policy, "migration") : 0, form = json_get(j, 0, "schema_version");

	if (!form || j->node[form].type != JSON_STRING || !span_is(json_text(j, form), "1.1"))
		plan_fault(p, CODE_MANIFEST, NULL, "a manifest of another version than 1.1 cannot be installed");
	if (migration && j->node[migration].type != JSON_NULL)
		plan_fault(p, CODE_MANIFEST, NULL, "upgrade_policy.migration is not supported: it must be null");
}

void wanted_package(struct planning *p, const struct record *r)
{
	p->met = true;
	buf_span_add(&p->line, r->line);
	if (record_parse(&p->package, buf_span(&p->line)))
		bad_input("unable to plan the package: it is no record");
	need_hash(r, "archive_hash");
	need_hash(r, "manifest_hash");
	need_hash(r, "document_hash");
	read_manifest(p);
	judge_policy(p);
}

/* --- assets --- */

/* Is the first component that name, in whatever case? Some file systems do not tell them apart. */
static bool begins(const char *path, const char *name)
{
	size_t n = strlen(name);

	return strncasecmp(path, name, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* What the suite itself writes, and the plane's own law (design: ruling 18). */
static bool is_ours(const char *path)
{
	static const char *const names[] = {
		"ledger", ".cp", "installed", "manifests", "versions", "registries", "packages_store", "planes",
		".genesis_complete", "MANIFEST.json", "tier.json",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (begins(path, names[i]))
			return true;
	return begins(path, "config") && (path[6] == '\0' || !strchr(path + 7, '/'));
}

static void judge_target(struct planning *p, const struct plan_file *f)
{
	const char *why = tar_path_bad(span_of(f->path));

	if (why)
		plan_fault(p, CODE_PATH_ESCAPE, NULL, "the target of %s %s", f->source, why);
	else if (is_ours(f->path))
		plan_fault(p, CODE_UNAUTHORIZED, f, "no package may write there");
}

static void note_law(struct planning *p, const struct manifest_asset *a)
{
	p->law |= span_is(a->text[A_TYPE], "law_doc");
	if (!span_is(a->text[A_TYPE], "spec"))
		return;
	for (uint32_t i = 0; i < p->specs.n; i++)
		if (span_eq(ids_text(&p->specs, i), a->text[A_SPEC]))
			return;
	ids_add(&p->specs, a->text[A_SPEC], 0);
}

static void add_wanted(struct planning *p, const struct manifest_asset *a, struct span target, bool owned)
{
	struct plan_file *f = plan_file_add(&p->wanted, plan_plane(a->text[A_PLANE]), target);

	f->source = xstrndup(a->text[A_SOURCE].p, a->text[A_SOURCE].n);
	f->type = xstrndup(a->text[A_TYPE].p, a->text[A_TYPE].n);
	f->mode = a->mode;
	f->outside = !owned;
	digest_parse(a->text[A_HASH], f->sum);
	if (!owned)
		return;
	judge_target(p, f);
	note_law(p, a);
}

void wanted_asset(struct planning *p, const struct record *r)
{
	static struct manifest_asset a;
	static struct buf target;
	struct span said = {0};
	const char *why = manifest_asset(&a, &p->manifest, &r->json, 0);
	bool owned;

	if (why)
		bad_input("unable to plan the package: an asset %s", why);
	buf_reset(&target);
	why = manifest_target(&target, &p->manifest, &a, &owned);
	if (why) {
		if (tar_path_bad(a.text[A_SOURCE]))
			plan_fault(p, CODE_PATH_ESCAPE, NULL, "an asset's source %s", tar_path_bad(a.text[A_SOURCE]));
		else
			plan_fault(p, CODE_MANIFEST, NULL, "the asset %.*s %s", (int)a.text[A_SOURCE].n,
				   a.text[A_SOURCE].p, why);
		return;
	}
	/* What was judged before us is the target of the record. */
	record_str(r, "target", &said, &scratch[0]);
	if (!span_eq(said, buf_span(&target)))
		bad_input("unable to trust the stream: an asset has another target than its manifest gives it");
	if (target.n && memchr(target.p, '\0', target.n))
		bad_input("unable to trust the stream: an asset's target holds a NUL");
	add_wanted(p, &a, buf_span(&target), owned);
}

/* --- members --- */

void wanted_member(struct planning *p, const struct record *r)
{
	struct span path, text;
	struct plan_file *f;
	int64_t size;

	/* A name that is not UTF-8 is nobody's asset. */
	if (!record_str(r, "path", &path, &scratch[0]) || !path.n || memchr(path.p, '\0', path.n))
		return;
	f = plan_file_add(&p->members, 0, path);
	f->there = record_str(r, "type", &text, &scratch[1]) && span_is(text, "file") &&
		   record_str(r, "hash", &text, &scratch[1]) && digest_parse(text, f->sum) &&
		   record_str(r, "mode", &text, &scratch[1]) && num_mode(text.p, text.n, &f->mode) &&
		   record_int(r, "size", 0, NUM_MAX_SAFE, &size);
	if (f->there)
		f->size = (uint64_t)size;
}

static void match(struct planning *p, struct plan_file *f)
{
	const struct plan_file *m = plan_file_find(&p->members, &(struct plan_file){.path = f->source});

	if (!m)
		plan_fault(p, CODE_MISSING, NULL, "%s is declared, but not in the package", f->source);
	else if (!m->there || memcmp(m->sum, f->sum, DIGEST_LEN) != 0 || m->mode != f->mode)
		plan_fault(p, CODE_MODIFIED, NULL, "%s is in the package, but not as it is declared", f->source);
	else
		f->size = m->size;
}

/* Is a directory that this one is in, and the one before it is not, itself a file? */
static void judge_above(struct planning *p, const struct plan_file *before, struct plan_file *f)
{
	struct plan_file key = {.path = xstrdup(f->path), .plane = f->plane};
	size_t common = 0;

	while (before && before->plane == f->plane && before->path[common] && before->path[common] == f->path[common])
		common++;
	for (char *slash = strchr(key.path, '/'); slash; slash = strchr(slash + 1, '/')) {
		const struct plan_file *above;

		if ((size_t)(slash - key.path) < common)
			continue;
		*slash = '\0';
		above = plan_file_find(&p->wanted, &key);
		*slash = '/';
		if (above)
			plan_fault(p, CODE_DUPLICATE, above, "it is a file, and the directory of %s", f->source);
	}
	free(key.path);
}

void wanted_judge(struct planning *p)
{
	plan_files_sort(&p->members);
	for (size_t i = 0; i < p->wanted.n; i++)
		match(p, &p->wanted.item[i]);
	plan_files_sort(&p->wanted);
	for (size_t i = 1; i < p->wanted.n; i++)
		if (!p->wanted.item[i].outside && plan_file_cmp(&p->wanted.item[i - 1], &p->wanted.item[i]) == 0)
			plan_fault(p, CODE_DUPLICATE, &p->wanted.item[i], "the target of %s and of %s",
				   p->wanted.item[i - 1].source, p->wanted.item[i].source);
	for (size_t i = 0; i < p->wanted.n; i++)
		if (!p->wanted.item[i].outside)
			judge_above(p, i ? &p->wanted.item[i - 1] : NULL, &p->wanted.item[i]);
	if (!p->wanted.n && !p->faults)
		plan_fault(p, CODE_MANIFEST, NULL, "it has no assets");
}
