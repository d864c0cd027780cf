#include "outside/outside.h"

#include "base/buf.h"
#include "filter/filter.h"
#include "outside/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The real path, also of what is not there yet; NULL with errno. */
static char *resolve(const char *path)
{
	char *real = realpath(path, NULL), *slash, *dir;
	struct buf b = {0};
	struct stat st;

	if (real || errno != ENOENT || lstat(path, &st) == 0) /* a link to nowhere is no name for something new */
		return real;
	dir = xstrdup(path);
	slash = strrchr(dir, '/');
	if (slash)
		*slash = 0;
	real = realpath(!slash ? "." : slash == dir ? "/" : dir, NULL);
	if (real && *(slash ? slash + 1 : path)) {
		buf_printf(&b, "%s/%s", strcmp(real, "/") == 0 ? "" : real, slash ? slash + 1 : path);
		free(real);
		real = xstrdup(buf_cstr(&b));
		buf_free(&b);
	} else if (real) {
		free(real);
		real = NULL;
		errno = ENOENT;
	}
	free(dir);
	return real;
}

struct plane {
	bool known;
	dev_t dev;
	ino_t ino;
};

static struct plane plane_at(const char *root)
{
	struct stat st;

	return root && stat(root, &st) == 0 ? (struct plane){true, st.st_dev, st.st_ino} : (struct plane){0};
}

static bool is_plane(int dir, const void *ctx)
{
	const struct plane *plane = ctx;
	struct stat st;

	return filter_root_at(dir) ||
	       (plane->known && fstat(dir, &st) == 0 && st.st_dev == plane->dev && st.st_ino == plane->ino);
}

static const char inside[] = "it lies inside a plane";

static const char *unfit(int dir, const struct plane *plane)
{
	struct stat st;
	bool within = is_plane(dir, plane);

	if (fstat(dir, &st) < 0)
		return strerror(errno);
	errno = 0;
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return "a directory above it belongs to somebody else";
	if (st.st_mode & (S_IWGRP | S_IWOTH) && !(st.st_mode & S_ISVTX && st.st_uid == 0))
		return "others may write to a directory above it";
	return within ? inside : NULL;
}

static bool below(const char *path, const char *root)
{
	size_t n = root ? strlen(root) : 0;

	return n && strncmp(path, root, n) == 0 && (path[n] == '/' || path[n] == 0 || n == 1);
}

/* Down to the directory of the last component, where it is enough that they may be entered. A descriptor, or -1:
 * *why. */
static int descend(char *path, const struct plane *plane, const char **why)
{
	int dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *at = path + 1, *slash;

	for (; dir >= 0; at = slash + 1) {
		int next;

		*why = unfit(dir, plane);
		slash = strchr(at, '/');
		if (*why || !slash)
			break;
		*slash = 0;
		next = openat(dir, at, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		*slash = '/';
		close(dir);
		dir = next;
	}
	if (dir >= 0 && !*why && mounts_hide(dir, is_plane, plane)) {
		*why = inside;
		errno = 0;
	}
	if (dir >= 0 && !*why)
		return dir;
	if (dir < 0)
		*why = strerror(errno);
	else
		close(dir);
	return -1;
}

int outside_open(struct outside *o, const char *path, const char *root, const char **why)
{
	struct plane plane = plane_at(root);

	*o = (struct outside){.dir = -1, .root = root};
	*why = NULL;
	o->path = resolve(path);
	if (!o->path) {
		*why = strerror(errno);
		return -1;
	}
	if (below(o->path, root)) {
		*why = "it lies inside the plane";
		errno = 0;
	} else {
		o->dir = descend(o->path, &plane, why);
	}
	if (o->dir < 0) {
		int failed = errno;

		outside_close(o);
		errno = failed;
		return -1;
	}
	o->name = strrchr(o->path, '/') + 1;
	return 0;
}

static const char *unfit_file(int fd, const struct stat *st, const char *root)
{
	struct plane plane = plane_at(root);

	if (!S_ISREG(st->st_mode))
		return "it is no regular file";
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return "it belongs to somebody else";
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "others may write to it";
	if (st->st_nlink > 1)
		return "it has another name, which may lie inside a plane";
	return mounts_hide(fd, is_plane, &plane) ? inside : NULL;
}

int outside_read(const struct outside *o, const char **why)
{
	int fd = openat(o->dir, o->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		int failed = errno;

		if (fd >= 0)
			close(fd);
		*why = strerror(failed);
		errno = failed;
		return -1;
	}
	*why = unfit_file(fd, &st, o->root);
	if (!*why)
		return fd;
	close(fd);
	errno = 0;
	return -1;
}

void outside_close(struct outside *o)
{
	if (o->dir >= 0)
		close(o->dir);
	free(o->path);
	*o = (struct outside){.dir = -1};
}
