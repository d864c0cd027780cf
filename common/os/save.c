#include "os/save.h"

#include "os/env.h"
#include "os/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAVE_TRIES = 32 };

int sync_dir(int dir)
{
	int result = fsync(dir), saved = errno;
	if (result < 0 && errno == EBADF) { /* AT_FDCWD, or opened with O_PATH */
		int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (again < 0)
			return -1;
		result = fsync(again);
		saved = errno;
		close(again);
	}
	errno = saved;
	return result < 0 && errno == EINVAL ? 0 : result; /* a file system whose directories need no sync */
}

/* Frees everything, keeps errno, leaves what save_abort takes for finished. */
static void save_end(struct save *s)
{
	int saved = errno;
	if (s->fd >= 0)
		close(s->fd);
	if (s->dir >= 0)
		close(s->dir);
	free(s->name);
	free(s->temp);
	buf_free(&s->out.b);
	*s = (struct save){.dir = -1, .fd = -1, .out.fd = -1};
	errno = saved;
}

/* Does the temporary's name still stand for what fd has open? */
static bool still_named(int dir, const char *temp, int fd)
{
	struct stat open_st, named;
	return fstat(fd, &open_st) == 0 && fstatat(dir, temp, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       open_st.st_dev == named.st_dev && open_st.st_ino == named.st_ino;
}

/* Locks what was opened; 1: ours, 0: somebody was faster, look again, -1 with errno. */
static int hold(const struct save *s, int fd)
{
	if (lock_exclusive(fd, false) < 0) {
		if (errno != EAGAIN)
			return -1;
		errno = EBUSY;
		return still_named(s->dir, s->temp, fd) ? -1 : 0;
	}
	return still_named(s->dir, s->temp, fd);
}

/* Removes a temporary whose writer is dead. 1: removed, 0: look again, -1 with errno. */
static int drop_stale(const struct save *s)
{
	struct stat st;
	int fd = openat(s->dir, s->temp, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	int result = fstat(fd, &st);
	if (result == 0 && (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink > 1)) {
		errno = EEXIST;
		result = -1;
	}
	if (result == 0)
		result = hold(s, fd);
	if (result == 1 && unlinkat(s->dir, s->temp, 0) < 0)
		result = -1;
	int saved = errno;
	close(fd);
	errno = saved;
	return result;
}

/* Creates and locks the temporary. Between creating and locking another save may take it for stale and remove it: then
 * its name is gone and we begin again. */
static int take_temporary(struct save *s)
{
	for (int i = 0; i < SAVE_TRIES; i++) {
		int fd = openat(s->dir, s->temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			return -1;
		if (fd < 0) {
			if (drop_stale(s) < 0)
				return -1;
			continue;
		}
		int held = hold(s, fd);
		if (held > 0) {
			s->fd = fd;
			return 0;
		}
		int saved = errno;
		close(fd);
		errno = saved;
		if (held < 0 && errno != EBUSY)
			return -1;
	}
	errno = EBUSY;
	return -1;
}

/* Would renaming replace a device, a fifo or a link, such as /dev/stdout? errno says so. */
static bool odd_target(int dir, const char *name)
{
	struct stat st;
	bool odd = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode);
	if (odd)
		errno = S_ISDIR(st.st_mode) ? EISDIR : EEXIST;
	return odd;
}

int save_begin(struct save *s, int dir, const char *name, mode_t mode)
{
	bool by_person = dir == AT_FDCWD;
	const char *slash = by_person ? strrchr(name, '/') : NULL;
	char *above = slash ? xstrndup(name, slash > name ? (size_t)(slash - name) : 1) : xstrdup(".");
	name = slash ? slash + 1 : name;
	*s = (struct save){.dir = -1, .fd = -1, .mode = mode & 07777, .out.fd = -1};
	if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		errno = EINVAL;
	else
		s->dir = openat(dir, above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(above);
	if (s->dir < 0 || (by_person && odd_target(s->dir, name))) {
		save_end(s);
		return -1;
	}
	struct buf temp = {0};
	buf_printf(&temp, ".%s.new", name);
	s->name = xstrdup(name);
	s->temp = xstrdup(buf_cstr(&temp));
	buf_free(&temp);
	if (take_temporary(s) < 0) {
		save_end(s);
		return -1;
	}
	out_open(&s->out, s->fd);
	return 0;
}

void save_abort(struct save *s)
{
	int saved = errno;
	if (!s->temp)
		return;
	if (still_named(s->dir, s->temp, s->fd))
		unlinkat(s->dir, s->temp, 0);
	save_end(s);
	errno = saved;
}

int save_sync(struct save *s)
{
	if (out_flush(&s->out) < 0 || fchmod(s->fd, s->mode) < 0)
		return -1;
	return s->unsynced ? 0 : fsync(s->fd);
}

int save_commit(struct save *s)
{
	int result = -1;
	if (save_sync(s) == 0) {
		errno = ENOENT;
		if (still_named(s->dir, s->temp, s->fd))
			result = renameat2(s->dir, s->temp, s->dir, s->name, s->fresh ? RENAME_NOREPLACE : 0);
	}
	if (result < 0) {
		save_abort(s);
		return -1;
	}
	result = s->unsynced ? 0 : sync_dir(s->dir);
	save_end(s);
	return result;
}

static int write_new(int fd, struct span bytes)
{
	return write_all(fd, bytes.p, bytes.n) < 0 || fchmod(fd, 0600) < 0 ? -1 : fsync(fd);
}

/* By /proc, which anybody may; AT_EMPTY_PATH takes a privilege, and is for where there is no /proc. */
static int give_name(int fd, int dir, const char *name)
{
	char self[sizeof "/proc/self/fd/" + 3 * sizeof fd];
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	int result = linkat(AT_FDCWD, self, dir, name, AT_SYMLINK_FOLLOW);
	return result < 0 && errno == ENOENT ? linkat(fd, "", dir, name, AT_EMPTY_PATH) : result;
}

/* Does errno say that this cannot be done here, rather than that it failed? */
static bool not_here(void)
{
	return errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == ENOENT || errno == EPERM ||
	       errno == EXDEV;
}

static void close_kept(int fd)
{
	int saved = errno;
	close(fd);
	errno = saved;
}

int save_new(int dir, const char *name, struct span bytes)
{
	int fd = openat(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600), result = fd;
	if (fd >= 0) {
		result = write_new(fd, bytes) < 0 ? -1 : give_name(fd, dir, name);
		close_kept(fd);
	}
	if (result < 0 && not_here()) {
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			return -1;
		result = write_new(fd, bytes);
		close_kept(fd);
	} else if (result < 0) {
		return -1;
	}
	if (result == 0)
		result = sync_dir(dir);
	if (result < 0) {
		int saved = errno;
		unlinkat(dir, name, 0);
		errno = saved;
	}
	return result;
}

/* For file systems without O_TMPFILE: a name that is taken away at once. */
static int temp_named(const char *dir)
{
	struct buf name = {0};
	int fd;

	buf_printf(&name, "%s/cp-XXXXXX", dir);
	buf_char(&name, '\0');
	fd = mkostemp(name.p, O_CLOEXEC);
	if (fd >= 0)
		unlink(name.p);
	buf_free(&name);
	return fd;
}

int temp_open(void)
{
	const char *dir = env_tmpdir();
	int fd;

	if (!dir)
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	return temp_named(dir);
}
