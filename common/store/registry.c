#include "store/registry.h"

#include "base/err.h"
#include "base/num.h"
#include "data/csv.h"
#include "data/relpath.h"
#include "record/record.h"
#include "store/extsort.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a row says, and the names a dialect has for it, the first one found in the header wins. */
enum column { PATH, ARTIFACT, OWNER, SPEC, HASH, MODE, CLASS, INSTALLED, COLUMNS };
static const char *const names[COLUMNS][3] = {
	[PATH] = {"file_path"},
	[ARTIFACT] = {"artifact_path"},
	[OWNER] = {"owner_package_id", "owner_id", "owner"},
	[SPEC] = {"owner_spec_id", "source_spec_id"},
	[HASH] = {"sha256", "content_hash"},
	[MODE] = {"mode"},
	[CLASS] = {"classification", "entity_type"},
	[INSTALLED] = {"installed_at"},
};

struct registry {
	char *name, *real;
	int fd;
	struct stat st; /* when it was opened */
	struct csv_reader *csv;
	struct digest *digest; /* NULL while the order is looked at */
	int column[COLUMNS];
	struct buf last; /* the sort key of the row before */
	char hash[DIGEST_TEXT];
	struct extsort *sorted; /* NULL: the file is in order */
	unsigned char sum[DIGEST_LEN];
	uint64_t rows;
	bool ended, may_be_empty;
};

/* A row while it is being sorted; the texts follow in this order. */
struct packed {
	uint64_t line;
	uint32_t owner, spec, hash, classification, installed_at;
	int32_t mode;
	uint32_t dir;
};

static int fail(const struct registry *r, unsigned long line, enum status *out, enum status status, const char *why)
{
	err_place(r->name, line);
	complain("unable to read the registry: %s", why);
	err_place(NULL, 0);
	*out = status;
	return -1;
}

static int fail_csv(const struct registry *r, enum status *status)
{
	unsigned long line;
	const char *why = csv_why(r->csv, &line);
	if (line == 0)
		return fail(r, 0, status, STATUS_SYSTEM, strerror(errno));
	return fail(r, line, status, STATUS_INPUT, why);
}

static ssize_t read_some(void *ctx, void *p, size_t n)
{
	struct registry *r = ctx;
	ssize_t got = read(r->fd, p, n);
	if (got > 0 && r->digest)
		digest_add(r->digest, p, (size_t)got);
	return got;
}

/* From the file's start: reads the header and finds the columns. */
static int begin(struct registry *r, enum status *status)
{
	struct csv_row row;
	csv_close(r->csv);
	r->csv = csv_open(read_some, r);
	buf_reset(&r->last);
	if (lseek(r->fd, 0, SEEK_SET) < 0)
		return fail(r, 0, status, STATUS_SYSTEM, strerror(errno));
	int got = csv_next(r->csv, &row);
	if (got < 0)
		return fail_csv(r, status);
	if (got == 0)
		return fail(r, 0, status, STATUS_INPUT, "it is empty");
	for (int c = 0; c < COLUMNS; c++) {
		r->column[c] = -1;
		for (int i = 0; i < 3 && names[c][i] && r->column[c] < 0; i++)
			r->column[c] = csv_column(r->csv, names[c][i]);
	}
	if (r->column[PATH] >= 0)
		r->column[ARTIFACT] = -1;
	if (r->column[PATH] < 0 && r->column[ARTIFACT] < 0)
		return fail(r, 1, status, STATUS_INPUT, "no column is named file_path or artifact_path");
	if (r->column[OWNER] < 0)
		return fail(r, 1, status, STATUS_INPUT, "no column is named owner_package_id, owner_id or owner");
	if (r->column[HASH] < 0)
		return fail(r, 1, status, STATUS_INPUT, "no column is named sha256 or content_hash");
	return 0;
}

static struct span field(const struct registry *r, const struct csv_row *row, enum column c)
{
	return r->column[c] < 0 ? (struct span){"", 0} : row->field[r->column[c]];
}

/* The path as the file has it, but for the slash that artifact paths begin with. It may still end in one: a directory.
 * This is also the sort key: relpath_cmp in plain bytes. */
static struct span path_key(const struct registry *r, const struct csv_row *row)
{
	struct span path = field(r, row, PATH);
	if (r->column[ARTIFACT] < 0)
		return path;
	path = field(r, row, ARTIFACT);
	if (path.n && path.p[0] == '/') {
		path.p++;
		path.n--;
	}
	return path;
}

/* Is the row about the registry itself? Whatever the plane's root, the file's name ends with the row's path; a copy of
 * a control plane registry, kept with a version, has another name and still its own row. */
static bool is_own_row(const struct registry *r, struct span path)
{
	size_t n = r->real ? strlen(r->real) : 0;

	if (r->column[ARTIFACT] >= 0 && span_is(path, "registries/control_plane_registry.csv"))
		return true;
	return n > path.n && r->real[n - path.n - 1] == '/' && memcmp(r->real + n - path.n, path.p, path.n) == 0;
}

