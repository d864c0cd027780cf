#include "legacy/archive.h"

#include "bundle/bundle.h"
#include "bundle/head.h"
#include "data/csv.h"
#include "data/jsonw.h"
#include "legacy/manifest.h"
#include "pack/tarin.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char *const columns[R_TEXTS] = {
	"name", "category", "version", "digest", "deps", "conflicts", "license", "artifact_path", "output_type",
	"output_path", "priority", "owner",
};

/* --- the row --- */

static ssize_t read_some(void *ctx, void *p, size_t n)
{
	return read(*(int *)ctx, p, n);
}

static void take_row(struct legacy_row *r, const struct csv_reader *c, const struct csv_row *row)
{
	for (int i = 0; i < R_TEXTS; i++) {
		int column = csv_column(c, columns[i]);

		buf_reset(&r->text[i]);
		if (column >= 0)
			buf_span_add(&r->text[i], row->field[column]);
	}
}

/* How many rows the package has; the header was read. */
static unsigned find(struct legacy_row *r, struct csv_reader *c, const char *id)
{
	int column = csv_column(c, "id"), got;
	unsigned long line;
	struct csv_row row;
	unsigned met = 0;

	if (column < 0)
		bad_input("unable to read the registry: it has no column id");
	while ((got = csv_next(c, &row)) > 0)
		if (span_is(row.field[column], id)) {
			take_row(r, c, &row);
			met++;
		}
	if (got < 0)
		bad_input("unable to read the registry: %s", csv_why(c, &line));
	return met;
}

