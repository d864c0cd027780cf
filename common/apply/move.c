#include "apply/txn.h"

#include "data/jsonw.h"
#include "filter/filter.h"
#include "os/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIR_MODE = 0755, PIECE = 64 * 1024 };

/* --- what is there --- */

enum seen { SEEN_NOTHING, SEEN_IT, SEEN_OTHER };

/* Is it that very file: regular, of one name, of that mode and content? */
static enum seen look(struct txn *t, int dir, const char *name, const unsigned char sum[DIGEST_LEN], unsigned mode)
{
	unsigned char is[DIGEST_LEN];
	struct stat st;
	enum seen seen = SEEN_OTHER;
	int fd = dir < 0 ? -1 : openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (dir < 0 || (fd < 0 && (errno == ENOENT || errno == ENOTDIR)))
		return SEEN_NOTHING;
	if (fd < 0 && (errno == ELOOP || errno == ENXIO || errno == EACCES))
		return SEEN_OTHER;
	if (fd < 0 || fstat(fd, &st) != 0)
		sys_fail(errno, "unable to look at %s", name);
	if (S_ISREG(st.st_mode) && st.st_nlink == 1 && (st.st_mode & 07777) == mode) {
		if (digest_fd(t->digest, fd, is, NULL) != 0)
			sys_fail(errno, "unable to read %s", name);
		if (memcmp(is, sum, DIGEST_LEN) == 0)
			seen = SEEN_IT;
	}
	close(fd);
	return seen;
}

static bool is_there(int dir, const char *name)
{
	struct stat st;

	return dir >= 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The directory of a step's file, and the name there; -1 with errno. */
static int parent_of(struct txn *t, const struct step *s, const char **name)
{
	return beneath_parent(&t->parent, t->root, span_of(s->path), name);
}

/* --- before it begins --- */

static uint64_t mount_of(int fd)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &stx) != 0)
		sys_fail(errno, "unable to look at the plane's directories");
	return stx.stx_mnt_id;
}

static bool starts_with(const char *path, struct span dir)
{
	return strncmp(path, dir.p, dir.n) == 0 && path[dir.n] == '/';
}

static void note_made(struct txn *t, struct span dir)
{
	struct buf line = {0};

	jsonw_open(&line, NULL);
	jsonw_cstr(&line, "kind", "dir");
	jsonw_str(&line, "path", dir);
	jsonw_close(&line);
	spool_add(t->made, buf_span(&line));
	buf_free(&line);
}

static bool lie_together(const char *a, const char *b)
{
	size_t n = (size_t)(strrchr(a, '/') - a);

	return strncmp(a, b, n + 1) == 0 && !strchr(b + n + 1, '/');
}

