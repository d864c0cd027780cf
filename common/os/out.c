#include "os/out.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { OUT_BLOCK = 64 * 1024 };

int write_all(int fd, const void *data, size_t n)
{
	const char *p = data;
	while (n > 0) {
		ssize_t done = write(fd, p, n);
		if (done >= 0) {
			p += done;
			n -= (size_t)done;
		} else if (errno == EAGAIN) {
			struct pollfd wait = {.fd = fd, .events = POLLOUT};
			poll(&wait, 1, -1);
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

void out_open(struct out *o, int fd)
{
	*o = (struct out){.fd = fd};
}

static void out_write(struct out *o, const void *p, size_t n)
{
	if (n && !o->error && write_all(o->fd, p, n) < 0)
		o->error = errno;
}

void out_add(struct out *o, const void *p, size_t n)
{
	if (o->error)
		return;
	if (!o->b.cap)
		buf_grow(&o->b, OUT_BLOCK);
	if (n > OUT_BLOCK - o->b.n) {
		out_write(o, o->b.p, o->b.n);
		o->b.n = 0;
	}
	if (n >= OUT_BLOCK)
		out_write(o, p, n);
	else
		buf_add(&o->b, p, n);
}

int out_flush(struct out *o)
{
	out_write(o, o->b.p, o->b.n);
	o->b.n = 0;
	if (!o->error)
		return 0;
	errno = o->error;
	return -1;
}