void legacy_row_read(struct legacy_row *r, const char *registry, const char *id)
{
	int fd = open(registry, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct csv_reader *c;
	unsigned long line;
	struct csv_row row;
	unsigned met;

	if (fd < 0)
		sys_fail(errno, "unable to open %s", registry);
	err_place(registry, 0);
	c = csv_open(read_some, &fd);
	if (csv_next(c, &row) <= 0) {
		const char *why = csv_why(c, &line);

		bad_input("unable to read the registry: %s", why ? why : "it is empty");
	}
	met = find(r, c, id);
	if (met != 1)
		bad_input("unable to tell what %s is: the registry has %s", id, met ? "it twice" : "no such package");
	err_place(NULL, 0);
	csv_close(c);
	close(fd);
}

void legacy_row_free(struct legacy_row *r)
{
	for (int i = 0; i < R_TEXTS; i++)
		buf_free(&r->text[i]);
}

/* --- the archive --- */

static void check_digest(const struct legacy_row *r, const struct bundle *b)
{
	struct span says = buf_span(&r->text[R_DIGEST]);
	struct span is = {b->archive_hash, DIGEST_TEXT}, hex = {b->archive_hash + 7, DIGEST_TEXT - 7};

	if (says.n == 0)
		bad_input("unable to trust the archive: the registry has no digest of it");
	if (!span_eq(says, is) && !span_eq(says, hex))
		bad_input("unable to trust the archive: its digest is %.*s, and the registry says another",
			  DIGEST_TEXT, b->archive_hash);
}

static struct span last_name(struct span path)
{
	const char *slash = memrchr(path.p, '/', path.n);
	size_t skip = slash ? (size_t)(slash - path.p) + 1 : 0;

	return (struct span){path.p + skip, path.n - skip};
}

/* Its path may be the artifact's, or its last name alone. */
static void check_member(struct record *m, const struct buf *artifact, bool *execute)
{
	struct buf room = {0}, other = {0};
	struct span path, text;

	if (!record_str(m, "type", &text, &room) || !span_is(text, "file"))
		bad_input("unable to trust the archive: it holds something that is no file");
	if (!record_str(m, "path", &path, &other) || tar_path_bad(path))
		bad_input("unable to trust the archive: its file has a name that no package may have");
	if (!span_eq(path, buf_span(artifact)) && !span_eq(path, last_name(buf_span(artifact))))
		bad_input("unable to trust the archive: it holds %.*s, and the registry says %s", (int)path.n, path.p,
			  artifact->p);
	*execute = record_str(m, "mode", &text, &room) && text.n == 4 && (text.p[1] & 1);
	buf_free(&room);
	buf_free(&other);
}

static void check_members(struct bundle *b, const struct buf *artifact, bool *execute)
{
	struct record r = {.number = 0};
	struct span line;
	unsigned n = 0;

	spool_rewind(b->members);
	while (spool_next(b->members, &line)) {
		if (record_parse(&r, line) || ++n > 1)
			bad_input("unable to trust the archive: it holds more than one file");
		check_member(&r, artifact, execute);
	}
	if (!n)
		bad_input("unable to trust the archive: it is empty");
	record_free(&r);
}

static void take_artifact(struct buf *path, const struct legacy_row *r)
{
	struct span artifact = buf_span(&r->text[R_ARTIFACT]);

	if (artifact.n && artifact.p[0] == '/')
		artifact = (struct span){artifact.p + 1, artifact.n - 1};
	if (tar_path_bad(artifact) || span_is(artifact, BUNDLE_MANIFEST))
		bad_input("unable to use the registry: the artifact_path is no path of a file");
	buf_reset(path);
	buf_span_add(path, artifact);
	buf_cstr(path);
}

static void take_piece(void *ctx, struct span piece)
{
	buf_span_add(ctx, piece);
}

void legacy_archive_read(struct buf *content, bool *execute, struct buf *path, const struct legacy_row *r,
			 const char *archive)
{
	int fd = open(archive, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct bundle b;
	const char *why;

	if (fd < 0)
		sys_fail(errno, "unable to open %s", archive);
	take_artifact(path, r);
	err_place(archive, 0);
	why = bundle_open(&b, fd);
	if (!why) {
		check_digest(r, &b);
		check_members(&b, path, execute);
		why = bundle_first(&b, take_piece, content);
	}
	if (why)
		bad_input("unable to read the archive: it %s", why);
	err_place(NULL, 0);
	bundle_free(&b);
	close(fd);
}

/* --- the manifest --- */

static void add_output(struct buf *b, const struct legacy_row *r)
{
	struct span type = buf_span(&r->text[R_OUTPUT_TYPE]), path = buf_span(&r->text[R_OUTPUT_PATH]);

	if (type.n == 0)
		type = SPAN("extension");
	if (!span_is(type, "extension") && !span_is(type, "module") && !span_is(type, "external"))
		bad_input("unable to use the registry: its output_type is none");
	if (span_is(type, "external") && path.n == 0)
		bad_input("unable to use the registry: an external package has no output_path");
	if (span_is(type, "extension")) {
		path = buf_span(&r->text[R_ARTIFACT]);
		path = path.n && path.p[0] == '/' ? (struct span){path.p + 1, path.n - 1} : path;
	}
	jsonw_open(b, "output");
	jsonw_str(b, "type", type);
	if (path.n)
		jsonw_str(b, "path", path);
	jsonw_close(b);
}

static void add_metadata(struct buf *b, const struct legacy_row *r)
{
	static const struct { enum row_text text; const char *key; } of[] = {
		{R_NAME, "title"}, {R_LICENSE, "license"}, {R_OWNER, "maintainer"}, {R_PRIORITY, "priority"},
	};

	jsonw_open(b, "metadata");
	for (size_t i = 0; i < sizeof of / sizeof *of; i++)
		if (r->text[of[i].text].n)
			jsonw_str(b, of[i].key, buf_span(&r->text[of[i].text]));
	jsonw_close(b);
}

void legacy_head(struct buf *b, const struct legacy_row *r, const char *id, const char *type, const char *framework)
{
	struct buf category = {0}, version = {0};
	struct manifest_head head = {.package_id = id};
	const char *why;

	buf_span_add(&category, buf_span(&r->text[R_CATEGORY]));
	buf_span_add(&version, buf_span(&r->text[R_VERSION]));
	head.version = buf_cstr(&version);
	head.type = type ? type : buf_cstr(&category);
	head.framework = framework;
	/* PKG-FMWK-100 brings FMWK-100. */
	if (!framework && strcmp(head.type, "framework") == 0 && strncmp(id, "PKG-FMWK-", 9) == 0)
		head.framework = id + 4;
	why = manifest_head_bad(&head);
	if (why)
		bad_input("unable to make a package of the row: %s", why);
	jsonw_open(b, NULL);
	manifest_head_write(b, &head);
	why = legacy_list(b, "dependencies", buf_span(&r->text[R_DEPS]));
	if (!why)
		why = legacy_list(b, "conflicts", buf_span(&r->text[R_CONFLICTS]));
	if (why)
		bad_input("unable to make a package of the row: its dependencies or conflicts are no list");
	add_output(b, r);
	add_metadata(b, r);
	jsonw_close(b);
	buf_free(&category);
	buf_free(&version);
}
