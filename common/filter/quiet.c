#include "filter/quiet.h"

#include "filter/effect.h"
#include "os/beneath.h"
#include "os/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The directory of the plane that `root` is, or lies in as planes/NAME; NULL: it cannot be opened. */
static int open_plane(const char *root, int up)
{
	struct buf path = {0};
	int fd;

	buf_str(&path, root);
	if (up)
		buf_str(&path, "/../..");
	fd = open(buf_cstr(&path), O_PATH | O_DIRECTORY | O_CLOEXEC);
	buf_free(&path);
	return fd;
}

static bool is_lower(const char *root)
{
	size_t n = strlen(root), end = strlen("/planes/ho1");

	return n > end && strncmp(root + n - end, "/planes/ho", end - 1) == 0;
}

int quiet_begin(const char *root)
{
	int plane = open_plane(root, is_lower(root));
	int lock = plane < 0 ? -1 : beneath_open(plane, SPAN(".cp/lock"), O_RDONLY | O_NONBLOCK, 0);

	if (lock >= 0 && lock_shared(lock, false) != 0) {
		if (errno == EAGAIN)
			sys_fail(0, "unable to read the plane %s: it is being changed", root);
		close(lock); /* a file system that has no locks */
		lock = -1;
	}
	if (lock >= 0 && effect_interrupted(plane)) {
		err_place(NULL, 0);
		bad_input("unable to read the plane %s: a change of it was interrupted (cp-recover finishes it)", root);
	}
	if (plane >= 0)
		close(plane);
	return lock;
}

void quiet_end(int lock)
{
	if (lock >= 0)
		close(lock);
}
