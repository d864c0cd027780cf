/* cp-manifest-check: is a manifest one, by itself? */
#include "bundle/bundle.h"
#include "bundle/document.h"
#include "bundle/judge.h"
#include "document/yaml.h"
#include "filter/gate.h"
#include "filter/share.h"
#include "gate/judged.h"
#include "os/in.h"
#include "pack/tarin.h"
#include "store/kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { MANIFEST_BYTES = 64 << 20 };

static const char gate[] = "MANIFEST";

/* --- a stream --- */

static struct judged *subject;
static struct package_judge *judge;

static void step(struct record *r)
{
	gate_pass(gate, r);
	if (judged_add(subject, r) && !record_is(r, "member") && package_judge_add(judge, r))
		gate_checked(1);
}

/* --- a file --- */

struct file {
	struct span name;
	struct buf text;
	struct yamldoc yaml;
	struct json tape;
	const struct json *json;
	const struct yaml_place *place; /* NULL: it is JSON that is no YAML of ours, nobody knows the lines */
};

static struct kinds *kinds;
static const struct schema *schema;
static struct digest *files;

static uint64_t line_of(const struct file *f, uint32_t at)
{
	return f->place ? f->place[at].line : 0;
}

static void report(void *ctx, struct span instance, struct span keyword, const char *reason)
{
	const struct file *f = ctx;
	struct buf text = {0};
	uint32_t at = 0;

	if (manifest_about_signature(instance, keyword))
		return;
	schema_text(&text, instance, keyword, reason);
	finding_in(CODE_MANIFEST, SEVERITY_ERROR, f->name, pointer_follow(f->json, &at, instance) ? line_of(f, at) : 0,
		   "%s", buf_cstr(&text));
	buf_free(&text);
}

static void parse(struct file *f)
{
	const char *p = f->text.p ? f->text.p : "";
	size_t n = f->text.n;

	f->json = &f->yaml.json;
	if (yamldoc_parse(&f->yaml, p, n, MANIFEST_BYTES)) {
		f->place = f->yaml.place;
		return;
	}
	f->json = &f->tape;
	if (n && p[strspn(buf_cstr(&f->text), " \t\r\n")] == '{') {
		if (!json_parse(&f->tape, p, n, JSON_DOCUMENT))
			bad_input("unable to read the manifest: %s", f->tape.error);
		return;
	}
	err_place(f->name.p, f->yaml.error_at.line);
	bad_input("unable to read the manifest: %s", f->yaml.error);
}

struct source {
	struct buf text;
	uint32_t at;
};

