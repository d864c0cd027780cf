#include "registry/internal.h"

#include "data/jsonw.h"
#include "filter/filter.h"
#include "store/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char *const columns[] = {
	"file_path", "owner_package_id", "owner_spec_id", "sha256", "mode", "classification", "installed_at",
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static const char *const planes[] = {"ho1", "ho2", "ho3"}; /* as they sort */
enum { PLANES = 3 };

static void registry_path(struct buf *b, const char *plane)
{
	buf_reset(b);
	if (strcmp(plane, "ho3") != 0)
		buf_printf(b, "planes/%s/", plane);
	buf_str(b, "registries/file_ownership.csv");
}

/* Fields hold no NUL: they come from JSON texts that were looked at, or from CSV. */
static void add_owned(struct projecting *p, struct span plane, const struct span *field)
{
	static struct buf key, value;

	buf_reset(&key);
	buf_reset(&value);
	buf_span_add(&key, plane);
	buf_char(&key, '\0');
	buf_span_add(&key, field[0]);
	for (size_t i = 1; i < COLUMNS; i++) {
		buf_span_add(&value, field[i]);
		buf_char(&value, '\0');
	}
	if (extsort_add(p->owned, buf_span(&key), buf_span(&value)) < 0)
		sys_fail(errno, "unable to sort the owned files");
}

static bool has_nul(const struct span *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i].n && memchr(s[i].p, '\0', s[i].n))
			return true;
	return false;
}

static void note_plane(struct projecting *p, struct span plane)
{
	if (!p->plane)
		for (size_t i = 0; i < PLANES; i++)
			if (span_is(plane, planes[i]))
				p->plane = planes[i];
	if (p->plane && !span_is(plane, p->plane))
		p->plane = "";
}

void own_asset(struct projecting *p, const struct manifest *m, const struct manifest_asset *a)
{
	const struct known *k = p->known;
	char mode[8];
	bool owned;
	const char *why;

	buf_reset(&p->target);
	why = manifest_target(&p->target, m, a, &owned);
	if (!why && has_nul(a->text, A_TEXTS))
		why = "holds a NUL";
	if (why) {
		finding(CODE_MANIFEST, a->text[A_SOURCE], "an asset of %s %s %s", k->text[K_ID], k->text[K_VERSION],
			why);
		p->faults++;
		return;
	}
	note_plane(p, a->text[A_PLANE]);
	if (!owned)
		return;
	if (p->first_target.n == 0)
		buf_span_add(&p->first_target, buf_span(&p->target));
	if (k->state != KNOWN_INSTALLED)
		return;
	snprintf(mode, sizeof mode, "%04o", a->mode);
	const struct span field[COLUMNS] = {buf_span(&p->target), known_text(k, K_ID), a->text[A_SPEC], a->text[A_HASH],
					    span_of(mode), a->text[A_TYPE], known_text(k, K_INSTALLED)};
	add_owned(p, a->text[A_PLANE], field);
}

/* --- what was adopted --- */

/* The registry that an adoption vouches for: kept by its hash, else the one that is there. */
static struct registry *open_adopted(struct projecting *p, const struct known *k, const char *plane, struct buf *name)
{
	struct buf path = {0};
	int status = STATUS_SYSTEM;
	struct registry *r;

	buf_printf(name, "ledger/blobs/%s", k->text[K_MANIFEST_HASH] + 7);
	buf_printf(&path, "%s/%s", p->out->root_path, buf_cstr(name));
	if (access(buf_cstr(&path), F_OK) != 0) {
		registry_path(name, plane);
		buf_reset(&path);
		buf_printf(&path, "%s/%s", p->out->root_path, buf_cstr(name));
	}
	if (access(buf_cstr(&path), F_OK) != 0) {
		buf_free(&path);
		return NULL;
	}
	r = registry_open(buf_cstr(&path), &status);
	buf_free(&path);
	if (!r)
		filter_abandon((enum status)status);
	return r;
}

static bool vouched(const struct projecting *p, const struct known *k, struct registry *r)
{
	const char *last = projection_registry_hash(p->state), *before = projection_registry_before(p->state);
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];

	registry_hash(r, sum);
	digest_text(sum, text);
	return span_is((struct span){text, sizeof text}, k->text[K_MANIFEST_HASH]) ||
	       (last && span_is((struct span){text, sizeof text}, last)) ||
	       (before && span_is((struct span){text, sizeof text}, before));
}

static void take_row(struct projecting *p, const struct known *k, struct span plane, const struct registry_row *row)
{
	char mode[8] = "";

	if (row->dir || !span_is(row->owner, k->text[K_ID]))
		return;
	if (row->mode == REGISTRY_MODE_LINK)
		snprintf(mode, sizeof mode, "link");
	else if (row->mode >= 0)
		snprintf(mode, sizeof mode, "%04o", (unsigned)row->mode & 07777);
	const struct span field[COLUMNS] = {row->path, row->owner, row->spec, row->hash, span_of(mode),
					    row->classification, row->installed_at};
	add_owned(p, plane, field);
}

