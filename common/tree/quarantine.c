#include "tree/quarantine.h"

#include "data/jsonw.h"
#include "filter/effect.h"
#include "filter/stream.h"
#include "model/scope.h"
#include "os/beneath.h"
#include "os/clock.h"
#include "os/save.h"
#include "tree/thing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define TOP ".cp/quarantine"
#define MANIFEST "manifest.jsonl"

bool quarantine_id_ok(const char *id)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	return *id && *id != '.' && !id[strspn(id, set)] && strlen(id) <= QUARANTINE_ID_MAX;
}

static struct span place(struct buf *b, const char *id, const char *in, struct span path)
{
	buf_reset(b);
	buf_printf(b, TOP "/%s%s", id, in);
	buf_span_add(b, path);
	return buf_span(b);
}

static struct span above(struct span path)
{
	const char *slash = memrchr(path.p, '/', path.n);

	return (struct span){path.p, slash ? (size_t)(slash - path.p) : 0};
}

/* unlinkat beneath the root; 0, or -1 with errno. */
static int remove_at(int root, struct span path, int flags)
{
	struct beneath_parent parent = {.fd = -1};
	const char *name;
	int dir = beneath_parent(&parent, root, path, &name);
	int result = dir < 0 ? -1 : unlinkat(dir, name, flags);
	int saved = errno;

	beneath_parent_close(&parent);
	errno = saved;
	return result;
}

