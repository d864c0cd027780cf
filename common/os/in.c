#include "os/in.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IN_BLOCK = 64 * 1024, IN_PIPE = 256 * 1024 };

void in_open(struct in *in, int fd, size_t limit)
{
	/* A larger pipe lets both ends run on while the other works. Whatever is no pipe refuses. */
	int size = fcntl(fd, F_GETPIPE_SZ);
	if (size > 0 && size < IN_PIPE)
		fcntl(fd, F_SETPIPE_SZ, IN_PIPE);
	*in = (struct in){.fd = fd, .p = xmalloc(IN_BLOCK), .cap = IN_BLOCK, .limit = limit};
}

void in_close(struct in *in)
{
	free(in->p);
	in->p = NULL;
	in->start = in->end = in->cap = 0;
	in->eof = true;
}

static bool readable(int fd, int timeout)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, timeout) > 0;
}

/* read(2), which waits on a descriptor that somebody made non-blocking. */
static ssize_t read_some(int fd, void *p, size_t n)
{
	for (;;) {
		ssize_t got = read(fd, p, n);
		if (got >= 0 || (errno != EINTR && errno != EAGAIN))
			return got;
		if (errno == EAGAIN)
			readable(fd, -1);
	}
}

/* Moves the unfinished line to the front, makes room behind it and reads once. */
bool in_fill(struct in *in)
{
	size_t kept = in->end - in->start;
	if (in->start && kept)
		memmove(in->p, in->p + in->start, kept);
	in->start = 0;
	in->end = kept;
	if (kept == in->cap) {
		size_t most = in->limit == SIZE_MAX ? SIZE_MAX : in->limit + 1;
		in->cap = in->cap > most / 2 ? most : in->cap * 2;
		in->p = xrealloc(in->p, in->cap);
	}
	if (in->before_block && !readable(in->fd, 0))
		in->before_block();
	ssize_t got = read_some(in->fd, in->p + in->end, in->cap - in->end);
	if (got < 0)
		return false;
	in->eof = got == 0;
	in->end += (size_t)got;
	return true;
}

bool in_ready(const struct in *in)
{
	size_t have = in->end - in->start;

	return in->eof || have > in->limit || (have && memchr(in->p + in->start, '\n', have));
}

enum in_result in_line(struct in *in, struct span *line)
{
	size_t seen = 0;
	*line = (struct span){0};
	if (!in->p)
		return IN_END; /* closed */
	for (;;) {
		size_t have = in->end - in->start;
		char *p = in->p + in->start;
		char *lf = have > seen ? memchr(p + seen, '\n', have - seen) : NULL;
		size_t n = lf ? (size_t)(lf - p) : have;
		*line = (struct span){p, n};
		if (n > in->limit) {
			in->line++;
			return IN_LONG;
		}
		if (lf) {
			in->start += n + 1;
			in->line++;
			return IN_LINE;
		}
		if (in->eof) {
			in->start = in->end;
			in->line += n > 0;
			return n ? IN_CUT : IN_END;
		}
		seen = have;
		if (!in_fill(in))
			return IN_ERROR;
	}
}

int slurp_fd(int fd, size_t max, struct buf *b)
{
	enum { CHUNK = 64 * 1024 };
	struct stat st;
	size_t before = b->n, want = CHUNK;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t)st.st_size < max)
		want = (size_t)st.st_size + 1;
	for (;;) {
		size_t left = max - (b->n - before);
		if (left < want)
			want = left + 1;
		ssize_t got = read_some(fd, buf_room(b, want), want);
		if (got == 0)
			return 0;
		if (got > 0 && (size_t)got > left)
			errno = EFBIG;
		if (got < 0 || (size_t)got > left) {
			b->n = before;
			return -1;
		}
		b->n += (size_t)got;
		want = CHUNK;
	}
}

int slurp(const char *path, size_t max, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -1;
	int result = slurp_fd(fd, max, b), saved = errno;
	close(fd);
	errno = saved;
	return result;
}
