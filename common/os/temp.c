#include "os/temp.h"

#include "base/buf.h"
#include "os/env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* For file systems without O_TMPFILE: a name that is taken away at once. */
static int named(const char *dir)
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
	return named(dir);
}
