#include "os/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child. Every descriptor is first moved above 2, so that placing one never overwrites another. */
static void become(char *const argv[], int fd[3], int report, bool alone)
{
	sigset_t none;
	report = fcntl(report, F_DUPFD_CLOEXEC, 3);
	bool good = report >= 0;
	for (int i = 0; i < 3 && good; i++)
		if (fd[i] >= 0)
			good = (fd[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, 3)) >= 0;
	for (int i = 0; i < 3 && good; i++)
		if (fd[i] >= 0)
			good = dup2(fd[i], i) >= 0;
	if (good) {
		signal(SIGPIPE, SIG_DFL);
		signal(SIGXFSZ, SIG_DFL);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		if (alone)
			execve(argv[0], argv, (char *const[]){NULL});
		else
			execvp(argv[0], argv);
	}
	int error = errno;
	if (report >= 0 && write(report, &error, sizeof error) < 0)
		_exit(126);
	_exit(127);
}

static pid_t start(char *const argv[], int in, int out, int err, bool alone)
{
	int report[2], error = 0;
	if (pipe2(report, O_CLOEXEC) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0)
		become(argv, (int[3]){in, out, err}, report[1], alone);
	int saved = errno;
	close(report[1]);
	ssize_t got = 0;
	while (pid > 0 && (got = read(report[0], &error, sizeof error)) < 0 && errno == EINTR)
		;
	close(report[0]);
	if (pid > 0 && got == sizeof error) {
		spawn_wait(pid);
		pid = -1;
		saved = error;
	}
	errno = saved;
	return pid;
}

pid_t spawn(char *const argv[], int in, int out, int err)
{
	return start(argv, in, out, err, false);
}

pid_t spawn_alone(char *const argv[], int in, int out, int err)
{
	return start(argv, in, out, err, true);
}

int spawn_wait(pid_t pid)
{
	int status;
	pid_t got;
	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
