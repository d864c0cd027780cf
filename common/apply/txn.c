#include "apply/txn.h"

#include "data/jsonw.h"
#include "os/clock.h"
#include "os/in.h"
#include "os/out.h"
#include "os/save.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOP ".cp/txn"
enum { OWN_LINES = 64 << 20 };

bool txn_id_ok(struct span id)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

	if (id.n < 5 || id.n > TXN_ID || memcmp(id.p, "TXN-", 4) != 0)
		return false;
	for (size_t i = 0; i < id.n; i++)
		if (!id.p[i] || !strchr(set, id.p[i]))
			return false;
	return true;
}

static void write_id(struct txn *t)
{
	unsigned char random[4];
	char now[CLOCK_TEXT], *to = t->id + 4;

	if (getrandom(random, sizeof random, 0) != sizeof random)
		sys_fail(errno, "unable to get random bytes");
	memcpy(t->id, "TXN-", 4);
	clock_text(clock_now(), 0, now);
	for (const char *p = now; *p; p++)
		if ((*p >= '0' && *p <= '9') || *p == 'T')
			*to++ = *p;
	snprintf(to, (size_t)(t->id + sizeof t->id - to), "-%02X%02X%02X%02X", random[0], random[1], random[2],
		 random[3]);
}

static int open_dir(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int make_dir(int at, const char *name)
{
	int fd;

	if (mkdirat(at, name, 0700) != 0)
		sys_fail(errno, "unable to make .cp/txn/%s", name);
	fd = open_dir(at, name);
	if (fd < 0)
		sys_fail(errno, "unable to open .cp/txn/%s", name);
	return fd;
}

static int open_top(int root)
{
	return beneath_open(root, SPAN(TOP), O_RDONLY | O_DIRECTORY, 0);
}

void txn_begin(struct txn *t, int root, struct steps *steps, enum txn_sync sync)
{
	int top;

	*t = (struct txn){.root = root,
			  .steps = steps,
			  .sync = sync,
			  .parent.fd = -1,
			  .digest = digest_new(),
			  .made = spool_new()};
	write_id(t);
	if (beneath_mkdirs_unsynced(root, SPAN(TOP), 0700) != 0)
		sys_fail(errno, "unable to make " TOP);
	top = open_top(root);
	if (top < 0)
		sys_fail(errno, "unable to open " TOP);
	t->dir = make_dir(top, t->id);
	t->new = make_dir(t->dir, "new");
	t->old = make_dir(t->dir, "old");
	close(top);
}

void txn_close(struct txn *t)
{
	const int fds[] = {t->dir, t->new, t->old};

	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	beneath_parent_close(&t->parent);
	digest_free(t->digest);
	spool_free(t->made);
}

/* --- what it keeps of itself --- */

/* Written once, before anything is committed: the barrier makes it last. */
static void keep_file(struct txn *t, const char *name, struct spool *first, struct span line, struct spool *last)
{
	int fd = openat(t->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct spool *const parts[] = {first, last};
	struct out out;
	struct span one;

	if (fd < 0)
		sys_fail(errno, "unable to write " TOP "/%s/%s", t->id, name);
	out_open(&out, fd);
	for (int i = 0; i < 2; i++) {
		if (parts[i])
			spool_rewind(parts[i]);
		while (parts[i] && spool_next(parts[i], &one)) {
			out_add(&out, one.p, one.n);
			out_add(&out, "\n", 1);
		}
		if (i == 0 && line.n) {
			out_add(&out, line.p, line.n);
			out_add(&out, "\n", 1);
		}
	}
	if (out_flush(&out) != 0 || (t->sync == TXN_FILES && fsync(fd) != 0))
		sys_fail(errno, "unable to write " TOP "/%s/%s", t->id, name);
	buf_free(&out.b);
	close(fd);
}

void txn_keep(struct txn *t, struct spool *lines, struct span manifest)
{
	keep_file(t, "plan", lines, (struct span){0}, NULL);
	keep_file(t, "own", NULL, manifest, t->made);
}

/* The lines of a file of it; false: it is not there, or not whole. */
static bool read_lines(struct txn *t, const char *name, struct spool *to)
{
	int fd = openat(t->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	enum in_result got;
	struct span line;
	struct in in;

	if (fd < 0 && errno != ENOENT && errno != ELOOP)
		sys_fail(errno, "unable to read " TOP "/%s/%s", t->id, name);
	if (fd < 0)
		return false;
	in_open(&in, fd, RECORD_BYTES);
	while ((got = in_line(&in, &line)) == IN_LINE)
		spool_add(to, line);
	if (got == IN_ERROR)
		sys_fail(errno, "unable to read " TOP "/%s/%s", t->id, name);
	in_close(&in);
	close(fd);
	return got == IN_END;
}

static bool read_own(struct txn *t)
{
	struct spool *lines = spool_new();
	struct record r = {0};
	struct span line;
	bool good = read_lines(t, "own", lines);

	spool_rewind(lines);
	while (good && spool_next(lines, &line)) {
		good = !record_parse(&r, line);
		if (good && record_is(&r, "dir"))
			spool_add(t->made, line);
		else if (good)
			good = !steps_add(t->steps, line);
	}
	record_free(&r);
	spool_free(lines);
	return good;
}

/* Ours, and nobody else's: a directory that only we may write to. */
static const char *foreign(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		sys_fail(errno, "unable to look at a transaction");
	if (st.st_uid != geteuid())
		return "belongs to somebody else";
	return st.st_mode & 0077 ? "is open to others" : NULL;
}

const char *txn_open(struct txn *t, int root, const char *id, struct steps *steps, bool *whole)
{
	struct spool *lines = spool_new();
	const char *why = NULL;
	int top = open_top(root);

	*t = (struct txn){.root = root,
			  .steps = steps,
			  .dir = -1,
			  .new = -1,
			  .old = -1,
			  .parent.fd = -1,
			  .digest = digest_new(),
			  .made = spool_new()};
	*steps = (struct steps){.n = 0};
	*whole = false;
	if (top < 0)
		sys_fail(errno, "unable to open " TOP);
	if (txn_id_ok(span_of(id)))
		t->dir = open_dir(top, id);
	close(top);
	if (t->dir < 0)
		why = "is no transaction";
	else
		why = foreign(t->dir);
	if (!why) {
		snprintf(t->id, sizeof t->id, "%s", id);
		t->new = open_dir(t->dir, "new");
		t->old = open_dir(t->dir, "old");
		*whole = read_lines(t, "plan", lines) && !steps_read(steps, lines) && read_own(t);
	}
	spool_free(lines);
	return why;
}

/* --- staging --- */

const char *txn_slot(size_t n)
{
	static _Thread_local char name[24];

	snprintf(name, sizeof name, "%zu", n);
	return name;
}

int txn_stage(const struct txn *t, size_t n)
{
	/* What another left there was not what it was to be. */
	if (t->again && unlinkat(t->new, txn_slot(n), 0) != 0 && errno != ENOENT)
		return -1;
	return openat(t->new, txn_slot(n), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int txn_staged(const struct txn *t, size_t n, int fd)
{
	if (fchmod(fd, (mode_t)t->steps->step[n].mode) == 0 && (t->sync != TXN_FILES || fsync(fd) == 0))
		return close(fd);
	close(fd);
	return -1;
}

/* The directories that a path lies in, but for those that it has in common with `before`. */
static int sync_above(struct txn *t, const char *path, const char *before)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		size_t n = (size_t)(slash - path);
		int fd, result;

		if (before && strncmp(path, before, n + 1) == 0)
			continue;
		fd = beneath_open(t->root, (struct span){path, n}, O_RDONLY | O_DIRECTORY, 0);
		if (fd < 0)
			return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : -1;
		result = sync_dir(fd);
		close(fd);
		if (result != 0)
			return -1;
	}
	return 0;
}

/* All the directories in which a step changes a name, and the transaction's own. */
static int sync_dirs(struct txn *t)
{
	const char *before = NULL;
	int result = sync_dir(t->root) | sync_above(t, TOP "/", NULL);

	for (size_t i = 0; i < t->steps->n && result == 0; i++) {
		if (t->steps->step[i].action == STEP_DELIVER)
			continue;
		result = sync_above(t, t->steps->step[i].path, before);
		before = t->steps->step[i].path;
	}
	if (result == 0)
		result = sync_dir(t->new) | sync_dir(t->old) | sync_dir(t->dir);
	return result;
}

void txn_barrier(struct txn *t)
{
	int result = 0;

	if (t->sync == TXN_SYNCFS)
		result = syncfs(t->dir);
	if (t->sync == TXN_FILES)
		result = sync_dirs(t);
	if (result != 0)
		sys_fail(errno, "unable to sync the plane");
}

/* --- the end of it --- */

/* 0, or -1 with errno; what is not there is removed. */
static int remove_name(int dir, const char *name, int flags)
{
	return dir < 0 || unlinkat(dir, name, flags) == 0 || errno == ENOENT ? 0 : -1;
}

/* All the files in it. */
static int empty(int dir)
{
	DIR *d = dir < 0 ? NULL : fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *e;
	int result = dir < 0 || d ? 0 : -1;

	while (d && (e = readdir(d)))
		if (e->d_type != DT_DIR && remove_name(dir, e->d_name, 0) != 0)
			result = -1;
	if (d)
		closedir(d);
	return result;
}

static int remove_all(struct txn *t)
{
	int top, result;

	if (empty(t->new) != 0 || empty(t->old) != 0 || remove_name(t->dir, "new", AT_REMOVEDIR) != 0 ||
	    remove_name(t->dir, "old", AT_REMOVEDIR) != 0 || empty(t->dir) != 0)
		return -1;
	top = open_top(t->root);
	result = remove_name(top, t->id, AT_REMOVEDIR);
	if (top >= 0)
		close(top);
	return result;
}

static void forget(struct txn *t, bool synced)
{
	if (remove_name(t->dir, "plan", 0) != 0 || (synced && sync_dir(t->dir) != 0))
		sys_fail(errno, "unable to remove " TOP "/%s", t->id);
}

void txn_forget(struct txn *t)
{
	forget(t, t->sync != TXN_NONE);
}

void txn_drop(struct txn *t)
{
	/* What is finished may come back, and is settled once more; the next change syncs all before it begins. */
	forget(t, t->sync == TXN_FILES);
	if (remove_all(t) != 0)
		sys_fail(errno, "unable to remove " TOP "/%s", t->id);
}

void txn_discard(struct txn *t)
{
	remove_all(t);
}

/* --- which there are --- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void txn_list(struct txn_list *l, int root)
{
	int top = open_top(root);
	struct dirent *e;
	DIR *d;

	*l = (struct txn_list){.n = 0};
	if (top < 0 && errno == ENOENT)
		return;
	d = top < 0 ? NULL : fdopendir(top);
	if (!d)
		sys_fail(errno, "unable to read " TOP);
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
			l->name = xreallocarray(l->name, l->n + 1, sizeof *l->name);
			l->name[l->n++] = xstrdup(e->d_name);
		}
	closedir(d);
	if (l->n)
		qsort(l->name, l->n, sizeof *l->name, by_name);
}

void txn_list_free(struct txn_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->name[i]);
	free(l->name);
}