/* lstat beneath the root: is something there? */
static bool is_there(int root, struct span path)
{
	int fd = beneath_open(root, path, O_PATH | O_NOFOLLOW, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Everything renamed so far is to survive a power cut. */
static void sync_all(int root)
{
	int fd = beneath_open(root, SPAN(".cp"), O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0 || syncfs(fd) != 0)
		sys_fail(errno, "unable to sync the plane");
	close(fd);
}

/* --- which there are --- */

struct ids {
	char **name;
	size_t n;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct ids ids_of(int root)
{
	int fd = beneath_open(root, SPAN(TOP), O_RDONLY | O_DIRECTORY, 0);
	struct ids ids = {0};
	struct dirent *e;
	DIR *dir;

	if (fd < 0 && errno == ENOENT)
		return ids;
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		sys_fail(errno, "unable to open " TOP);
	while (errno = 0, (e = readdir(dir))) {
		if (!quarantine_id_ok(e->d_name))
			continue;
		ids.name = xreallocarray(ids.name, ids.n + 1, sizeof(*ids.name));
		ids.name[ids.n++] = xstrdup(e->d_name);
	}
	if (errno)
		sys_fail(errno, "unable to read " TOP);
	closedir(dir);
	if (ids.n)
		qsort(ids.name, ids.n, sizeof(*ids.name), by_name);
	return ids;
}

static void ids_free(struct ids *ids)
{
	for (size_t i = 0; i < ids->n; i++)
		free(ids->name[i]);
	free(ids->name);
}

/* What a kill left before there was a manifest, or behind the removal of one: nothing is in it. */
static void tidy(int root)
{
	struct ids ids = ids_of(root);
	struct buf b = {0};

	for (size_t i = 0; i < ids.n; i++) {
		if (is_there(root, place(&b, ids.name[i], "/" MANIFEST, SPAN(""))))
			continue;
		remove_at(root, place(&b, ids.name[i], "/." MANIFEST ".new", SPAN("")), 0);
		remove_at(root, place(&b, ids.name[i], "/files", SPAN("")), AT_REMOVEDIR);
		remove_at(root, place(&b, ids.name[i], "", SPAN("")), AT_REMOVEDIR);
	}
	ids_free(&ids);
	buf_free(&b);
}

/* --- moving things there --- */

struct quarantine {
	int root;
	char *id;
	const char *reason;
	struct spool *found; /* lines of the manifest */
	uint64_t count;
	struct digest *digest;
	struct scope *scope;
	struct buf last, line, to;
	struct record record;
};

static char *new_id(void)
{
	char time[CLOCK_TEXT];
	uint32_t suffix;
	struct buf b = {0};
	char *id;

	clock_text(clock_now(), 0, time);
	if (getrandom(&suffix, sizeof(suffix), 0) != sizeof(suffix))
		sys_fail(errno, "unable to get random bytes");
	for (const char *p = time; *p; p++) {
		if (*p != '-' && *p != ':')
			buf_char(&b, *p);
	}
	buf_printf(&b, "-%08x", suffix);
	id = xstrdup(buf_cstr(&b));
	buf_free(&b);
	return id;
}

struct quarantine *quarantine_new(int root, const char *id, const char *reason)
{
	struct buf b = {0};
	bool taken;

	if (!filter_dry_run())
		tidy(root);
	taken = id && is_there(root, place(&b, id, "", SPAN("")));
	buf_free(&b);
	if (taken)
		return NULL;
	struct quarantine *q = xcalloc(1, sizeof(*q));
	q->root = root;
	q->id = id ? xstrdup(id) : new_id();
	q->reason = reason;
	q->found = spool_new();
	q->digest = digest_new();
	q->scope = scope_new(false);
	return q;
}

const char *quarantine_id(const struct quarantine *q)
{
	return q->id;
}

/* The plane's own state and what is derived from it is never anybody's orphan. */
static bool is_state(const struct scope *s, struct span path)
{
	const char *slash = memchr(path.p, '/', path.n);
	struct span top = {path.p, slash ? (size_t)(slash - path.p) : path.n};

	return scope_classify(s, top, SCOPE_DIR, NULL) == SCOPE_STATE ||
	       scope_classify(s, path, SCOPE_FILE, NULL) == SCOPE_DERIVED;
}

static void cannot_open(struct span path, int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		finding(CODE_CHANGING, path, "it is not there any more");
		break;
	case ELOOP:
		finding(CODE_CHANGING, path, "it is reached through a link");
		break;
	case EAGAIN:
		finding(CODE_CHANGING, path, NULL);
		break;
	default:
		finding(CODE_UNREADABLE, path, "%s", strerror(error));
	}
}

void quarantine_add(struct quarantine *q, struct span path)
{
	struct thing t;

	if (is_state(q->scope, path))
		bad_input("unable to trust the findings: one is about the plane's own state");
	if (span_eq(path, buf_span(&q->last)))
		return;
	buf_reset(&q->last);
	buf_span_add(&q->last, path);
	if (thing_open(&t, q->root, path, q->digest) != 0) {
		cannot_open(path, errno);
		return;
	}
	if (S_ISDIR(t.st.st_mode)) {
		finding(CODE_TYPE, path, "a directory is left where it is");
	} else {
		buf_reset(&q->line);
		jsonw_open(&q->line, NULL);
		jsonw_cstr(&q->line, "kind", "quarantined");
		jsonw_bytes(&q->line, "path", path);
		thing_write(&q->line, &t);
		jsonw_cstr(&q->line, "id", q->id);
		jsonw_close(&q->line);
		spool_add(q->found, buf_span(&q->line));
		q->count++;
	}
	thing_close(&t);
}

static void add_line(struct save *s, struct buf *line)
{
	buf_char(line, '\n');
	out_add(&s->out, line->p, line->n);
	buf_reset(line);
}

static void write_head(struct quarantine *q)
{
	char time[CLOCK_TEXT];

	clock_text(clock_now(), 0, time);
	buf_reset(&q->line);
	jsonw_open(&q->line, NULL);
	jsonw_cstr(&q->line, "kind", "quarantine");
	jsonw_cstr(&q->line, "id", q->id);
	jsonw_cstr(&q->line, "time", time);
	jsonw_cstr(&q->line, "reason", q->reason);
	jsonw_int(&q->line, "count", (int64_t)q->count);
	jsonw_close(&q->line);
}

static void write_manifest(struct quarantine *q)
{
	struct span line, dir = place(&q->to, q->id, "", SPAN(""));
	struct save s;
	int fd = beneath_mkdirs(q->root, dir, 0700) != 0 ? -1 : beneath_open(q->root, dir, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0 || save_begin(&s, fd, MANIFEST, 0600) != 0)
		sys_fail(errno, "unable to write the manifest of quarantine %s", q->id);
	write_head(q);
	add_line(&s, &q->line);
	spool_rewind(q->found);
	while (spool_next(q->found, &line)) {
		buf_span_add(&q->line, line);
		add_line(&s, &q->line);
	}
	end_write(&q->line, q->count + 1, STATUS_YES, span_of(filter_name()), false);
	add_line(&s, &q->line);
	if (save_commit(&s) != 0)
		sys_fail(errno, "unable to write the manifest of quarantine %s", q->id);
	close(fd);
}

/* What was moved must be what was looked at: another thing may have taken its name in between. */
static bool arrived(struct quarantine *q, struct thing *t, struct span to)
{
	struct stat st;
	int fd = beneath_open(q->root, to, O_PATH | O_NOFOLLOW, 0);
	bool same = fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == t->st.st_dev && st.st_ino == t->st.st_ino;

	if (fd >= 0)
		close(fd);
	return same && thing_unchanged(t, q->digest);
}

static void move(struct quarantine *q, struct thing *t, struct span path)
{
	struct span to = place(&q->to, q->id, "/files/", path);

	if (beneath_mkdirs(q->root, above(to), 0700) != 0 || thing_move(q->root, path, to) != 0) {
		const char *why = errno == EXDEV ? "it is on another file system" : strerror(errno);

		complain("unable to move %.*s to quarantine: %s", (int)path.n, path.p, why);
		filter_raise(STATUS_SYSTEM);
		return;
	}
	if (arrived(q, t, to)) {
		emit(&q->record);
		return;
	}
	if (thing_move(q->root, to, path) != 0) {
		complain("unable to move %.*s back from quarantine %s: %s", (int)path.n, path.p, q->id,
			 strerror(errno));
		filter_raise(STATUS_SYSTEM);
	}
	finding(CODE_CHANGING, path, "it changed while it was moved");
}

static void move_one(struct quarantine *q, struct span line)
{
	struct thing t;
	struct span path;
	const char *why = record_parse(&q->record, line);

	if (why || record_path(&q->record, &path, &why) != 1)
		sys_fail(0, "unable to read back what was found: %s", why);
	if (thing_open(&t, q->root, path, q->digest) != 0) {
		cannot_open(path, errno);
		return;
	}
	if (thing_is(&t, &q->record, false))
		move(q, &t, path);
	else
		finding(CODE_CHANGING, path, "it changed since it was looked at");
	thing_close(&t);
}

static void emit_dry(struct buf *b, const struct record *r)
{
	buf_reset(b);
	record_splice(b, r, SPAN("\"dry_run\":true"));
	emit_line(buf_span(b));
}

void quarantine_run(struct quarantine *q)
{
	struct span line;

	if (!q->count)
		return;
	if (!filter_dry_run())
		write_manifest(q);
	spool_rewind(q->found);
	while (spool_next(q->found, &line)) {
		if (!filter_dry_run())
			move_one(q, line);
		else if (!record_parse(&q->record, line))
			emit_dry(&q->line, &q->record);
	}
	if (!filter_dry_run())
		sync_all(q->root);
}

void quarantine_free(struct quarantine *q)
{
	spool_free(q->found);
	digest_free(q->digest);
	scope_free(q->scope);
	record_free(&q->record);
	buf_free(&q->last);
	buf_free(&q->line);
	buf_free(&q->to);
	free(q->id);
	free(q);
}

/* --- and back --- */

/* The lines of the things a manifest names, once it has proved whole. */
static struct spool *manifest_lines(int fd, const char *name)
{
	struct spool *lines = spool_new();
	struct scope *scope = scope_new(false);
	struct stream s;
	struct span path;
	const char *why;
	enum stream_result got;

	stream_open(&s, fd, name);
	while ((got = stream_next(&s)) != STREAM_END) {
		if (got == STREAM_BAD)
			filter_abandon(s.bad);
		err_place(name, s.in.line);
		if (got == STREAM_OPEN)
			bad_input("unable to trust the manifest: it has no end record");
		if (!record_is(&s.record, "quarantined"))
			continue;
		if (record_path(&s.record, &path, &why) != 1 || is_state(scope, path))
			bad_input("unable to trust the manifest: a record names no path that can be restored");
		spool_add(lines, s.record.line);
	}
	err_place(NULL, 0);
	stream_close(&s);
	scope_free(scope);
	return lines;
}

typedef void each_thing(void *ctx, struct record *r, struct span path);

/* Calls `each` for each thing the manifest names. False: there is none. */
static bool manifest_read(int root, const char *id, each_thing *each, void *ctx)
{
	struct buf name = {0};
	struct record r = {0};
	struct span line, path;
	const char *why;
	int fd = beneath_open(root, place(&name, id, "/" MANIFEST, SPAN("")), O_RDONLY | O_NONBLOCK, 0);

	if (fd < 0 && errno != ENOENT)
		sys_fail(errno, "unable to open the manifest of quarantine %s", id);
	if (fd < 0) {
		buf_free(&name);
		return false;
	}
	struct spool *lines = manifest_lines(fd, buf_cstr(&name));
	while (spool_next(lines, &line)) {
		if (!record_parse(&r, line) && record_path(&r, &path, &why) == 1)
			each(ctx, &r, path);
	}
	close(fd);
	spool_free(lines);
	record_free(&r);
	buf_free(&name);
	return true;
}

struct restore {
	int root;
	const char *id;
	struct digest *digest;
	struct buf from;
};

static bool set_mode(const struct thing *t, const struct record *r)
{
	int64_t mode = t->st.st_mode & 07777;
	struct buf scratch = {0};
	struct span text;

	if (S_ISREG(t->st.st_mode) && record_str(r, "mode", &text, &scratch) && text.n == 4) {
		mode = 0;
		for (size_t i = 0; i < text.n; i++)
			mode = mode * 8 + (text.p[i] & 7);
	}
	buf_free(&scratch);
	return (t->st.st_mode & 07777) == (mode_t)mode || fchmod(t->fd, (mode_t)mode) == 0;
}

static void put_back(struct restore *x, const struct thing *t, const struct record *r, struct span path)
{
	struct span to = above(path);

	if (!set_mode(t, r) || (to.n && beneath_mkdirs(x->root, to, 0755) != 0) ||
	    thing_move(x->root, buf_span(&x->from), path) != 0) {
		if (errno == EEXIST || errno == ENOTDIR || errno == ELOOP) {
			finding(CODE_OCCUPIED, path, NULL);
			return;
		}
		complain("unable to restore %.*s: %s", (int)path.n, path.p, strerror(errno));
		filter_raise(STATUS_SYSTEM);
		return;
	}
	struct buf *b = out_record("restored");
	jsonw_bytes(b, "path", path);
	thing_write(b, t);
	jsonw_cstr(b, "id", x->id);
	emit_out();
}

static void dry_restore(struct restore *x, const struct thing *t, struct span path)
{
	if (is_there(x->root, path)) {
		finding(CODE_OCCUPIED, path, NULL);
		return;
	}
	struct buf *b = out_record("restored");
	jsonw_bytes(b, "path", path);
	thing_write(b, t);
	jsonw_cstr(b, "id", x->id);
	jsonw_bool(b, "dry_run", true);
	emit_out();
}

/* The directories above it in the quarantine, as far as they are empty. */
static void prune(struct restore *x)
{
	struct span dir = above(buf_span(&x->from));
	size_t top = strlen(TOP "/") + strlen(x->id) + strlen("/files");

	for (; dir.n > top; dir = above(dir)) {
		if (remove_at(x->root, dir, AT_REMOVEDIR) != 0 && errno != ENOENT)
			return;
	}
}

static void restore_one(void *ctx, struct record *r, struct span path)
{
	struct restore *x = ctx;
	struct thing t;

	place(&x->from, x->id, "/files/", path);
	if (thing_open(&t, x->root, buf_span(&x->from), x->digest) != 0) {
		/* Never moved, or restored already. */
		if (errno != ENOENT && errno != ENOTDIR)
			cannot_open(path, errno);
	} else if (!thing_is(&t, r, true)) {
		finding(CODE_MODIFIED, path, "it is not what was put into quarantine %s, and stays there", x->id);
	} else if (filter_dry_run()) {
		dry_restore(x, &t, path);
	} else {
		put_back(x, &t, r, path);
	}
	thing_close(&t);
	if (!filter_dry_run())
		prune(x);
}

/* The manifest goes last but for the directory that held it. */
static void remove_empty(int root, const char *id)
{
	struct buf b = {0};

	if (remove_at(root, place(&b, id, "/files", SPAN("")), AT_REMOVEDIR) == 0 || errno == ENOENT) {
		sync_all(root);
		if (remove_at(root, place(&b, id, "/" MANIFEST, SPAN("")), 0) != 0 ||
		    remove_at(root, place(&b, id, "", SPAN("")), AT_REMOVEDIR) != 0)
			sys_fail(errno, "unable to remove the empty quarantine %s", id);
	}
	buf_free(&b);
}

bool quarantine_restore(int root, const char *id)
{
	struct restore x = {.root = root, .id = id, .digest = digest_new()};
	bool found;

	if (!filter_dry_run())
		tidy(root);
	found = manifest_read(root, id, restore_one, &x);
	if (found && !filter_dry_run())
		remove_empty(root, id);
	digest_free(x.digest);
	buf_free(&x.from);
	return found;
}

static void list_one(void *ctx, struct record *r, struct span path)
{
	struct restore *x = ctx;

	if (is_there(x->root, place(&x->from, x->id, "/files/", path)))
		emit(r);
}

void quarantine_list(int root)
{
	struct ids ids = ids_of(root);
	struct restore x = {.root = root};

	for (size_t i = 0; i < ids.n; i++) {
		x.id = ids.name[i];
		manifest_read(root, x.id, list_one, &x);
	}
	ids_free(&ids);
	buf_free(&x.from);
}
