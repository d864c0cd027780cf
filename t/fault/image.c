/* Preloaded into a program under test: when it ends, everything that it has in memory goes to IMAGE_TO/NAME.PID, so
 * that what should have been wiped by then can be looked for. With IMAGE_AT=NAME it does so before the first call of
 * that name (linkat, write) and goes on: there the same secret should be found, or the search is worth nothing. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool taken;

/* Kernel's own pages answer EFAULT or are of no interest. */
static void put(int out, unsigned long from, unsigned long to)
{
	while (from < to) {
		long n = syscall(SYS_write, out, from, to - from > 1 << 20 ? 1 << 20 : to - from);

		if (n <= 0)
			return;
		from += (unsigned long)n;
	}
}

static void take(void)
{
	static char line[4096], path[4096], name[32], maps[1 << 18];
	const char *dir = getenv("IMAGE_TO");
	unsigned long from, to;
	long got, n = 0;
	int out, in;

	if (!dir || taken)
		return;
	taken = true;
	in = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/comm", O_RDONLY);
	syscall(SYS_read, in, name, sizeof name - 1);
	syscall(SYS_close, in);
	name[strcspn(name, "\n")] = 0;
	snprintf(path, sizeof path, "%s/%s.%d", dir, name, (int)getpid());
	out = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	in = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY);
	while ((got = syscall(SYS_read, in, maps + n, sizeof maps - 1 - (size_t)n)) > 0)
		n += got;
	syscall(SYS_close, in);
	maps[n] = 0;
	for (char *at = maps, *lf; (lf = strchr(at, '\n')) != NULL; at = lf + 1) {
		char *after;

		snprintf(line, sizeof line, "%.*s", (int)(lf - at), at);
		from = strtoul(line, &after, 16);
		to = strtoul(after + 1, &after, 16);
		if (strncmp(after, " r", 2) == 0 && !strstr(line, "[v"))
			put(out, from, to);
	}
	syscall(SYS_close, out);
}

static void at(const char *name)
{
	const char *want = getenv("IMAGE_AT");

	if (want && strcmp(want, name) == 0)
		take();
}

int linkat(int a, const char *from, int b, const char *to, int f)
{
	at("linkat");
	return (int)syscall(SYS_linkat, a, from, b, to, f);
}

ssize_t write(int fd, const void *p, size_t n)
{
	at("write");
	return syscall(SYS_write, fd, p, n);
}

void _exit(int status)
{
	take();
	syscall(SYS_exit_group, status);
	for (;;)
		;
}

__attribute__((destructor)) static void end(void)
{
	if (!getenv("IMAGE_AT"))
		take();
}
