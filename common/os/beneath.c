#include "os/beneath.h"

#include "os/save.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { BENEATH_TRIES = 128, STEP_FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* Takes the next component off *path; an empty one means there is none. */
static struct span next_component(struct span *path)
{
	while (path->n && *path->p == '/')
		*path = (struct span){path->p + 1, path->n - 1};
	const char *slash = path->n ? memchr(path->p, '/', path->n) : NULL;
	struct span one = {path->p, slash ? (size_t)(slash - path->p) : path->n};
	*path = (struct span){path->p + one.n, path->n - one.n};
	return one;
}

/* RESOLVE_BENEATH would let `a/../b` through; here every `..` is refused, with the kernel's errno. */
static bool acceptable(struct span path)
{
	errno = path.n == 0 ? ENOENT : memchr(path.p, '\0', path.n) ? EINVAL : path.p[0] == '/' ? EXDEV : 0;
	while (errno == 0 && path.n)
		if (span_is(next_component(&path), ".."))
			errno = EXDEV;
	return errno == 0;
}

static void close_unless(int fd, int kept)
{
	int saved = errno;
	if (fd != kept && fd >= 0)
		close(fd);
	errno = saved;
}

/* openat of one component. O_DIRECTORY on a symlink says ENOTDIR; we promise ELOOP. */
static int open_component(int dir, const char *name, int flags, mode_t mode)
{
	struct stat st;
	int fd = openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0 && errno == ENOTDIR) {
		bool link = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
		errno = link ? ELOOP : ENOTDIR;
	}
	return fd;
}

static bool component_name(struct span one, char name[NAME_MAX + 1])
{
	if (one.n > NAME_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(name, one.p, one.n);
	name[one.n] = '\0';
	return true;
}

int beneath_open_steps(int root, struct span path, int flags, mode_t mode)
{
	char name[NAME_MAX + 1];
	int dir = root;
	if (!acceptable(path))
		return -1;
	struct span one = next_component(&path);
	for (;;) {
		struct span next = next_component(&path);
		if (!component_name(one, name)) {
			close_unless(dir, root);
			return -1;
		}
		int fd = next.n ? open_component(dir, name, STEP_FLAGS, 0) : open_component(dir, name, flags, mode);
		close_unless(dir, root);
		if (fd < 0 || !next.n)
			return fd;
		dir = fd;
		one = next;
	}
}

/* One openat2; `path` is acceptable and shorter than PATH_MAX. */
static int open_piece(int dir, struct span path, int flags, mode_t mode)
{
	char text[PATH_MAX];
	/* With both, a symlink would be ENOTDIR; RESOLVE_NO_SYMLINKS alone refuses it as ELOOP. */
	flags = flags & O_DIRECTORY ? flags & ~O_NOFOLLOW : flags | O_NOFOLLOW;
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? mode & 07777 : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	memcpy(text, path.p, path.n);
	text[path.n] = '\0';
	long fd;
	int tries = 0;
	do
		fd = syscall(SYS_openat2, dir, text, &how, sizeof how);
	while (fd < 0 && (errno == EINTR || errno == EAGAIN) && ++tries < BENEATH_TRIES);
	return fd < 0 && errno == ENOSYS ? beneath_open_steps(dir, path, flags, mode) : (int)fd;
}

/* A path too long for one system call is walked in pieces. */
int beneath_open(int root, struct span path, int flags, mode_t mode)
{
	int dir = root;
	if (!acceptable(path))
		return -1;
	while (path.n >= PATH_MAX) {
		const char *slash = memrchr(path.p, '/', PATH_MAX - 1);
		if (!slash || slash == path.p) {
			close_unless(dir, root);
			errno = ENAMETOOLONG;
			return -1;
		}
		size_t n = (size_t)(slash - path.p);
		int next = open_piece(dir, (struct span){path.p, n}, O_PATH | O_DIRECTORY, 0);
		close_unless(dir, root);
		if (next < 0)
			return -1;
		dir = next;
		path = (struct span){slash + 1, path.n - n - 1};
	}
	int fd = open_piece(dir, path, flags, mode);
	close_unless(dir, root);
	return fd;
}

/* The buffer holds the directory whose descriptor is kept, and behind its n bytes the name handed out. */
int beneath_parent(struct beneath_parent *b, int root, struct span path, const char **name)
{
	const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;
	struct span dir = {path.p, slash ? (size_t)(slash - path.p) : 0};
	struct span last = slash ? (struct span){slash + 1, path.n - dir.n - 1} : path;
	if (last.n == 0 || (slash && !dir.n) || memchr(last.p, '\0', last.n) || span_is(last, "..") ||
	    span_is(last, ".")) {
		errno = last.n == 0 ? ENOENT : EINVAL;
		return -1;
	}
	if (dir.n && (b->fd < 0 || !span_eq(dir, buf_span(&b->dir)))) {
		beneath_parent_close(b);
		b->fd = beneath_open(root, dir, O_PATH | O_DIRECTORY, 0);
		if (b->fd < 0)
			return -1;
		buf_span_add(&b->dir, dir);
	}
	char *p = buf_room(&b->dir, last.n + 1);
	memcpy(p, last.p, last.n);
	p[last.n] = '\0';
	*name = p;
	return dir.n ? b->fd : root;
}

void beneath_parent_close(struct beneath_parent *b)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
	buf_free(&b->dir);
}

/* Opens directory `name`, making it when it is missing. */
static int make_step(int dir, const char *name, mode_t mode, bool synced)
{
	int fd = open_component(dir, name, STEP_FLAGS, 0);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(dir, name, mode) < 0) {
		if (errno != EEXIST)
			return -1;
	} else if (synced && sync_dir(dir) < 0) {
		return -1;
	}
	return open_component(dir, name, STEP_FLAGS, 0);
}

static int make_all(int root, struct span path, mode_t mode, bool synced)
{
	char name[NAME_MAX + 1];
	int dir = root;
	if (path.n && !acceptable(path))
		return -1;
	for (struct span one = next_component(&path); one.n; one = next_component(&path)) {
		int fd = component_name(one, name) ? make_step(dir, name, mode, synced) : -1;
		close_unless(dir, root);
		if (fd < 0)
			return -1;
		dir = fd;
	}
	close_unless(dir, root);
	return 0;
}

int beneath_mkdirs(int root, struct span path, mode_t mode)
{
	return make_all(root, path, mode, true);
}

int beneath_mkdirs_unsynced(int root, struct span path, mode_t mode)
{
	return make_all(root, path, mode, false);
}