static int by_text(const void *a, const void *b)
{
	const struct source *x = a, *y = b;
	int order = span_cmp(buf_span(&x->text), buf_span(&y->text));

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static void judge_source(const struct file *f, const struct source *s, const struct source *before)
{
	struct span text = buf_span(&s->text);
	const char *why = tar_path_bad(text);
	uint64_t line = line_of(f, s->at);

	if (why)
		finding_in(CODE_PATH_ESCAPE, SEVERITY_ERROR, f->name, line, "a source %s", why);
	else if (span_is(text, BUNDLE_MANIFEST))
		finding_in(CODE_MANIFEST, SEVERITY_ERROR, f->name, line, "the manifest declares itself");
	else if (before && span_eq(buf_span(&before->text), text))
		finding_in(CODE_DUPLICATE, SEVERITY_ERROR, f->name, line, "%.*s is declared more than once",
			   (int)text.n, text.p);
}

static void judge_sources(const struct file *f)
{
	const struct json *j = f->json;
	uint32_t assets = json_get(j, 0, "assets");
	struct source *s;
	struct buf room = {0};
	size_t n = 0;

	if (!assets || j->node[assets].type != JSON_ARRAY)
		return;
	s = xcalloc(j->node[assets].count + 1, sizeof *s);
	for (uint32_t c = json_first(j, assets); c != j->node[assets].end; c = json_next(j, c)) {
		uint32_t at = j->node[c].type == JSON_OBJECT ? json_get(j, c, "source") : 0;

		if (!at || j->node[at].type != JSON_STRING)
			continue;
		s[n].at = at;
		buf_span_add(&s[n++].text, json_string(j, at, &room));
	}
	qsort(s, n, sizeof *s, by_text);
	for (size_t i = 0; i < n; i++)
		judge_source(f, &s[i], i ? &s[i - 1] : NULL);
	for (size_t i = 0; i < n; i++)
		buf_free(&s[i].text);
	free(s);
	buf_free(&room);
}

static void no_asset(void *ctx, const struct manifest *m, const struct manifest_asset *a, const struct json *j,
		     uint32_t at)
{
	(void)ctx;
	(void)m;
	(void)a;
	(void)j;
	(void)at;
}

static void judge_hash(const struct file *f, uint32_t integrity, const char *key, const char is[DIGEST_TEXT])
{
	uint32_t at = integrity ? json_get(f->json, integrity, key) : 0;
	struct buf room = {0};

	if (!at && strcmp(key, "manifest_hash") == 0)
		finding_in(CODE_HASH, SEVERITY_ERROR, f->name, line_of(f, integrity),
			   "%s is %.*s, and the manifest has none", key, DIGEST_TEXT, is);
	else if (at && f->json->node[at].type == JSON_STRING &&
		 !span_eq(json_string(f->json, at, &room), (struct span){is, DIGEST_TEXT}))
		finding_in(CODE_HASH, SEVERITY_ERROR, f->name, line_of(f, at),
			   "%s is %.*s, and the manifest says something else", key, DIGEST_TEXT, is);
	buf_free(&room);
}

static void judge_hashes(const struct file *f, int fd)
{
	uint32_t integrity = json_get(f->json, 0, "integrity");
	struct manifest m = {.json = NULL};
	struct manifest_sums sums;
	const char *why;

	if (lseek(fd, 0, SEEK_SET) < 0)
		sys_fail(errno, "unable to read %.*s twice", (int)f->name.n, f->name.p);
	why = manifestdoc_read(fd, &m, &sums, no_asset, NULL);
	if (why) {
		finding_in(CODE_MANIFEST, SEVERITY_ERROR, f->name, 0, "its hashes cannot be made: it %s", why);
	} else {
		judge_hash(f, integrity, "manifest_hash", sums.manifest_hash);
		judge_hash(f, integrity, "document_hash", sums.document_hash);
	}
	manifest_free(&m);
}

static bool is_old(const struct file *f)
{
	uint32_t at = json_get(f->json, 0, "schema_version");
	struct buf room = {0};
	bool old = at ? f->json->node[at].type == JSON_STRING && (span_is(json_string(f->json, at, &room), "1.0") ||
								   span_is(json_string(f->json, at, &room), "1.2"))
		      : json_get(f->json, 0, "package_type") != 0;

	if (old)
		finding_in(CODE_MANIFEST, SEVERITY_ERROR, f->name, line_of(f, at),
			   "it is of a version before 1.1: cp-manifest-upgrade makes one of today of it");
	buf_free(&room);
	return old;
}

static void judge_file(const char *path)
{
	struct file f = {.name = span_of(path)};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || slurp_fd(fd, MANIFEST_BYTES, &f.text) != 0)
		sys_fail(errno, "unable to read %s", path);
	err_place(path, 0);
	parse(&f);
	if (f.json->node[0].type != JSON_OBJECT)
		bad_input("unable to read the manifest: it is no object");
	if (!is_old(&f)) {
		schema_apply(schema, f.json, 0, report, &f);
		judge_sources(&f);
		judge_hashes(&f, fd);
	}
	digest_add(files, f.text.p, f.text.n);
	gate_checked(1);
	err_place(NULL, 0);
	close(fd);
	yamldoc_free(&f.yaml);
	json_free(&f.tape);
	buf_free(&f.text);
}

static void judge_files(int argc, char **argv)
{
	unsigned char sum[DIGEST_LEN];
	char hash[DIGEST_TEXT];
	int schemas = share_schemas();

	kinds = kinds_new(schemas, SCHEMA_REFUSE);
	schema = kinds_get(kinds, SPAN("package_manifest"));
	if (!schema)
		sys_fail(0, "unable to judge a manifest: its schema is not there");
	files = digest_new();
	digest_start(files);
	for (int i = 0; i < argc; i++)
		judge_file(argv[i]);
	digest_end(files, sum);
	digest_text(sum, hash);
	gate_verdict(gate, (struct span){hash, sizeof hash}, (struct span){0});
	digest_free(files);
	kinds_free(kinds);
	close(schemas);
}

static void finish(bool complete)
{
	char hash[DIGEST_TEXT];

	if (!complete || !judge)
		return;
	package_judge_end(judge);
	judged_end(subject, hash);
	gate_verdict(gate, (struct span){hash, sizeof hash}, (struct span){0});
	judged_free(subject);
}

static void start(int argc, char **argv);

/* With files to judge it is a source. */
static struct filter self = {
	.name = "cp-manifest-check",
	.summary = "judge manifests by themselves",
	.args = "[MANIFEST...]",
	.reads = "package asset",
	.writes = "* finding verdict",
	.role = ROLE_JUDGE,
	.flags = FILTER_GATE,
	.operands_max = -1U,
	.start = start,
	.step = step,
	.finish = finish,
};

static void start(int argc, char **argv)
{
	if (argc) {
		self.role = ROLE_SOURCE;
		judge_files(argc, argv);
		return;
	}
	subject = judged_new();
	judge = package_judge_new();
	package_judge_manifest(judge);
}

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