/* What is there of the directories that a file lies in; `before` is the file that was looked at before it. */
static const char *prepare_path(struct txn *t, const char *path, const char *before)
{
	bool missing = false;
	uint64_t mount;

	if (before && strchr(path, '/') && lie_together(path, before))
		return NULL;
	mount = mount_of(t->new);
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct span dir = {path, (size_t)(slash - path)};
		int fd = missing ? -1 : beneath_open(t->root, dir, O_PATH | O_DIRECTORY, 0);

		if (fd < 0 && !missing && (errno == ENOTDIR || errno == ELOOP))
			return "lies in something that is no directory";
		if (fd < 0 && !missing && errno != ENOENT)
			sys_fail(errno, "unable to look at %.*s", (int)dir.n, dir.p);
		missing = fd < 0;
		if (missing && !(before && starts_with(before, dir)))
			note_made(t, dir);
		if (!missing && mount_of(fd) != mount) {
			close(fd);
			return "lies on another file system than the plane";
		}
		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

/* Can two files change places here? */
static const char *try_exchange(struct txn *t)
{
	static const char *const names[] = {"a", "b"};
	int result;

	for (int i = 0; i < 2; i++) {
		int fd = openat(t->old, names[i], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		if (fd < 0 || close(fd) != 0)
			sys_fail(errno, "unable to write .cp/txn/%s", t->id);
	}
	result = renameat2(t->old, names[0], t->old, names[1], RENAME_EXCHANGE);
	for (int i = 0; i < 2; i++)
		unlinkat(t->old, names[i], 0);
	return result == 0 ? NULL : "lies on a file system that cannot exchange two files";
}

/* The parent directory of what is delivered; it must be there. */
static int outside(const struct step *s, const char **name)
{
	static struct beneath_parent parent = {.fd = -1};
	static int top = -1;

	if (top < 0)
		top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return beneath_parent(&parent, top, span_of(s->path + 1), name);
}

static const char *prepare_step(struct txn *t, size_t n)
{
	const struct step *s = &t->steps->step[n], *last = n ? &t->steps->step[n - 1] : NULL;
	const char *name;
	int dir;

	if (s->action != STEP_DELIVER)
		return prepare_path(t, s->path, last && last->action == STEP_CREATE ? last->path : NULL);
	dir = outside(s, &name);
	if (dir < 0)
		return "lies in a directory that is not there, or behind a link";
	return is_there(dir, name) ? "is there already" : NULL;
}

const char *txn_prepare(struct txn *t, const char **path)
{
	const char *why = NULL;
	bool exchange = false;

	for (size_t i = 0; i < t->steps->n && !why; i++) {
		const struct step *s = &t->steps->step[i];

		*path = s->path;
		why = prepare_step(t, i);
		if (!why && s->action == STEP_REPLACE && !exchange)
			why = try_exchange(t);
		exchange |= s->action == STEP_REPLACE;
	}
	return why;
}

/* --- doing --- */

static int make_dirs(struct txn *t, const char *path)
{
	struct beneath_parent above = {.fd = -1};
	const char *name;
	int result = 0;

	for (const char *slash = strchr(path, '/'); slash && result == 0; slash = strchr(slash + 1, '/')) {
		int dir = beneath_parent(&above, t->root, (struct span){path, (size_t)(slash - path)}, &name);

		if (dir < 0 || (mkdirat(dir, name, DIR_MODE) != 0 && errno != EEXIST))
			result = -1;
	}
	int saved = errno;
	beneath_parent_close(&above);
	errno = saved;
	return result;
}

/* Where it goes, its directories made. */
static int target_of(struct txn *t, const struct step *s, const char **name)
{
	int dir = parent_of(t, s, name);

	if (dir >= 0 || errno != ENOENT)
		return dir;
	return make_dirs(t, s->path) == 0 ? parent_of(t, s, name) : -1;
}

static const char *belongs(const char *why)
{
	errno = 0;
	return why;
}

static const char *create(struct txn *t, size_t n)
{
	const struct step *s = &t->steps->step[n];
	const char *name;
	int dir = target_of(t, s, &name);

	if (dir < 0 && (errno == ENOTDIR || errno == ELOOP))
		return belongs("lies in something that is no directory");
	if (dir < 0)
		return "cannot be made";
	if (renameat2(t->new, txn_slot(n), dir, name, RENAME_NOREPLACE) == 0)
		return NULL;
	if (errno == EEXIST)
		return belongs("is there already, and nobody owns it");
	if (errno != ENOENT)
		return "cannot be put in its place";
	return look(t, dir, name, s->after, s->mode) == SEEN_IT ? NULL : belongs("is neither here nor there");
}

/* What was in its place must be what the plan knew; what somebody put there since goes back with all else. */
static const char *came_out(struct txn *t, int dir, size_t n)
{
	const struct step *s = &t->steps->step[n];

	return look(t, dir, txn_slot(n), s->before, s->before_mode) == SEEN_IT
		       ? NULL
		       : belongs("is not what it was when this was planned");
}

static const char *replace(struct txn *t, size_t n)
{
	const struct step *s = &t->steps->step[n];
	const char *name;
	int dir = parent_of(t, s, &name);

	if (dir < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? belongs("is not there any more")
									     : "cannot be reached";
	if (t->again && look(t, dir, name, s->after, s->mode) == SEEN_IT)
		return came_out(t, t->new, n);
	if (renameat2(t->new, txn_slot(n), dir, name, RENAME_EXCHANGE) == 0)
		return came_out(t, t->new, n);
	return errno == ENOENT ? belongs("is not there any more") : "cannot be exchanged";
}

static const char *take_away(struct txn *t, size_t n)
{
	const char *name;
	int dir = parent_of(t, &t->steps->step[n], &name);

	if (dir >= 0 && renameat2(dir, name, t->old, txn_slot(n), RENAME_NOREPLACE) == 0)
		return came_out(t, t->old, n);
	if (errno == ENOENT && is_there(t->old, txn_slot(n)))
		return came_out(t, t->old, n);
	return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? belongs("is not there any more")
								     : "cannot be taken away";
}

static const char *copy_to(int from, struct save *to)
{
	static char piece[PIECE];
	ssize_t got;

	while ((got = read(from, piece, sizeof piece)) > 0)
		out_add(&to->out, piece, (size_t)got);
	return got < 0 ? "cannot be read" : NULL;
}

static const char *deliver(struct txn *t, size_t n)
{
	const struct step *s = &t->steps->step[n];
	const char *name, *why;
	struct save save;
	int dir = outside(s, &name), from;

	if (dir < 0)
		return belongs("lies in a directory that is not there");
	if (is_there(dir, name))
		return look(t, dir, name, s->after, s->mode) == SEEN_IT ? NULL : belongs("is there already");
	from = openat(t->new, txn_slot(n), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (from < 0)
		return errno == ENOENT ? belongs("is neither here nor there") : "cannot be read";
	if (save_begin(&save, dir, name, (mode_t)s->mode) < 0) {
		close(from);
		return "cannot be written";
	}
	save.fresh = true;
	why = copy_to(from, &save);
	close(from);
	if (why)
		save_abort(&save);
	else if (save_commit(&save) != 0)
		why = errno == EEXIST ? belongs("is there already") : "cannot be written";
	return why;
}

const char *txn_do(struct txn *t, size_t n)
{
	switch (t->steps->step[n].action) {
	case STEP_CREATE:
		return create(t, n);
	case STEP_REPLACE:
		return replace(t, n);
	case STEP_REMOVE:
		return take_away(t, n);
	case STEP_DELIVER:
		break;
	}
	return deliver(t, n);
}

bool txn_has(struct txn *t, size_t n)
{
	const struct step *s = &t->steps->step[n];
	const char *name;
	int dir;

	if (s->action == STEP_REMOVE || look(t, t->new, txn_slot(n), s->after, s->mode) == SEEN_IT)
		return true;
	dir = s->action == STEP_DELIVER ? outside(s, &name) : parent_of(t, s, &name);
	return dir >= 0 && look(t, dir, name, s->after, s->mode) == SEEN_IT;
}

/* --- undoing --- */

static void left_alone(const struct step *s)
{
	warn("unable to undo %s: something else is there, which is left alone", s->path);
}

static void undo_create(struct txn *t, size_t n, int dir, const char *name)
{
	const struct step *s = &t->steps->step[n];

	if (dir >= 0 && !is_there(t->new, txn_slot(n)) && look(t, dir, name, s->after, s->mode) == SEEN_IT &&
	    renameat2(dir, name, t->new, txn_slot(n), RENAME_NOREPLACE) != 0)
		sys_fail(errno, "unable to undo %s", s->path);
}

/* Behind an exchange what was there lies in the slot. */
static void undo_replace(struct txn *t, size_t n, int dir, const char *name)
{
	const struct step *s = &t->steps->step[n];

	if (!is_there(t->new, txn_slot(n)) || look(t, t->new, txn_slot(n), s->after, s->mode) == SEEN_IT)
		return;
	if (dir < 0 || look(t, dir, name, s->after, s->mode) != SEEN_IT) {
		left_alone(s);
		return;
	}
	if (renameat2(t->new, txn_slot(n), dir, name, RENAME_EXCHANGE) != 0)
		sys_fail(errno, "unable to undo %s", s->path);
}

static void undo_remove(struct txn *t, size_t n, int dir, const char *name)
{
	const struct step *s = &t->steps->step[n];

	if (!is_there(t->old, txn_slot(n)))
		return;
	if (dir >= 0 && renameat2(t->old, txn_slot(n), dir, name, RENAME_NOREPLACE) == 0)
		return;
	if (dir >= 0 && errno != EEXIST)
		sys_fail(errno, "unable to undo %s", s->path);
	left_alone(s);
}

static void undo_deliver(struct txn *t, size_t n)
{
	const struct step *s = &t->steps->step[n];
	const char *name;
	int dir = outside(s, &name);

	if (dir >= 0 && look(t, dir, name, s->after, s->mode) == SEEN_IT && unlinkat(dir, name, 0) != 0)
		sys_fail(errno, "unable to undo %s", s->path);
}

void txn_undo(struct txn *t, size_t n)
{
	const struct step *s = &t->steps->step[n];
	const char *name = NULL;
	int dir = s->action == STEP_DELIVER ? -1 : parent_of(t, s, &name);

	if (dir < 0 && s->action == STEP_REMOVE && errno == ENOENT)
		dir = target_of(t, s, &name);
	switch (s->action) {
	case STEP_CREATE:
		undo_create(t, n, dir, name);
		break;
	case STEP_REPLACE:
		undo_replace(t, n, dir, name);
		break;
	case STEP_REMOVE:
		undo_remove(t, n, dir, name);
		break;
	case STEP_DELIVER:
		undo_deliver(t, n);
		break;
	}
}

/* --- directories --- */

/* False: it is not empty. */
static bool remove_dir(struct txn *t, struct span dir)
{
	struct beneath_parent above = {.fd = -1};
	const char *name;
	int at = beneath_parent(&above, t->root, dir, &name);
	bool gone = (at >= 0 && unlinkat(at, name, AT_REMOVEDIR) == 0) || errno == ENOENT;

	if (!gone && errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR && errno != ELOOP &&
	    errno != EBUSY)
		sys_fail(errno, "unable to remove the directory %.*s", (int)dir.n, dir.p);
	beneath_parent_close(&above);
	return gone;
}

void txn_unmake(struct txn *t)
{
	struct record r = {0};
	struct span line, path;
	const char *why;
	char **dir = NULL;
	size_t n = 0;

	beneath_parent_close(&t->parent);
	spool_rewind(t->made);
	while (spool_next(t->made, &line))
		if (!record_parse(&r, line) && record_path(&r, &path, &why) > 0) {
			dir = xreallocarray(dir, n + 1, sizeof *dir);
			dir[n++] = xstrndup(path.p, path.n);
		}
	/* The deepest stand last. */
	while (n-- > 0) {
		remove_dir(t, span_of(dir[n]));
		free(dir[n]);
	}
	free(dir);
	record_free(&r);
}

/* At the top of a plane: "libs", "planes/ho2/libs". */
static bool is_top(struct span dir)
{
	size_t depth = 1;

	for (size_t i = 0; i < dir.n; i++)
		depth += dir.p[i] == '/';
	return depth <= (starts_with(dir.p, SPAN("planes")) ? 3 : 1);
}

void txn_prune(struct txn *t)
{
	beneath_parent_close(&t->parent);
	for (size_t i = t->steps->n; i-- > 0;) {
		const struct step *s = &t->steps->step[i];
		struct span dir = span_of(s->path);

		if (s->action != STEP_REMOVE)
			continue;
		for (;;) {
			const char *slash = memrchr(dir.p, '/', dir.n);

			dir.n = slash ? (size_t)(slash - dir.p) : 0;
			if (!dir.n || is_top(dir) || !remove_dir(t, dir))
				break;
		}
	}
}
