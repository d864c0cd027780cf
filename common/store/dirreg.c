#include "store/dirreg.h"

#include "base/num.h"
#include "data/csv.h"
#include "data/ident.h"
#include "data/relpath.h"
#include "filter/filter.h"
#include "os/beneath.h"
#include "store/extsort.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum column { PATH, OWNER, KIND, HASH, REQUIRED, SPEC = REQUIRED, MODE, CLASS, COLUMNS };
static const char *const names[COLUMNS] = {
	[PATH] = "file_path", [OWNER] = "owner_id", [KIND] = "owner_registry", [HASH] = "content_hash",
	[SPEC] = "owner_spec_id", [MODE] = "mode", [CLASS] = "classification",
};

struct dirregs {
	struct extsort *sort;
	struct buf ids;    /* known owners, each ended by NUL */
	const char **known;/* sorted; NULL: any well-formed id will do */
	size_t n, cap;
	struct buf packed, path;
};

/* One file being read. */
struct reading {
	int fd;
	struct digest *digest;
	struct csv_reader *csv;
	struct span path; /* the registry's own */
	int column[COLUMNS];
	bool good;
};

struct packed {
	uint64_t line;
	uint32_t owner, spec, hash, classification, registry;
	int32_t mode;
};

struct dirregs *dirregs_new(void)
{
	struct dirregs *d = xcalloc(1, sizeof *d);
	d->sort = extsort_new(EXTSORT_MEMORY);
	return d;
}

void dirregs_free(struct dirregs *d)
{
	extsort_free(d->sort);
	buf_free(&d->ids);
	buf_free(&d->packed);
	buf_free(&d->path);
	free(d->known);
	free(d);
}

static ssize_t read_some(void *ctx, void *p, size_t n)
{
	struct reading *in = ctx;
	ssize_t got = read(in->fd, p, n);
	if (got > 0 && in->digest)
		digest_add(in->digest, p, (size_t)got);
	return got;
}

/* --- known owners --- */

static int id_cmp(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void index_ids(struct dirregs *d)
{
	const char *end = d->ids.p + d->ids.n;
	d->n = 0;
	for (const char *p = d->ids.p; p < end; p += strlen(p) + 1) {
		if (d->n == d->cap) {
			d->cap = d->cap ? 2 * d->cap : 64;
			d->known = xreallocarray(d->known, d->cap, sizeof *d->known);
		}
		d->known[d->n++] = p;
	}
	qsort(d->known, d->n, sizeof *d->known, id_cmp);
}

/* The first column that is named like an id, or -1. */
static int id_column(const struct csv_reader *c)
{
	static const char *const id_names[] = {"package_id", "framework_id", "spec_id", "id"};
	for (size_t i = 0; i < csv_width(c); i++)
		for (size_t k = 0; k < sizeof id_names / sizeof *id_names; k++)
			if (span_is(csv_header(c, i), id_names[k]))
				return (int)i;
	return -1;
}

/* The rows of an open file. NULL, or why not. */
static const char *read_ids(struct dirregs *d, struct reading *in, unsigned long *line)
{
	struct csv_row row;
	int column = -1, got;
	*line = 0;
	while ((got = csv_next(in->csv, &row)) > 0) {
		*line = row.line;
		if (row.line == 1)
			column = id_column(in->csv);
		if (column < 0)
			return "no column is named package_id, framework_id, spec_id or id";
		if (row.line == 1)
			continue;
		buf_span_add(&d->ids, row.field[column]);
		buf_char(&d->ids, '\0');
	}
	return got < 0 ? csv_why(in->csv, line) : d->ids.n ? NULL : "it names nobody, it is empty";
}

bool dirregs_owners(struct dirregs *d, const char *path, int *status)
{
	struct reading in = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)};
	unsigned long line;
	int number = errno;
	const char *why = NULL;
	*status = STATUS_SYSTEM;
	if (in.fd >= 0) {
		in.csv = csv_open(read_some, &in);
		why = read_ids(d, &in, &line);
		number = errno;
		*status = why && !strcmp(why, "reading failed") && line == 0 ? STATUS_SYSTEM : STATUS_INPUT;
		csv_close(in.csv);
		close(in.fd);
		if (!why) {
			index_ids(d);
			return true;
		}
	}
	err_place(path, *status == STATUS_INPUT ? line : 0);
	complain("unable to read the known owners: %s", *status == STATUS_INPUT ? why : strerror(number));
	err_place(NULL, 0);
	return false;
}

