#include "filter/share.h"

#include "base/buf.h"
#include "filter/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

int share_schemas(void)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct buf path = {0};
	int fd = -1;

	if (n > 0) {
		self[n] = '\0';
		*strrchr(self, '/') = '\0';
		buf_printf(&path, "%s/../share/cp-filters/schemas", self);
		fd = open(buf_cstr(&path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		buf_free(&path);
	}
	if (fd < 0)
		fd = open(CP_SCHEMA_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		sys_fail(errno, "unable to open the schemas");
	return fd;
}
