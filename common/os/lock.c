#include "os/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int lock(int fd, short type, bool wait)
{
	struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
	int result;
	do
		result = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &whole);
	while (result < 0 && errno == EINTR);
	if (result < 0 && errno == EACCES)
		errno = EAGAIN;
	return result;
}

int lock_exclusive(int fd, bool wait)
{
	return lock(fd, F_WRLCK, wait);
}

int lock_shared(int fd, bool wait)
{
	return lock(fd, F_RDLCK, wait);
}
