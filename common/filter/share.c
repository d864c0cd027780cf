#include "filter/share.h"

#include "base/buf.h"
#include "filter/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

/* Where our own program lies; false when that cannot be told. */
static bool own_directory(struct buf *path)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return false;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	buf_str(path, self);
	return true;
}

int share_schemas(void)
{
	struct buf path = {0};
	int fd = -1;

	if (own_directory(&path)) {
		buf_str(&path, "/../share/cp-filters/schemas");
		fd = open(buf_cstr(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	buf_free(&path);
	if (fd < 0)
		fd = open(CP_SCHEMA_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		sys_fail(errno, "unable to open the schemas");
	return fd;
}

void share_program(struct buf *path, const char *name)
{
	buf_reset(path);
	if (own_directory(path)) {
		buf_printf(path, "/%s", name);
		if (access(buf_cstr(path), X_OK) == 0)
			return;
	}
	buf_reset(path);
	buf_printf(path, "%s/%s", CP_BIN_DIR, name);
}
