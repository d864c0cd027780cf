#include "apply/receipt.h"

#include "apply/history.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "ledger/pins.h"
#include "os/beneath.h"
#include "os/save.h"
#include "registry/manifests.h"
#include "store/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const planes[] = {"ho1", "ho2", "ho3"}; /* as they sort */

struct receipt {
	struct buf *b;
	const struct project *p;
	const struct known *k;
	struct beneath_parent parent; /* of the last file */
	bool good;
};

/* --- its files --- */

static bool size_of(struct receipt *r, const char *plane, struct span path, int64_t *size)
{
	struct buf full = {0};
	const char *name;
	struct stat st;
	int dir;

	if (strcmp(plane, "ho3") != 0)
		buf_printf(&full, "planes/%s/", plane);
	buf_span_add(&full, path);
	dir = beneath_parent(&r->parent, r->p->root, buf_span(&full), &name);
	buf_free(&full);
	if (dir < 0)
		return false;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno != ENOENT)
			sys_fail(errno, "unable to look at %.*s", (int)path.n, path.p);
		return false;
	}
	*size = (int64_t)st.st_size;
	return S_ISREG(st.st_mode);
}

static void add_file(struct receipt *r, const char *plane, const struct registry_row *row)
{
	int64_t size;

	if (!span_is(row->owner, r->k->text[K_ID]))
		return;
	if (!size_of(r, plane, row->path, &size)) {
		finding(CODE_MISSING, row->path, "%s owns it", r->k->text[K_ID]);
		r->good = false;
		return;
	}
	jsonw_open(r->b, NULL);
	jsonw_str(r->b, "hash", row->hash);
	buf_printf(r->b, ",\"mode\":\"%04o\"", row->mode < 0 ? 0644U : (unsigned)row->mode);
	jsonw_str(r->b, "path", row->path);
	jsonw_cstr(r->b, "plane", plane);
	jsonw_int(r->b, "size", size);
	jsonw_close(r->b);
}

static void add_plane(struct receipt *r, const char *plane)
{
	struct buf path = {0};
	struct registry_row row;
	struct registry *reg;
	int status, got, fd;

	if (strcmp(plane, "ho3") != 0)
		buf_printf(&path, "planes/%s/", plane);
	buf_str(&path, "registries/file_ownership.csv");
	fd = beneath_open(r->p->root, buf_span(&path), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0 && errno != ENOENT)
		sys_fail(errno, "unable to open %s", buf_cstr(&path));
	reg = fd < 0 ? NULL : registry_open_fd(fd, buf_cstr(&path), &status);
	if (fd >= 0 && !reg)
		filter_abandon((enum status)status);
	while (reg && (got = registry_next(reg, &row, &status)) != 0) {
		if (got < 0)
			filter_abandon((enum status)status);
		add_file(r, plane, &row);
	}
	if (reg)
		registry_close(reg);
	buf_free(&path);
}

/* --- its head --- */

static void add_text(struct buf *b, const char *key, struct span text)
{
	if (text.n)
		jsonw_str(b, key, text);
	else
		jsonw_null(b, key);
}

static void add_known(struct receipt *r, const char *key, enum known_text t)
{
	if (r->k->text[t])
		jsonw_cstr(r->b, key, r->k->text[t]);
}

static void no_asset(void *ctx, const struct manifest *m, const struct manifest_asset *a)
{
	(void)ctx;
	(void)m;
	(void)a;
}

static void add_type(struct receipt *r)
{
	struct manifest m = {0};
	struct manifest_sums sums;

	r->good &= manifest_of(r->p->root, r->k, &m, &sums, no_asset, NULL);
	if (r->good)
		jsonw_str(r->b, "package_type", m.text[M_TYPE]);
	manifest_free(&m);
}

static void add_plane_id(struct receipt *r)
{
	struct pins pins = {0};

	pins_read(&pins, r->p->root);
	jsonw_str(r->b, "plane_id", pins.plane_uid.n ? buf_span(&pins.plane_uid) : SPAN("ho3"));
	pins_free(&pins);
}