static bool is_known(const struct dirregs *d, struct span id)
{
	char text[IDENT_MAX + 1];
	const char *key = text;
	memcpy(text, id.p, id.n);
	text[id.n] = 0;
	return bsearch(&key, d->known, d->n, sizeof *d->known, id_cmp) != NULL;
}

/* --- registries --- */

static void wrong(struct reading *in, unsigned long line, const char *why)
{
	in->good = false;
	finding(CODE_REGISTRY, in->path, "line %lu: %s", line, why);
}

static struct span field(const struct reading *in, const struct csv_row *row, enum column c)
{
	return in->column[c] < 0 ? (struct span){"", 0} : row->field[in->column[c]];
}

static bool find_columns(struct reading *in)
{
	for (int c = 0; c < COLUMNS; c++) {
		in->column[c] = csv_column(in->csv, names[c]);
		if (c < REQUIRED && in->column[c] < 0) {
			in->good = false;
			finding(CODE_REGISTRY, in->path, "line 1: no column is named %s", names[c]);
			return false;
		}
	}
	return true;
}

static const char *take_owner(const struct dirregs *d, struct span kind, struct registry_row *row)
{
	static const char *const kinds[] = {
		[IDENT_PACKAGE] = "package", [IDENT_FRAMEWORK] = "framework", [IDENT_SPEC] = "spec"};
	for (int i = IDENT_PACKAGE; i <= IDENT_SPEC; i++) {
		if (!span_is(kind, kinds[i]))
			continue;
		if (!ident_is((enum ident)i, row->owner))
			return "owner_id is no id of what owner_registry says";
		if (i == IDENT_SPEC && row->spec.n == 0)
			row->spec = row->owner;
		return d->known && !is_known(d, row->owner) ? "the owner is unknown" : NULL;
	}
	return "owner_registry is none of package, framework, spec";
}

static const char *take_mode(struct span text, struct registry_row *row)
{
	unsigned bits;
	row->mode = REGISTRY_MODE_UNKNOWN;
	if (span_is(text, "link"))
		row->mode = REGISTRY_MODE_LINK;
	else if (text.n && !num_mode(text.p, text.n, &bits))
		return "the mode is neither octal nor \"link\"";
	else if (text.n)
		row->mode = (int)bits;
	return NULL;
}

/* NULL, or what is wrong with the row. */
static const char *take_row(struct dirregs *d, const struct reading *in, const struct csv_row *raw,
			    struct registry_row *row)
{
	struct span name = field(in, raw, PATH);
	const char *why = relpath_bad(name);
	if (why)
		return "file_path is no path beneath this directory";
	buf_reset(&d->path);
	buf_add(&d->path, in->path.p, in->path.n - strlen(DIRREG_NAME));
	buf_span_add(&d->path, name);
	*row = (struct registry_row){
		.path = buf_span(&d->path),
		.owner = field(in, raw, OWNER),
		.spec = field(in, raw, SPEC),
		.hash = field(in, raw, HASH),
		.classification = field(in, raw, CLASS),
		.line = raw->line,
	};
	if (row->spec.n && !ident_is(IDENT_SPEC, row->spec))
		return "owner_spec_id is no id of a spec";
	bool itself = span_is(name, DIRREG_NAME);
	if (itself && row->hash.n)
		return "a registry cannot hold its own hash, leave it empty";
	if (!itself && !record_hash_ok(row->hash))
		return "content_hash is not sha256: and 64 lower-case hex digits";
	why = take_owner(d, field(in, raw, KIND), row);
	return why ? why : take_mode(field(in, raw, MODE), row);
}