void own_adopted(struct projecting *p, struct known *k)
{
	struct span plane = known_text(k, K_PLANE);
	struct buf name = {0};
	struct registry_row row;
	struct registry *r;
	int status, got;

	if (plane.n == 0)
		plane = SPAN("ho3");
	note_plane(p, plane);
	r = open_adopted(p, k, p->plane, &name);
	while (r && (got = registry_next(r, &row, &status)) != 0) {
		if (got < 0)
			filter_abandon((enum status)status);
		take_row(p, k, plane, &row);
	}
	if (!r || !vouched(p, k, r)) {
		finding(CODE_STALE, buf_span(&name), "no registry is there that vouches for what %s adopted: neither "
			"the one of its entry nor the last one", k->text[K_ID]);
		p->faults++;
	}
	registry_close(r);
	buf_free(&name);
}

/* --- all of it --- */

static const char *cut(const char *p, struct span *s)
{
	*s = span_of(p);
	return p + s->n + 1;
}

static void put_json(struct output *o, const char *plane, const struct span *field)
{
	static struct buf b;

	buf_reset(&b);
	buf_str(&b, o->rows++ ? ",\n" : "\n");
	jsonw_open(&b, NULL);
	jsonw_cstr(&b, "plane", plane);
	for (size_t i = 0; i < COLUMNS; i++)
		jsonw_str(&b, columns[i], field[i]);
	jsonw_close(&b);
	output_add(o, buf_span(&b));
}

/* A plane that owns nothing has no registry, unless one is there already; ho3 always has. */
static void begin_planes(struct projecting *p, struct output **out)
{
	struct buf path = {0};

	for (size_t i = PLANES; i-- > 0;) {
		registry_path(&path, planes[i]);
		if (i == PLANES - 1 || faccessat(p->out->root, buf_cstr(&path), F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
			out[i] = output_new(&p->out->outputs, buf_cstr(&path));
			put_header(out[i], columns, COLUMNS);
		}
	}
	buf_free(&path);
}

static struct output *plane_output(struct projecting *p, struct output **out, size_t i)
{
	struct buf path = {0};

	if (out[i])
		return out[i];
	registry_path(&path, planes[i]);
	out[i] = output_new(&p->out->outputs, buf_cstr(&path));
	put_header(out[i], columns, COLUMNS);
	buf_free(&path);
	return out[i];
}

static void put_owned(struct projecting *p, struct output **out, struct output *json, struct span key,
		      struct span value)
{
	struct span field[COLUMNS];
	const char *at = cut(key.p, &field[0]); /* the plane, then the path */
	size_t i = 0;

	while (i < PLANES - 1 && !span_is(field[0], planes[i]))
		i++;
	field[0] = (struct span){at, key.n - field[0].n - 1};
	at = value.p;
	for (size_t c = 1; c < COLUMNS; c++)
		at = cut(at, &field[c]);
	put_row(plane_output(p, out, i), columns, field, COLUMNS, NULL);
	put_json(json, planes[i], field);
}

static void judge_twice(struct projecting *p, struct span key, struct span value, struct buf *last, struct buf *owner)
{
	struct span path, mine = span_of(value.p);

	path = (struct span){key.p + 4, key.n - 4};
	if (last->n && span_eq(buf_span(last), key)) {
		finding(CODE_DUPLICATE, path, "owned by %.*s and by %.*s", (int)owner->n, owner->p, (int)mine.n,
			mine.p);
		p->faults++;
	}
	buf_reset(last);
	buf_reset(owner);
	buf_span_add(last, key);
	buf_span_add(owner, mine);
}

void write_owned(struct projecting *p)
{
	struct output *out[PLANES] = {NULL}, *json;
	struct buf last = {0}, owner = {0};
	struct span key, value;
	const char *said = projection_registry_hash(p->state);
	int got;

	json = output_new(&p->out->outputs, "registries/compiled/file_ownership.json");
	output_add(json, SPAN("{\"schema_version\":\"1.0\",\"files\":["));
	begin_planes(p, out);
	while ((got = extsort_next(p->owned, &key, &value)) > 0) {
		judge_twice(p, key, value, &last, &owner);
		put_owned(p, out, json, key, value);
	}
	if (got < 0)
		sys_fail(errno, "unable to sort the owned files");
	output_add(json, json->rows ? SPAN("\n]}\n") : SPAN("]}\n"));
	output_close(out[PLANES - 1]);
	if (said && !p->faults && !span_is((struct span){out[PLANES - 1]->hash, DIGEST_TEXT}, said)) {
		finding(CODE_STALE, span_of(out[PLANES - 1]->path),
			"the ledger says that it came to %s, and it comes to %.*s", said, DIGEST_TEXT,
			out[PLANES - 1]->hash);
		p->faults++;
	}
	buf_free(&last);
	buf_free(&owner);
}
