#include "os/in.h"
#include "os/out.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCK = 64 * 1024 };

static int file_of(const void *p, size_t n)
{
	int fd = memfd_create("in", MFD_CLOEXEC);
	if (fd < 0 || write_all(fd, p, n) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		exit(1);
	return fd;
}

static void test_small(void)
{
	static const char text[] = "one\n\ntw\0o\r\nthree";
	struct in in;
	struct span line;
	int fd = file_of(text, sizeof text - 1);
	in_open(&in, fd, 100);
	CHECK_INT(in_line(&in, &line), IN_LINE);
	CHECK_SPAN(line.p, line.n, "one");
	CHECK(in_line(&in, &line) == IN_LINE && line.n == 0 && in.line == 2);
	CHECK(in_line(&in, &line) == IN_LINE && span_eq(line, SPAN("tw\0o\r")) && in.line == 3);
	CHECK_INT(in_line(&in, &line), IN_CUT);
	CHECK_SPAN(line.p, line.n, "three");
	CHECK_INT(in.line, 4);
	CHECK_INT(in_line(&in, &line), IN_END);
	CHECK_INT(in_line(&in, &line), IN_END);
	in_close(&in);
	CHECK_INT(in_line(&in, &line), IN_END);
	close(fd);
	fd = file_of("", 0);
	in_open(&in, fd, 0);
	CHECK(in_line(&in, &line) == IN_END && in.line == 0);
	in_close(&in);
	close(fd);
}

/* Lines of every length around one another, so that each place of a line meets the edge of a buffer. */
static void test_edges(void)
{
	struct buf text = {0};
	for (unsigned i = 0; text.n < 40 * BLOCK; i++) {
		for (unsigned k = 0; k < i % 1009; k++)
			buf_char(&text, (char)('a' + (i + k) % 26));
		buf_char(&text, '\n');
	}
	int fd = file_of(text.p, text.n);
	struct in in;
	struct span line;
	size_t at = 0;
	unsigned wrong = 0, lines = 0;
	in_open(&in, fd, 1008);
	while (in_line(&in, &line) == IN_LINE) {
		wrong += line.n != lines++ % 1009 || memcmp(line.p, text.p + at, line.n) != 0 || line.p[line.n] != '\n';
		at += line.n + 1;
	}
	CHECK_INT(wrong, 0);
	CHECK_INT(at, text.n);
	CHECK_INT(in.line, lines);
	CHECK_INT(in.cap, BLOCK);
	in_close(&in);
	close(fd);
	buf_free(&text);
}

static void check_limit(size_t limit)
{
	for (int over = -1; over <= 1; over++) {
		size_t n = limit + (size_t)over;
		char *text = xmalloc(n + 4);
		memset(text, 'x', n);
		memcpy(text + n, "\ny\n", 3);
		for (int cut = 0; cut < 2; cut++) {
			int fd = file_of(text, cut ? n : n + 3);
			struct in in;
			struct span line;
			in_open(&in, fd, limit);
			CHECK_INT(in_line(&in, &line), over > 0 ? IN_LONG : cut ? IN_CUT : IN_LINE);
			CHECK(over > 0 || line.n == n);
			CHECK_INT(in.line, 1);
			if (over <= 0 && !cut)
				CHECK(in_line(&in, &line) == IN_LINE && line.n == 1 && *line.p == 'y');
			if (over > 0)
				CHECK_INT(in_line(&in, &line), IN_LONG);
			CHECK(in.cap <= BLOCK || in.cap <= limit + 1);
			in_close(&in);
			close(fd);
		}
		free(text);
	}
}

static int feed;
static unsigned blocks;

static void before_block(void)
{
	blocks++;
	if (write(feed, "rest\nnext\n", 10) != 10)
		exit(1);
	close(feed);
}

/* What was written is handed on before we wait, and only then: here the answer comes from the other end. */
static void test_before_block(void)
{
	int fd[2];
	struct in in;
	struct span line;
	if (pipe(fd) < 0)
		exit(1);
	feed = fd[1];
	CHECK(write(feed, "first\nthe ", 10) == 10);
	in_open(&in, fd[0], 100);
	CHECK_INT(fcntl(fd[0], F_GETPIPE_SZ) >= BLOCK, 1);
	in.before_block = before_block;
	CHECK(in_line(&in, &line) == IN_LINE && span_is(line, "first") && blocks == 0);
	CHECK(in_line(&in, &line) == IN_LINE && span_is(line, "the rest") && blocks == 1);
	CHECK(in_line(&in, &line) == IN_LINE && span_is(line, "next") && blocks == 1);
	CHECK(in_line(&in, &line) == IN_END && blocks == 1);
	in_close(&in);
	close(fd[0]);
}

static void test_errors(void)
{
	struct in in;
	struct span line;
	struct buf b = {0};
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	in_open(&in, fd, 100);
	CHECK(in_line(&in, &line) == IN_ERROR && errno == EISDIR);
	in_close(&in);
	buf_str(&b, "kept");
	CHECK(slurp_fd(fd, 100, &b) < 0 && errno == EISDIR);
	close(fd);
	CHECK(slurp("./no such file", 100, &b) < 0 && errno == ENOENT);
	CHECK(slurp("/proc/self/status", 100, &b) < 0 && errno == EFBIG);
	CHECK_STR(buf_cstr(&b), "kept");
	CHECK(slurp("/proc/self/status", SIZE_MAX, &b) == 0 && b.n > 100); /* says its size is 0 */
	buf_free(&b);
}

static void test_slurp(void)
{
	static const size_t sizes[] = {0, 1, 4096, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK};
	char *text = xcalloc(1, 5 * BLOCK);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct buf b = {0};
		size_t n = sizes[i];
		int fd = file_of(text, n);
		buf_char(&b, '>');
		CHECK(slurp_fd(fd, n, &b) == 0 && b.n == n + 1);
		CHECK(lseek(fd, 0, SEEK_SET) == 0);
		if (n)
			CHECK(slurp_fd(fd, n - 1, &b) < 0 && errno == EFBIG && b.n == n + 1);
		close(fd);
		buf_free(&b);
	}
	free(text);
}

