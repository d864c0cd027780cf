#include "bundle/make.h"

#include "base/text.h"
#include "bundle/bundle.h"
#include "data/canon.h"
#include "data/jsonw.h"
#include "document/yaml.h"
#include "os/beneath.h"
#include "os/in.h"
#include "os/out.h"
#include "os/walk.h"
#include "pack/tarin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEMPLATE_BYTES = 64 << 20 };

struct given {
	struct span source; /* as it stands in `names` */
	uint32_t at;	    /* its object */
	bool met;
};

struct making {
	struct buf *out;
	struct yamldoc yaml;
	struct json tape;
	const struct json *template; /* of either */
	struct buf text;
	struct buf names;
	struct given *given;
	size_t n;
	struct span type;
	struct buf type_room;
	const struct manifest_terms *terms;
	const char *comma;
	struct digest *digest;
	struct sums sums;
};

static struct span text_of(const struct json *j, uint32_t at, const char *key, struct buf *room)
{
	uint32_t node = json_get(j, at, key);

	return node && j->node[node].type == JSON_STRING ? json_string(j, node, room) : (struct span){"", 0};
}

/* --- the template --- */

/* JSON is no YAML of the strict subset where its last line has no end. */
static void parse_template(struct making *m)
{
	size_t at = 0;

	while (at < m->text.n && m->text.p[at] && strchr(" \t\r\n", m->text.p[at]))
		at++;
	err_place(BUNDLE_MANIFEST, 0);
	if (at < m->text.n && m->text.p[at] == '{') {
		m->template = &m->tape;
		if (!json_parse(&m->tape, m->text.p, m->text.n, JSON_RECORD))
			bad_input("unable to read the manifest: %s", m->tape.error);
	} else {
		m->template = &m->yaml.json;
		if (!yamldoc_parse(&m->yaml, m->text.p ? m->text.p : "", m->text.n, TEMPLATE_BYTES))
			bad_input("unable to read the manifest: line %u: %s", m->yaml.error_at.line, m->yaml.error);
	}
	if (m->template->node[0].type != JSON_OBJECT)
		bad_input("unable to read the manifest: it is no object");
	m->type = text_of(m->template, 0, "type", &m->type_room);
}

static void read_template(struct making *m, int dir)
{
	int fd = beneath_open(dir, SPAN(BUNDLE_MANIFEST), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);

	if (fd < 0 && errno == ENOENT)
		bad_input("unable to describe the directory: it has no " BUNDLE_MANIFEST);
	if (fd < 0 || slurp_fd(fd, TEMPLATE_BYTES, &m->text) != 0)
		sys_fail(errno, "unable to read " BUNDLE_MANIFEST);
	close(fd);
	parse_template(m);
}

static int by_source(const void *a, const void *b)
{
	return span_cmp(((const struct given *)a)->source, ((const struct given *)b)->source);
}

static void drop_repeated(struct making *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		if (n && by_source(&m->given[n - 1], &m->given[i]) == 0)
			finding(CODE_DUPLICATE, m->given[i].source, "declared more than once");
		else
			m->given[n++] = m->given[i];
	m->n = n;
}

static void read_given(struct making *m)
{
	const struct json *j = m->template;
	uint32_t assets = json_get(j, 0, "assets");
	struct buf room = {0};
	size_t at = 0;

	if (!assets || j->node[assets].type == JSON_NULL)
		return;
	if (j->node[assets].type != JSON_ARRAY)
		bad_input("unable to read the manifest: its assets are no array");
	m->given = xcalloc(j->node[assets].count + 1, sizeof *m->given);
	for (uint32_t c = json_first(j, assets); c != j->node[assets].end; c = json_next(j, c)) {
		struct span source = text_of(j, c, "source", &room);

		if (!source.n)
			bad_input("unable to read the manifest: an asset has no source");
		m->given[m->n++] = (struct given){.source = {NULL, source.n}, .at = c};
		buf_span_add(&m->names, source);
	}
	for (size_t i = 0; i < m->n; at += m->given[i++].source.n)
		m->given[i].source.p = m->names.p + at;
	qsort(m->given, m->n, sizeof *m->given, by_source);
	drop_repeated(m);
	buf_free(&room);
}