static void add_head(struct receipt *r, const struct receipt_entry *e)
{
	jsonw_cstr(r->b, "receipt_version", "1.0");
	add_known(r, "package_id", K_ID);
	add_known(r, "version", K_VERSION);
	add_type(r);
	add_plane_id(r);
	jsonw_str(r->b, "installed_at", e->timestamp);
	jsonw_cstr(r->b, "installer", "cp-apply " CP_VERSION);
	if (history_text(e->said, "actor").n)
		jsonw_str(r->b, "actor", history_text(e->said, "actor"));
	add_text(r->b, "work_order_id", history_text(e->said, "work_order_id"));
	add_known(r, "archive_hash", K_ARCHIVE_HASH);
	add_known(r, "manifest_hash", K_MANIFEST_HASH);
	add_known(r, "document_hash", K_DOCUMENT_HASH);
	add_text(r->b, "signed_by", history_text(e->said, "signed_by"));
	jsonw_open(r->b, "ledger");
	jsonw_str(r->b, "entry_id", e->id);
	jsonw_str(r->b, "entry_hash", e->hash);
	jsonw_close(r->b);
	add_text(r->b, "upgraded_from", history_text(e->said, "previous_version"));
}

bool receipt_text(struct buf *b, const struct project *p, const struct known *k, const struct receipt_entry *e)
{
	struct receipt r = {.b = b, .p = p, .k = k, .parent = {.fd = -1}, .good = true};

	jsonw_open(b, NULL);
	add_head(&r, e);
	jsonw_array_open(b, "files");
	for (size_t i = 0; i < sizeof planes / sizeof *planes; i++)
		add_plane(&r, planes[i]);
	jsonw_array_close(b);
	jsonw_close(b);
	buf_char(b, '\n');
	beneath_parent_close(&r.parent);
	return r.good;
}

/* --- the file --- */

const char *receipt_blocked(int root, struct span package_id)
{
	struct beneath_parent parent = {.fd = -1};
	const char *name, *why = NULL;
	struct buf path = {0};
	struct stat st;
	int at;

	buf_printf(&path, "installed/%.*s/receipt.json", (int)package_id.n, package_id.p);
	at = beneath_parent(&parent, root, buf_span(&path), &name);
	if (at >= 0 && fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		why = S_ISDIR(st.st_mode) ? "a directory lies where its receipt is to be" : NULL;
	else if (errno == ENOTDIR || errno == ELOOP)
		why = "its receipt would lie in something that is no directory";
	else if (errno != ENOENT)
		sys_fail(errno, "unable to look for %s", buf_cstr(&path));
	beneath_parent_close(&parent);
	buf_free(&path);
	return why;
}

static void remove_receipt(int root, struct span dir, bool synced)
{
	struct beneath_parent parent = {.fd = -1};
	struct buf path = {0};
	const char *name;
	int at;

	buf_printf(&path, "%.*s/receipt.json", (int)dir.n, dir.p);
	at = beneath_parent(&parent, root, buf_span(&path), &name);
	if ((at < 0 || unlinkat(at, name, 0) != 0) && errno != ENOENT)
		sys_fail(errno, "unable to remove %s", buf_cstr(&path));
	at = beneath_parent(&parent, root, dir, &name);
	if (at >= 0 && unlinkat(at, name, AT_REMOVEDIR) != 0 && errno != ENOENT && errno != ENOTEMPTY)
		sys_fail(errno, "unable to remove %.*s", (int)dir.n, dir.p);
	if (at >= 0 && synced && sync_dir(at) != 0)
		sys_fail(errno, "unable to sync the directory of %.*s", (int)dir.n, dir.p);
	beneath_parent_close(&parent);
	buf_free(&path);
}

static void save_receipt(int root, struct span dir, struct span text, bool synced)
{
	struct save s;
	int fd;

	if ((synced ? beneath_mkdirs : beneath_mkdirs_unsynced)(root, dir, 0755) != 0)
		sys_fail(errno, "unable to make %.*s", (int)dir.n, dir.p);
	fd = beneath_open(root, dir, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0 || save_begin(&s, fd, "receipt.json", 0644) < 0)
		sys_fail(errno, "unable to write %.*s/receipt.json", (int)dir.n, dir.p);
	s.unsynced = !synced;
	out_add(&s.out, text.p, text.n);
	if (save_commit(&s) != 0)
		sys_fail(errno, "unable to write %.*s/receipt.json", (int)dir.n, dir.p);
	close(fd);
}

bool receipt_write(const struct project *p, struct span package_id, const struct receipt_entry *e)
{
	const struct known *k = projection_find(p->state, OF_PACKAGES, package_id);
	struct buf dir = {0}, text = {0};
	bool good = true;

	buf_printf(&dir, "installed/%.*s", (int)package_id.n, package_id.p);
	if (k && k->state == KNOWN_INSTALLED) {
		good = receipt_text(&text, p, k, e);
		if (good)
			save_receipt(p->root, buf_span(&dir), buf_span(&text), !p->outputs.unsynced);
	} else {
		remove_receipt(p->root, buf_span(&dir), !p->outputs.unsynced);
	}
	buf_free(&dir);
	buf_free(&text);
	return good;
}