static void pack(struct dirregs *d, const struct reading *in, const struct registry_row *row)
{
	struct packed head = {
		.line = row->line,
		.owner = (uint32_t)row->owner.n,
		.spec = (uint32_t)row->spec.n,
		.hash = (uint32_t)row->hash.n,
		.classification = (uint32_t)row->classification.n,
		.registry = (uint32_t)in->path.n,
		.mode = row->mode,
	};
	struct buf *b = &d->packed;
	buf_reset(b);
	buf_add(b, &head, sizeof head);
	buf_span_add(b, row->owner);
	buf_span_add(b, row->spec);
	buf_span_add(b, row->hash);
	buf_span_add(b, row->classification);
	buf_span_add(b, in->path);
	if (extsort_add(d->sort, row->path, buf_span(b)) != 0)
		sys_fail(errno, "unable to sort the registries");
}

static void read_rows(struct dirregs *d, struct reading *in)
{
	struct csv_row raw;
	struct registry_row row;
	unsigned long line;
	uint64_t rows = 0;
	int got;
	while ((got = csv_next(in->csv, &raw)) > 0) {
		if (rows++ == 0) {
			if (!find_columns(in))
				return;
			continue;
		}
		const char *why = take_row(d, in, &raw, &row);
		if (why)
			wrong(in, raw.line, why);
		else
			pack(d, in, &row);
	}
	if (got < 0) {
		const char *why = csv_why(in->csv, &line);
		if (line == 0)
			sys_fail(errno, "unable to read %.*s", (int)in->path.n, in->path.p);
		wrong(in, line, why);
	} else if (rows < 2) {
		in->good = false;
		finding(CODE_REGISTRY, in->path, "it is empty");
	}
}

/* Did it hold what the walk saw? Read to the end also where a bad row stopped us. */
static void check_hash(struct reading *in, struct span hash)
{
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT], rest[4096];
	ssize_t got;
	while ((got = read_some(in, rest, sizeof rest)) != 0)
		if (got < 0 && errno != EINTR)
			sys_fail(errno, "unable to read %.*s", (int)in->path.n, in->path.p);
	digest_end(in->digest, sum);
	digest_text(sum, text);
	if (span_eq(hash, (struct span){text, sizeof text}))
		return;
	in->good = false;
	finding(CODE_CHANGING, in->path, NULL);
}

bool dirregs_read(struct dirregs *d, int root, struct span path, struct span hash)
{
	struct stat st;
	struct reading in = {.path = path, .good = true};
	in.fd = beneath_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (in.fd < 0 || fstat(in.fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		finding(CODE_CHANGING, path, "the registry is no longer the file that was seen");
		if (in.fd >= 0)
			close(in.fd);
		return false;
	}
	in.digest = digest_new();
	digest_start(in.digest);
	in.csv = csv_open(read_some, &in);
	read_rows(d, &in);
	check_hash(&in, hash);
	csv_close(in.csv);
	digest_free(in.digest);
	close(in.fd);
	return in.good;
}

static struct span cut(const char **p, uint32_t n)
{
	struct span s = {*p, n};
	*p += n;
	return s;
}

int dirregs_next(struct dirregs *d, struct dirreg_row *out)
{
	struct span key, value;
	struct packed head;
	int got = extsort_next(d->sort, &key, &value);
	if (got < 0)
		sys_fail(errno, "unable to sort the registries");
	if (got == 0)
		return 0;
	memcpy(&head, value.p, sizeof head);
	const char *p = value.p + sizeof head;
	*out = (struct dirreg_row){.row = {.path = key, .line = head.line, .mode = head.mode}};
	out->row.owner = cut(&p, head.owner);
	out->row.spec = cut(&p, head.spec);
	out->row.hash = cut(&p, head.hash);
	out->row.classification = cut(&p, head.classification);
	out->registry = cut(&p, head.registry);
	return 1;
}