/* --- files --- */

static const char *fitting(const struct making *m, struct span path)
{
	static const char *const same[] = {"library", "agent", "prompt", "gate"};

	if (path.n > 6 && memcmp(path.p, "tests/", 6) == 0)
		return "test";
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		if (span_is(m->type, same[i]))
			return same[i];
	if (span_is(m->type, "spec"))
		return "spec";
	return span_is(m->type, "framework") && path.n > 3 && memcmp(path.p + path.n - 3, ".md", 3) == 0 ? "law_doc"
													 : "other";
}

/* What the template says of it besides what the file itself says. */
static void add_given(struct making *m, uint32_t at)
{
	const struct json *j = m->template;
	struct buf room = {0};

	for (uint32_t k = json_first(j, at); k != j->node[at].end; k = json_next_member(j, k)) {
		struct span key = json_string(j, k, &room);

		if (span_is(key, "source") || span_is(key, "hash") || span_is(key, "mode"))
			continue;
		buf_char(m->out, ',');
		buf_span_add(m->out, json_source(j, k));
		buf_char(m->out, ':');
		buf_span_add(m->out, json_source(j, k + 1));
	}
	buf_free(&room);
}

static void add_asset(struct making *m, struct span path, bool execute, const unsigned char sum[DIGEST_LEN])
{
	struct given key = {.source = path};
	struct given *g = m->n ? bsearch(&key, m->given, m->n, sizeof key, by_source) : NULL;

	buf_str(m->out, m->comma);
	m->comma = ",\n";
	jsonw_open(m->out, NULL);
	jsonw_str(m->out, "source", path);
	digest_member(m->out, "hash", sum);
	if (g) {
		g->met = true;
		add_given(m, g->at);
	}
	if (!g || !json_get(m->template, g->at, "plane"))
		jsonw_cstr(m->out, "plane", m->terms->plane);
	if (!g || !json_get(m->template, g->at, "type"))
		jsonw_cstr(m->out, "type", fitting(m, path));
	if (execute)
		jsonw_cstr(m->out, "mode", "0755");
	jsonw_close(m->out);
	sums_add(&m->sums, sum);
}

static void add_file(struct making *m, int fd, struct span path)
{
	unsigned char sum[DIGEST_LEN];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || digest_fd(m->digest, fd, sum, NULL) != 0)
		sys_fail(errno, "unable to read %.*s", (int)path.n, path.p);
	add_asset(m, path, st.st_mode & S_IXUSR, sum);
}

