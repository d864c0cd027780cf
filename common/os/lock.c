#include "os/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int lock(int fd, short type, int64_t at, int64_t bytes, bool wait)
{
	struct flock what = {.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = bytes};
	int result;
	do
		result = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &what);
	while (result < 0 && errno == EINTR);
	if (result < 0 && errno == EACCES)
		errno = EAGAIN;
	return result;
}

int lock_exclusive(int fd, bool wait)
{
	return lock(fd, F_WRLCK, 0, 0, wait);
}

int lock_shared(int fd, bool wait)
{
	return lock(fd, F_RDLCK, 0, 0, wait);
}

int lock_exclusive_at(int fd, int64_t at, bool wait)
{
	return lock(fd, F_WRLCK, at, 1, wait);
}

int lock_shared_at(int fd, int64_t at, bool wait)
{
	return lock(fd, F_RDLCK, at, 1, wait);
}

int unlock_at(int fd, int64_t at)
{
	return lock(fd, F_UNLCK, at, 1, false);
}
