#include "base/text.h"
#include "filter/internal.h"
#include "os/env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const char *root_given(const char *option)
{
	const char *text = option ? option : env_root();
	struct stat st;
	char *real;

	if (!text)
		return NULL;
	if (option && !*option)
		bad_usage("unable to use an empty --root");
	real = realpath(text, NULL);
	if (!real)
		sys_fail(errno, "unable to find the root %s", text);
	if (stat(real, &st) < 0 || !S_ISDIR(st.st_mode))
		sys_fail(ENOTDIR, "unable to use the root %s", text);
	return real;
}

bool filter_root_at(int dir)
{
	struct stat st;

	return fstatat(dir, ".genesis_complete", &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	       fstatat(dir, "config/governed_roots.json", &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Somebody else's directory, or one others may write to, must not become our root by standing above us. */
static bool trustworthy(const struct stat *st)
{
	return (st->st_uid == geteuid() || st->st_uid == 0) && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

const char *root_discover(void)
{
	char *path = realpath(".", NULL), *found = NULL;
	struct stat here, st;

	if (!path || stat(path, &here) != 0) {
		free(path);
		return NULL;
	}
	for (;;) {
		int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		char *slash = strrchr(path, '/');

		if (dir < 0 || fstat(dir, &st) != 0 || st.st_dev != here.st_dev) {
			if (dir >= 0)
				close(dir);
			break;
		}
		if (filter_root_at(dir)) {
			if (!trustworthy(&st))
				bad_usage("unable to take %s for the root: others may write to it; name it with --root",
					  path);
			if (found)
				bad_usage("unable to choose between %s and %s: name one with --root", found, path);
			found = xstrdup(path);
		}
		close(dir);
		if (!slash || !path[1])
			break;
		slash[slash == path] = 0;
	}
	free(path);
	return found;
}

char *root_of_plane(const struct record *r)
{
	struct buf b = {0};
	struct span root = {0};
	char *text = NULL;

	if (record_get(r, "root") && record_get(r, "root_b64"))
		return NULL;
	if (record_str(r, "root_b64", &root, &b)) {
		struct buf bytes = {0};

		if (!base64_decode(&bytes, root.p, root.n) || utf8_valid(bytes.p, bytes.n))
			buf_reset(&bytes);
		buf_free(&b);
		b = bytes;
		root = buf_span(&b);
	} else {
		record_str(r, "root", &root, &b);
	}
	if (root.n && root.p[0] == '/' && !memchr(root.p, 0, root.n))
		text = xstrndup(root.p, root.n);
	buf_free(&b);
	return text;
}
