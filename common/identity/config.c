#include "identity/config.h"

#include "filter/filter.h"
#include "os/beneath.h"
#include "os/in.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool config_members(const struct json *j, uint32_t object, const char *const *names)
{
	for (uint32_t k = json_first(j, object); k != j->node[object].end; k = json_next_member(j, k)) {
		const char *const *n = names;

		while (*n && !span_is(json_text(j, k), *n))
			n++;
		if (!*n)
			return false;
	}
	return true;
}

bool config_text(const struct json *j, uint32_t at, struct span *out)
{
	if (!at || j->node[at].type != JSON_STRING || j->node[at].flags & JSON_ESCAPED)
		return false;
	*out = json_text(j, at);
	return true;
}

/* NULL, or why what fd is of may have been written by somebody who has no say. */
static const char *unfit(int fd, uid_t owner, bool file)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return strerror(errno);
	if (file && !S_ISREG(st.st_mode))
		return "it is no regular file";
	if (st.st_uid != geteuid() && st.st_uid != 0 && st.st_uid != owner)
		return file ? "it belongs to somebody else" : "a directory above it belongs to somebody else";
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return file ? "others may write to it" : "others may write to a directory above it";
	return NULL;
}

static const char *failed(void)
{
	int error = errno;

	if (err_is_ours(error))
		sys_fail(error, "unable to read the plane's policy");
	return error == ELOOP ? "a symbolic link leads there" : strerror(error);
}

/* Opens and judges what the file stands in and the file. A descriptor, or -1: *why. */
static int open_judged(const char *root, const char *path, const char **why)
{
	int top = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), dir = -1, fd = -1;
	struct stat st = {0};

	*why = NULL;
	if (top >= 0 && fstat(top, &st) == 0)
		dir = beneath_open(top, SPAN("config"), O_RDONLY | O_DIRECTORY, 0);
	if (dir >= 0)
		fd = beneath_open(top, span_of(path), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		*why = failed();
	if (!*why)
		*why = unfit(top, st.st_uid, false);
	if (!*why)
		*why = unfit(dir, st.st_uid, false);
	if (!*why)
		*why = unfit(fd, st.st_uid, true);
	if (dir >= 0)
		close(dir);
	if (top >= 0)
		close(top);
	if (!*why)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

const char *config_read(struct buf *text, struct json *json, const char *root, const char *path)
{
	const char *why = NULL;
	struct span version;
	int fd = open_judged(root, path, &why);

	if (fd < 0)
		return why;
	if (slurp_fd(fd, CONFIG_BYTES, text) < 0)
		why = errno == EFBIG ? "it is longer than 1 MiB" : failed();
	close(fd);
	if (why)
		return why;
	if (!json_parse(json, buf_cstr(text), text->n, JSON_RECORD))
		return json->error;
	if (!config_text(json, json_get(json, 0, "schema_version"), &version) || !span_is(version, "1.0"))
		return "its schema_version is not 1.0";
	return NULL;
}