static void test_out(void)
{
	struct buf want = {0}, got = {0};
	struct out o;
	int fd = file_of("", 0);
	out_open(&o, fd);
	for (size_t i = 0; i < 300; i++) {
		size_t n = i * i * 7 % 90000;
		buf_grow(&want, n + 1);
		memset(want.p + want.n, (int)('a' + i % 26), n);
		out_add(&o, want.p + want.n, n);
		want.n += n;
	}
	out_add(&o, NULL, 0);
	CHECK_INT(out_flush(&o), 0);
	CHECK_INT(out_flush(&o), 0);
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && slurp_fd(fd, SIZE_MAX, &got) == 0);
	CHECK(span_eq(buf_span(&want), buf_span(&got)));
	CHECK(o.b.cap <= BLOCK);
	buf_free(&o.b);
	buf_free(&got);
	close(fd);
	fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	out_open(&o, fd);
	out_add(&o, "x", 1);
	CHECK_INT(o.error, 0);
	CHECK(out_flush(&o) < 0 && errno == ENOSPC);
	errno = 0;
	out_add(&o, want.p, 2 * BLOCK);
	CHECK(o.b.n == 0 && out_flush(&o) < 0 && errno == ENOSPC);
	buf_free(&o.b);
	buf_free(&want);
	close(fd);
}

/* A reader that is slow and a pipe that is non-blocking on both sides: all of it arrives. */
static void test_non_blocking(void)
{
	int fd[2], status;
	if (pipe2(fd, O_NONBLOCK) < 0)
		exit(1);
	pid_t pid = fork();
	if (pid == 0) {
		struct in in;
		struct span line;
		unsigned n = 0;
		close(fd[1]);
		in_open(&in, fd[0], 100);
		usleep(50000);
		while (in_line(&in, &line) == IN_LINE && span_is(line, "a line that repeats"))
			n++;
		in_close(&in);
		_exit(n == 50000 ? 0 : 1);
	}
	struct out o;
	close(fd[0]);
	out_open(&o, fd[1]);
	for (int i = 0; i < 50000; i++)
		out_add(&o, "a line that repeats\n", 20);
	CHECK_INT(out_flush(&o), 0);
	buf_free(&o.b);
	close(fd[1]);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
}

int main(void)
{
	test_small();
	test_edges();
	check_limit(2);
	check_limit(65535);
	check_limit(65536);
	check_limit(65537);
	check_limit(1 << 20);
	test_before_block();
	test_errors();
	test_slurp();
	test_out();
	test_non_blocking();
	return unit_done();
}