static void add_entry(struct making *m, const struct walk_entry *e)
{
	int fd = openat(e->parent, e->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	add_file(m, fd, e->path);
	close(fd);
}

static void add_files(struct making *m, int dir)
{
	struct walk *w = walk_open(dir, 0, NULL, NULL);
	struct buf shown = {0};
	struct walk_entry e;

	if (!w)
		sys_fail(errno, "unable to read the directory");
	while (walk_next(w, &e)) {
		if (e.error != WALK_FINE)
			sys_fail(e.number, "unable to read %.*s", (int)e.path.n, e.path.p);
		if (S_ISDIR(e.type) || span_is(e.path, BUNDLE_MANIFEST))
			continue;
		if (tar_path_bad(e.path)) {
			buf_reset(&shown);
			text_escape(&shown, e.path.p, e.path.n);
			finding(CODE_PATH_ESCAPE, (struct span){0}, "%s %s", buf_cstr(&shown), tar_path_bad(e.path));
		} else if (!S_ISREG(e.type)) {
			finding(CODE_SPECIAL, e.path, "it is a %s", walk_filetype(e.type));
		} else {
			add_entry(m, &e);
		}
	}
	walk_close(w);
	buf_free(&shown);
	for (size_t i = 0; i < m->n; i++)
		if (!m->given[i].met)
			finding(CODE_MISSING, m->given[i].source, "declared, but not in the directory");
}

/* --- the document --- */

static void add_head(struct making *m)
{
	const struct json *j = m->template;
	struct buf room = {0};

	buf_char(m->out, '{');
	for (uint32_t k = json_first(j, 0); k != j->node[0].end; k = json_next_member(j, k)) {
		struct span key = json_string(j, k, &room);

		if (span_is(key, "assets") || span_is(key, "integrity"))
			continue;
		buf_span_add(m->out, json_source(j, k));
		buf_char(m->out, ':');
		buf_span_add(m->out, json_source(j, k + 1));
		buf_str(m->out, ",\n");
	}
	buf_free(&room);
}

void manifest_close(struct buf *b, size_t start, struct sums *s, const struct manifest_terms *t)
{
	char all[DIGEST_TEXT], document[DIGEST_TEXT];
	struct digest *d = digest_new();
	unsigned char sum[DIGEST_LEN];
	struct json j = {0};
	struct buf canon = {0};

	sums_hash(s, d, all);
	buf_str(b, "]}");
	if (!json_parse(&j, b->p + start, b->n - start, JSON_RECORD) || !canon_jcs(&canon, &j, 0))
		bad_input("unable to make the manifest: %s", j.error ? j.error : "a number has no canonical form");
	digest_bytes(d, canon.p, canon.n, sum);
	digest_text(sum, document);
	b->n--;
	buf_str(b, ",\n\"integrity\":{");
	jsonw_str(b, "manifest_hash", (struct span){all, DIGEST_TEXT});
	jsonw_str(b, "document_hash", (struct span){document, DIGEST_TEXT});
	if (t->seal && filter_findings() == 0)
		t->seal(t->ctx, b, (struct span){all, DIGEST_TEXT}, (struct span){document, DIGEST_TEXT});
	buf_str(b, "}}\n");
	json_free(&j);
	buf_free(&canon);
	digest_free(d);
}

static void end(struct making *m)
{
	err_place(NULL, 0);
	yamldoc_free(&m->yaml);
	json_free(&m->tape);
	buf_free(&m->text);
	digest_free(m->digest);
	buf_free(&m->names);
	buf_free(&m->type_room);
	free(m->given);
	sums_free(&m->sums);
}

void manifest_make(struct buf *b, int dir, const struct manifest_terms *t)
{
	struct making m = {.out = b, .terms = t, .comma = "\n", .digest = digest_new()};
	size_t start = b->n;

	read_template(&m, dir);
	read_given(&m);
	add_head(&m);
	buf_str(b, "\"assets\":[");
	add_files(&m, dir);
	manifest_close(b, start, &m.sums, t);
	end(&m);
}

static void begin(struct making *m, struct span head)
{
	buf_span_add(&m->text, head);
	parse_template(m);
	add_head(m);
	buf_str(m->out, "\"assets\":[");
}

void manifest_make_file(struct buf *b, struct span head, int file, struct span path, const struct manifest_terms *t)
{
	struct making m = {.out = b, .terms = t, .comma = "\n", .digest = digest_new()};
	size_t start = b->n;

	begin(&m, head);
	add_file(&m, file, path);
	manifest_close(b, start, &m.sums, t);
	end(&m);
}

void manifest_make_text(struct buf *b, struct span head, const struct newfile *file, const struct manifest_terms *t)
{
	struct making m = {.out = b, .terms = t, .comma = "\n", .digest = digest_new()};
	unsigned char sum[DIGEST_LEN];
	size_t start = b->n;

	begin(&m, head);
	digest_bytes(m.digest, file->text.p, file->text.n, sum);
	add_asset(&m, file->path, file->execute, sum);
	manifest_close(b, start, &m.sums, t);
	end(&m);
}

struct spool *manifest_records(const struct buf *text)
{
	struct spool *lines = spool_new();
	int fd = temporary_file();
	const char *why;

	if (write_all(fd, text->p, text->n) != 0 || lseek(fd, 0, SEEK_SET) < 0)
		sys_fail(errno, "unable to write a temporary file");
	why = bundle_declared(lines, fd, (struct span){0});
	if (why)
		bad_input("unable to describe the package: its manifest %s", why);
	close(fd);
	return lines;
}

void manifest_emit(struct spool *records)
{
	struct span line;

	spool_rewind(records);
	while (spool_next(records, &line))
		emit_line(line);
	spool_free(records);
}
