#include "bundle/newdir.h"

#include "data/relpath.h"
#include "os/beneath.h"
#include "os/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_file(int dir, const struct newfile *f)
{
	const char *slash = memrchr(f->path.p, '/', f->path.n), *name;
	struct span above = {f->path.p, slash ? (size_t)(slash - f->path.p) : 0};
	struct beneath_parent parent = {.fd = -1};
	struct save s;
	int at, got = -1;

	if (slash && beneath_mkdirs(dir, above, 0755) < 0)
		return -1;
	at = beneath_parent(&parent, dir, f->path, &name);
	if (at >= 0 && save_begin(&s, at, name, f->execute ? 0755 : 0644) == 0) {
		out_add(&s.out, f->text.p, f->text.n);
		got = save_commit(&s);
	}
	beneath_parent_close(&parent);
	return got;
}

/* What was begun; whatever stays is in the way of the next one. */
static void undo(int dir, const struct newfile *file, size_t n)
{
	struct buf path = {0};

	for (size_t i = 0; i < n; i++) {
		buf_reset(&path);
		buf_span_add(&path, file[i].path);
		unlinkat(dir, buf_cstr(&path), 0);
		for (char *slash; (slash = strrchr(path.p, '/')); unlinkat(dir, path.p, AT_REMOVEDIR))
			*slash = 0;
	}
	buf_free(&path);
}

static int fill(int above, const char *temp, const char *name, const struct newfile *file, size_t n)
{
	int dir = openat(above, temp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), number = 0;

	if (dir < 0)
		number = errno;
	for (size_t i = 0; i < n && !number; i++)
		if (write_file(dir, &file[i]) < 0)
			number = errno;
	if (!number && (sync_dir(dir) < 0 || renameat2(above, temp, above, name, RENAME_NOREPLACE) < 0))
		number = errno;
	if (number && dir >= 0)
		undo(dir, file, n);
	if (dir >= 0)
		close(dir);
	if (number)
		unlinkat(above, temp, AT_REMOVEDIR);
	errno = number;
	return number ? -1 : sync_dir(above);
}

int newdir_make(const char *path, const struct newfile *file, size_t n)
{
	size_t length = strlen(path), start;
	struct buf all = {0}, temp = {0};
	int above = -1, got = -1;

	while (length > 1 && path[length - 1] == '/')
		length--;
	for (start = length; start && path[start - 1] != '/';)
		start--;
	buf_add(&all, path + start, length - start);
	buf_printf(&temp, ".%s.new", buf_cstr(&all));
	if (relpath_bad(buf_span(&all))) {
		errno = all.n ? EINVAL : EEXIST;
	} else {
		char *parent = start ? xstrndup(path, start) : xstrdup(".");

		above = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		free(parent);
	}
	if (above >= 0 && faccessat(above, buf_cstr(&all), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		errno = EEXIST;
	else if (above >= 0 && mkdirat(above, buf_cstr(&temp), 0755) == 0)
		got = fill(above, buf_cstr(&temp), buf_cstr(&all), file, n);
	if (above >= 0) {
		int number = errno;

		close(above);
		errno = number;
	}
	buf_free(&all);
	buf_free(&temp);
	return got;
}
