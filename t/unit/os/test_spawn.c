#include "os/env.h"
#include "os/in.h"
#include "os/spawn.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static pid_t start(const char *script, int in, int out, int err)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};
	return spawn(argv, in, out, err);
}

static int run(const char *script)
{
	pid_t pid = start(script, -1, -1, -1);
	return pid < 0 ? -1 : spawn_wait(pid);
}

static unsigned open_descriptors(void)
{
	unsigned n = 0;
	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_status(void)
{
	unsigned before = open_descriptors();
	char *none[] = {(char *)"./no such program", NULL}, *dir[] = {(char *)"/", NULL}, *empty[] = {(char *)"", NULL};
	CHECK_INT(run("exit 0"), 0);
	CHECK_INT(run("exit 127"), 127);
	CHECK_INT(run("kill -9 $$"), 128 + SIGKILL);
	CHECK(spawn(none, -1, -1, -1) < 0 && errno == ENOENT);
	CHECK(spawn(empty, -1, -1, -1) < 0 && errno == ENOENT);
	CHECK(spawn(dir, -1, -1, -1) < 0 && errno == EACCES);
	CHECK(start("exit 0", 200, -1, -1) < 0 && errno == EBADF);
	CHECK(spawn_wait(-1) < 0 && errno == ECHILD); /* nothing was left unwaited for */
	CHECK_INT(open_descriptors(), before);
}

static void test_signals(void)
{
	sigset_t all;
	signal(SIGPIPE, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	CHECK_INT(run("kill -PIPE $$; exit 0"), 128 + SIGPIPE);
	CHECK_INT(run("kill -TERM $$; exit 0"), 128 + SIGTERM);
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

/* Descriptors swapped: what is placed first must not overwrite what is placed next. */
static void test_descriptors(void)
{
	int to[2], from[2];
	struct buf got = {0};
	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		exit(1);
	fflush(stdout);
	int old_in = fcntl(0, F_DUPFD_CLOEXEC, 10), old_out = fcntl(1, F_DUPFD_CLOEXEC, 10);
	dup2(from[1], 0);
	dup2(to[0], 1);
	pid_t pid = start("cat; echo err >&2; ls /proc/self/fd | wc -l", 1, 0, 0);
	dup2(old_in, 0);
	dup2(old_out, 1);
	close(old_in);
	close(old_out);
	close(to[0]);
	close(from[1]);
	CHECK(pid > 0 && write(to[1], "through\n", 8) == 8);
	close(to[1]);
	CHECK(slurp_fd(from[0], 1000, &got) == 0);
	CHECK_STR(buf_cstr(&got), "through\nerr\n4\n"); /* 0, 1, 2 and the directory ls reads: nothing leaked */
	CHECK_INT(spawn_wait(pid), 0);
	close(from[0]);
	buf_free(&got);
}

static void test_env(void)
{
	setenv("CONTROL_PLANE_ROOT", "", 1);
	CHECK(!env_root());
	setenv("CONTROL_PLANE_ROOT", "/plane", 1);
	CHECK_STR(env_root(), "/plane");
	unsetenv("CONTROL_PLANE_ROOT");
	CHECK(!env_root());
	setenv("COLUMNS", "80", 1);
	setenv("NO_COLOR", "1", 1);
	setenv("TMPDIR", "/t", 1);
	setenv("TERM", "dumb", 1);
	CHECK_STR(env_columns(), "80");
	CHECK_STR(env_no_color(), "1");
	CHECK_STR(env_tmpdir(), "/t");
	CHECK_STR(env_term(), "dumb");
}

int main(void)
{
	closefrom(3); /* what the caller of the tests left open */
	test_status();
	test_signals();
	test_descriptors();
	test_env();
	return unit_done();
}