static const char *take_path(const struct registry *r, const struct csv_row *raw, struct registry_row *row)
{
	row->path = path_key(r, raw);
	row->dir = r->column[ARTIFACT] >= 0 && row->path.n > 1 && row->path.p[row->path.n - 1] == '/';
	row->path.n -= row->dir;
	return relpath_bad(row->path);
}

static const char *take_hash(struct registry *r, const struct csv_row *raw, struct registry_row *row)
{
	row->hash = field(r, raw, HASH);
	if (row->dir)
		return row->hash.n ? "a directory has a hash" : NULL;
	if (row->hash.n == 0)
		return is_own_row(r, row->path) ? NULL : "the hash is empty";
	if (row->hash.n == DIGEST_TEXT - 7) {
		memcpy(r->hash, "sha256:", 7);
		memcpy(r->hash + 7, row->hash.p, row->hash.n);
		row->hash = (struct span){r->hash, DIGEST_TEXT};
	}
	return record_hash_ok(row->hash) ? NULL : "the hash is not sha256: and 64 lower-case hex digits";
}

static const char *take_mode(const struct registry *r, const struct csv_row *raw, struct registry_row *row)
{
	struct span text = field(r, raw, MODE);
	unsigned bits;
	row->mode = REGISTRY_MODE_UNKNOWN;
	if (text.n == 0)
		return NULL;
	if (span_is(text, "link")) {
		row->mode = REGISTRY_MODE_LINK;
		return NULL;
	}
	if (!num_mode(text.p, text.n, &bits))
		return "the mode is neither octal nor \"link\"";
	row->mode = (int)bits;
	return NULL;
}

static int take_row(struct registry *r, const struct csv_row *raw, struct registry_row *row, enum status *status)
{
	struct buf text = {0};
	const char *why = take_path(r, raw, row);
	if (why) {
		buf_printf(&text, "the path %s", why);
		fail(r, raw->line, status, STATUS_INPUT, buf_cstr(&text));
		buf_free(&text);
		return -1;
	}
	why = take_hash(r, raw, row);
	if (!why)
		why = take_mode(r, raw, row);
	row->owner = field(r, raw, OWNER);
	if (!why && row->owner.n == 0)
		why = "the owner is empty";
	if (why)
		return fail(r, raw->line, status, STATUS_INPUT, why);
	row->spec = field(r, raw, SPEC);
	row->classification = field(r, raw, CLASS);
	row->installed_at = field(r, raw, INSTALLED);
	row->line = raw->line;
	return 1;
}

/* Does this row stand behind the one before? Remembers it. */
static bool in_order(struct registry *r, struct span key)
{
	bool good = span_cmp(buf_span(&r->last), key) <= 0;
	buf_reset(&r->last);
	buf_span_add(&r->last, key);
	return good;
}

/* 1: in order, 0: not, -1: failed. No row is given out before this is known. */
static int look_at_order(struct registry *r, enum status *status)
{
	struct csv_row row;
	uint64_t rows = 0;
	int got;
	for (; (got = csv_next(r->csv, &row)) > 0; rows++)
		if (!in_order(r, path_key(r, &row)))
			return 0;
	if (got < 0)
		return fail_csv(r, status);
	return rows || r->may_be_empty ? 1 : fail(r, 0, status, STATUS_INPUT, "it is empty: a header and no row");
}

/* Every byte was read: keeps the hash, unless the file changed under us. */
static int finish(struct registry *r, enum status *status)
{
	struct stat now;
	if (fstat(r->fd, &now) != 0)
		return fail(r, 0, status, STATUS_SYSTEM, strerror(errno));
	if (now.st_size != r->st.st_size || now.st_mtim.tv_sec != r->st.st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != r->st.st_mtim.tv_nsec || now.st_ctim.tv_sec != r->st.st_ctim.tv_sec ||
	    now.st_ctim.tv_nsec != r->st.st_ctim.tv_nsec)
		return fail(r, 0, status, STATUS_INPUT, "it changed while it was read");
	digest_end(r->digest, r->sum);
	return 0;
}

static int pack(struct registry *r, struct span key, const struct registry_row *row, struct buf *b)
{
	struct packed head = {
		.line = row->line,
		.owner = (uint32_t)row->owner.n,
		.spec = (uint32_t)row->spec.n,
		.hash = (uint32_t)row->hash.n,
		.classification = (uint32_t)row->classification.n,
		.installed_at = (uint32_t)row->installed_at.n,
		.mode = row->mode,
		.dir = row->dir,
	};
	buf_reset(b);
	buf_add(b, &head, sizeof head);
	buf_span_add(b, row->owner);
	buf_span_add(b, row->spec);
	buf_span_add(b, row->hash);
	buf_span_add(b, row->classification);
	buf_span_add(b, row->installed_at);
	return extsort_add(r->sorted, key, buf_span(b));
}

