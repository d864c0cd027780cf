#include "filter/child.h"

#include "os/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <unistd.h>

enum { PIPE_BYTES = 256 << 10, PATIENCE_MS = 500 };

static struct child *running;

static bool ended_within(const struct child *c, int ms)
{
	struct pollfd p = {.fd = c->pidfd, .events = POLLIN};

	return c->pidfd >= 0 && poll(&p, 1, ms) > 0;
}

/* We leave before it is done: it is told, then made to go. */
static void put_down(void)
{
	struct child *c = running;

	if (!c || c->exited)
		return;
	child_close_feed(c);
	close(c->from);
	if (!ended_within(c, 0)) {
		kill(c->pid, SIGTERM);
		if (!ended_within(c, PATIENCE_MS))
			kill(c->pid, SIGKILL);
	}
	child_reap(c);
}

static void make_pipe(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC) < 0)
		sys_fail(errno, "unable to make a pipe");
	/* Fails where the user has too much in pipes already; it is for speed alone. */
	fcntl(fd[1], F_SETPIPE_SZ, PIPE_BYTES);
}

static void begin(struct child *c, char **argv, enum child_input input,
		  pid_t (*run)(char *const argv[], int in, int out, int err))
{
	int in[2] = {-1, -1}, out[2], error;

	*c = (struct child){.name = argv[0], .to = -1};
	if (input == CHILD_FEED)
		make_pipe(in);
	else if (input == CHILD_NULL && (in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0)
		sys_fail(errno, "unable to open /dev/null");
	make_pipe(out);
	c->pid = run(argv, in[0], out[1], -1);
	error = errno;
	if (in[0] >= 0)
		close(in[0]);
	close(out[1]);
	if (c->pid < 0)
		sys_fail(error, "unable to run %s", argv[0]);
	if (input == CHILD_FEED) {
		c->to = in[1];
		fcntl(c->to, F_SETFL, O_NONBLOCK);
	}
	c->from = out[0];
	c->pidfd = pidfd_open(c->pid, 0);
	running = c;
	atexit(put_down);
	in_open(&c->lines, c->from, RECORD_BYTES);
	c->lines.before_block = filter_flush;
}

void child_start(struct child *c, char **argv, enum child_input input)
{
	begin(c, argv, input, spawn);
}

void child_start_alone(struct child *c, char **argv, enum child_input input)
{
	begin(c, argv, input, spawn_alone);
}

bool child_push_all(struct child *c)
{
	for (child_push(c); c->to >= 0 && child_backlog(c); child_push(c)) {
		struct pollfd p = {.fd = c->to, .events = POLLOUT};

		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			sys_fail(errno, "unable to wait for %s", c->name);
	}
	return c->to >= 0 && !c->refused;
}

/* Foreign data never becomes a control record. */
static void check_line(struct child *c, struct span line)
{
	const char *why = record_parse(&c->record, line);

	err_place(c->name, c->lines.line);
	if (why)
		bad_input("unable to trust the command's output: %s", why);
	if (record_is(&c->record, "end") || record_is(&c->record, "verdict"))
		bad_input("unable to take a record of kind %s from a command",
			  record_is(&c->record, "end") ? "end" : "verdict");
	c->record.number = c->lines.line;
}

enum child_line child_line(struct child *c)
{
	struct span line;

	switch (in_line(&c->lines, &line)) {
	case IN_LINE:
		check_line(c, line);
		return CHILD_RECORD;
	case IN_LONG:
		err_place(c->name, c->lines.line);
		bad_input("unable to trust the command's output: the line is longer than 1 MiB");
	case IN_ERROR:
		sys_fail(errno, "unable to read from %s", c->name);
	case IN_CUT:
		c->cut = true;
		break;
	case IN_END:
		break;
	}
	c->eof = true;
	return CHILD_EOF;
}

void child_emit(const struct child *c)
{
	if (record_is(&c->record, "finding"))
		finding_emit(&c->record);
	else
		emit(&c->record);
}

void child_feed(struct child *c, struct span line)
{
	if (c->to < 0) {
		c->refused = true;
		return;
	}
	if (c->fed && (c->fed == c->feed.n || c->fed > PIPE_BYTES)) {
		memmove(c->feed.p, c->feed.p + c->fed, child_backlog(c));
		c->feed.n -= c->fed;
		c->fed = 0;
	}
	buf_span_add(&c->feed, line);
	buf_char(&c->feed, '\n');
}

size_t child_unread(const struct child *c)
{
	int n;

	return c->to >= 0 && ioctl(c->to, FIONREAD, &n) == 0 ? (size_t)n : 0;
}

void child_close_feed(struct child *c)
{
	if (c->to < 0)
		return;
	c->refused |= child_backlog(c) > 0;
	close(c->to);
	c->to = -1;
	c->fed = c->feed.n;
}

void child_push(struct child *c)
{
	ssize_t n;

	if (c->to < 0 || !child_backlog(c))
		return;
	n = write(c->to, c->feed.p + c->fed, child_backlog(c));
	if (n >= 0)
		c->fed += (size_t)n;
	else if (errno == EPIPE)
		child_close_feed(c);
	else if (errno != EAGAIN && errno != EINTR)
		sys_fail(errno, "unable to write to %s", c->name);
}

void child_reap(struct child *c)
{
	if (c->exited)
		return;
	c->code = spawn_wait(c->pid);
	c->exited = true;
	if (running == c) /* which may end sooner than we do */
		running = NULL;
	if (c->pidfd >= 0)
		close(c->pidfd);
	c->pidfd = -1;
}

void child_end(struct child *c)
{
	if (!c->exited)
		filter_flush();
	child_reap(c);
	err_place(NULL, 0);
	if (c->code > 128 && c->code <= 128 + SIGRTMAX) {
		complain("unable to close the stream: %s was killed by signal %d", c->name, c->code - 128);
		filter_leave_open(c->code);
	}
	if (c->code) {
		complain("unable to close the stream: %s exited with status %d", c->name, c->code);
		filter_leave_open(STATUS_SYSTEM);
	}
	if (c->cut) {
		err_place(c->name, c->lines.line);
		bad_input("unable to trust the command's output: the last line is cut");
	}
	close(c->from);
	c->from = -1;
	in_close(&c->lines);
	record_free(&c->record);
	buf_free(&c->feed);
}
