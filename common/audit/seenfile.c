#include "audit/seenfile.h"

#include "os/beneath.h"
#include "os/env.h"
#include "os/in.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SEEN_BYTES = 1 << 20, WAITS = 400, WAIT_NS = 5000000 };

/* The directory; -1 with errno. */
static int open_state(bool make)
{
	const char *state = env_state_home(), *home = env_home();
	int base, dir, saved;

	errno = ENOENT;
	if ((!state || state[0] != '/') && (!home || home[0] != '/'))
		return -1;
	if (make && state && state[0] == '/')
		mkdir(state, 0700);
	base = open(state && state[0] == '/' ? state : home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (base < 0)
		return -1;
	struct span path = state && state[0] == '/' ? SPAN("cp-filters/seen") : SPAN(".local/state/cp-filters/seen");
	dir = make && beneath_mkdirs(base, path, 0700) < 0 ? -1 : beneath_open(base, path, O_RDONLY | O_DIRECTORY, 0);
	saved = errno;
	close(base);
	errno = saved;
	return dir;
}

int seenfile_read(const char *name, struct buf *text)
{
	int dir = open_state(false), fd, result, saved;

	if (dir < 0)
		return errno == ENOENT ? 0 : -1;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	result = fd < 0 ? errno == ENOENT ? 0 : -1 : slurp_fd(fd, SEEN_BYTES, text) < 0 ? -1 : 1;
	saved = errno;
	if (fd >= 0)
		close(fd);
	close(dir);
	errno = saved;
	return result;
}

int seenfile_begin(struct save *s, const char *name)
{
	static const struct timespec wait = {0, WAIT_NS};
	int dir = open_state(true), result = -1, saved;

	for (int i = 0; dir >= 0 && i < WAITS; i++) {
		result = save_begin(s, dir, name, 0600);
		if (result == 0 || errno != EBUSY)
			break;
		nanosleep(&wait, NULL);
	}
	saved = errno;
	if (dir >= 0)
		close(dir);
	errno = saved;
	return result;
}