static struct span cut(const char **p, uint32_t n)
{
	struct span s = {*p, n};
	*p += n;
	return s;
}

static int next_packed(struct registry *r, struct registry_row *row, enum status *status)
{
	struct span key, value;
	struct packed head;
	int got = extsort_next(r->sorted, &key, &value);
	if (got < 0)
		return fail(r, 0, status, STATUS_SYSTEM, strerror(errno));
	if (got == 0)
		return 0;
	memcpy(&head, value.p, sizeof head);
	const char *p = value.p + sizeof head;
	key.n -= head.dir;
	*row = (struct registry_row){.path = key, .line = head.line, .mode = head.mode, .dir = head.dir};
	row->owner = cut(&p, head.owner);
	row->spec = cut(&p, head.spec);
	row->hash = cut(&p, head.hash);
	row->classification = cut(&p, head.classification);
	row->installed_at = cut(&p, head.installed_at);
	return 1;
}

/* Reads the whole file into the sorter. */
static int sort_all(struct registry *r, enum status *status)
{
	struct csv_row raw;
	struct registry_row row;
	struct buf b = {0};
	int got, result = 0;
	r->sorted = extsort_new(EXTSORT_MEMORY);
	while (result == 0 && (got = csv_next(r->csv, &raw)) != 0) {
		if (got < 0)
			result = fail_csv(r, status);
		else if (take_row(r, &raw, &row, status) < 0)
			result = -1;
		else if (pack(r, path_key(r, &raw), &row, &b) < 0)
			result = fail(r, 0, status, STATUS_SYSTEM, strerror(errno));
	}
	buf_free(&b);
	return result == 0 ? finish(r, status) : -1;
}

/* The two passes: first the order, then (from registry_next, or at once when it must be sorted) the rows. */
static int prepare(struct registry *r, enum status *status)
{
	if (begin(r, status) < 0)
		return -1;
	int ordered = look_at_order(r, status);
	if (ordered < 0)
		return -1;
	r->digest = digest_new();
	digest_start(r->digest);
	if (begin(r, status) < 0)
		return -1;
	if (ordered)
		return 0;
	err_place(r->name, 0);
	warn("the registry is not sorted by path; it is sorted first");
	err_place(NULL, 0);
	return sort_all(r, status);
}

static struct registry *open_it(int fd, const char *path, bool dash, bool may_be_empty, int *out)
{
	enum status status = STATUS_SYSTEM;
	struct registry *r = xcalloc(1, sizeof *r);
	r->name = xstrdup(path);
	r->fd = fd;
	r->may_be_empty = may_be_empty;
	if (dash)
		fail(r, 0, &status, STATUS_USAGE, "it must be a file, it is read twice");
	else if (r->fd < 0 || fstat(r->fd, &r->st) != 0)
		fail(r, 0, &status, STATUS_SYSTEM, strerror(errno));
	else if (!S_ISREG(r->st.st_mode))
		fail(r, 0, &status, STATUS_SYSTEM, "not a regular file");
	else {
		r->real = realpath(path, NULL);
		if (prepare(r, &status) == 0)
			return r;
	}
	registry_close(r);
	*out = status;
	return NULL;
}

struct registry *registry_open(const char *path, int *out)
{
	bool dash = strcmp(path, "-") == 0;
	return open_it(dash ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), path, dash, false, out);
}

struct registry *registry_open_fd(int fd, const char *path, int *out)
{
	return open_it(fd, path, false, true, out);
}

int registry_next(struct registry *r, struct registry_row *row, int *out)
{
	enum status status = STATUS_SYSTEM;
	struct csv_row raw;
	int got;
	if (r->ended)
		return 0;
	if (r->sorted) {
		got = next_packed(r, row, &status);
	} else {
		got = csv_next(r->csv, &raw);
		if (got < 0)
			fail_csv(r, &status);
		else if (got == 0)
			got = finish(r, &status);
		else if (!in_order(r, path_key(r, &raw)))
			got = fail(r, raw.line, &status, STATUS_INPUT, "it changed while it was read");
		else
			got = take_row(r, &raw, row, &status);
	}
	if (got > 0)
		r->rows++;
	if (got < 0)
		*out = status;
	r->ended = got == 0;
	return got;
}

void registry_hash(const struct registry *r, unsigned char out[DIGEST_LEN])
{
	memcpy(out, r->sum, DIGEST_LEN);
}

uint64_t registry_rows(const struct registry *r)
{
	return r->rows;
}

void registry_close(struct registry *r)
{
	if (!r)
		return;
	csv_close(r->csv);
	digest_free(r->digest);
	extsort_free(r->sorted);
	buf_free(&r->last);
	if (r->fd >= 0)
		close(r->fd);
	free(r->name);
	free(r->real);
	free(r);
}
