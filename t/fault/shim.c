/* Preloaded into a program under test: counts the calls that change something and makes the N-th of them fail, fall
 * short, or be the program's last.
 *   FAULT_AT=N      which call (1-based); 0 or unset: none, only count
 *   FAULT_DO=WHAT   kill (SIGKILL before the call), segv (SIGSEGV), short (half a write), or the name of an errno: EIO
 *                   ENOSPC EINTR ...
 *   FAULT_MATCH=RE  only calls whose "name argument" matches this extended regular expression are counted
 *   FAULT_ALL=1     counts reading calls (open for reading, read, fstat, getdents) as well
 *   FAULT_NEVER=RE  what matches it is not counted and always fails with EOPNOTSUPP: a file system has no such thing
 *   FAULT_PROGRAM=P only in the process of that name
 *   FAULT_LOG=FILE  appends "pid N name argument" of each counted call
 *   FAULT_HIT=FILE  is created when the fault was injected
 * Calls made through syscall(2) are seen; those that libc makes inside itself, and those of statically linked
 * programs, are not. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MANY = 512 };

static atomic_long counter;
static long fault_at;
static const char *fault_do, *hit_file;
static int fault_errno, log_fd = -1;
static bool active, all, have_match, have_never;
static regex_t match, never;

static const struct {
	const char *name;
	int value;
} errnos[] = {
	{"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EINTR", EINTR}, {"EACCES", EACCES}, {"ENOMEM", ENOMEM}, {"EMFILE", EMFILE},
	{"EDQUOT", EDQUOT}, {"EROFS", EROFS}, {"ENOSYS", ENOSYS}, {"EXDEV", EXDEV},
	{"ENOENT", ENOENT}, {"EAGAIN", EAGAIN},
};

/* Raw calls: what is below must not count itself. */
static long raw(long n, long a, long b, long c, long d)
{
	static long (*real)(long, ...);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	return real(n, a, b, c, d);
}

static bool own_process(void)
{
	const char *want = getenv("FAULT_PROGRAM");
	char name[64] = "";
	long fd;

	if (!want)
		return true;
	fd = raw(SYS_openat, AT_FDCWD, (long)"/proc/self/comm", O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	raw(SYS_read, fd, (long)name, sizeof(name) - 1, 0);
	raw(SYS_close, fd, 0, 0, 0);
	name[strcspn(name, "\n")] = 0;
	/* The kernel keeps 15 bytes of it. */
	return strncmp(name, want, 15) == 0;
}

__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("FAULT_AT"), *re = getenv("FAULT_MATCH"), *log = getenv("FAULT_LOG");
	const char *no = getenv("FAULT_NEVER");

	fault_at = at ? strtol(at, NULL, 10) : 0;
	fault_do = getenv("FAULT_DO");
	hit_file = getenv("FAULT_HIT");
	all = getenv("FAULT_ALL") != NULL;
	for (size_t i = 0; fault_do && i < sizeof(errnos) / sizeof(*errnos); i++)
		if (strcmp(fault_do, errnos[i].name) == 0)
			fault_errno = errnos[i].value;
	have_match = re && regcomp(&match, re, REG_EXTENDED | REG_NOSUB) == 0;
	have_never = no && regcomp(&never, no, REG_EXTENDED | REG_NOSUB) == 0;
	if (log)
		log_fd = (int)raw(SYS_openat, AT_FDCWD, (long)log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	active = own_process();
}

static void note_hit(void)
{
	long fd;

	if (!hit_file)
		return;
	fd = raw(SYS_openat, AT_FDCWD, (long)hit_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	raw(SYS_close, fd, 0, 0, 0);
}

enum act { GO, FAIL, SHORT };

/* One countable call. FAIL: errno is set. */
static enum act fault(const char *name, const char *argument)
{
	char line[MANY];
	long n;
	int len;

	if (!active)
		return GO;
	len = snprintf(line, sizeof(line), "%s %s", name, argument ? argument : "");
	if (have_never && regexec(&never, line, 0, NULL, 0) == 0) {
		errno = EOPNOTSUPP;
		return FAIL;
	}
	if (have_match && regexec(&match, line, 0, NULL, 0) != 0)
		return GO;
	n = atomic_fetch_add(&counter, 1) + 1;
	if (log_fd >= 0) {
		len = snprintf(line, sizeof(line), "%d %ld %s %s\n", (int)getpid(), n, name, argument ? argument : "");
		raw(SYS_write, log_fd, (long)line, len < MANY ? len : MANY - 1, 0);
	}
	if (n != fault_at || !fault_do)
		return GO;
	note_hit();
	if (strcmp(fault_do, "kill") == 0 || strcmp(fault_do, "segv") == 0)
		raw(SYS_kill, getpid(), fault_do[0] == 'k' ? SIGKILL : SIGSEGV, 0, 0);
	if (strcmp(fault_do, "short") == 0)
		return SHORT;
	errno = fault_errno;
	return FAIL;
}

static const char *of_fd(int fd, char buf[MANY])
{
	char link[64];
	long n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = raw(SYS_readlinkat, AT_FDCWD, (long)link, (long)buf, MANY - 1);
	buf[n > 0 ? n : 0] = 0;
	return buf;
}

#define REAL(type, name, ...) \
	static type (*real)(__VA_ARGS__);                                                                              \
	if (!real)                                                                                                     \
		*(void **)&real = dlsym(RTLD_NEXT, name);

/* A call that takes nothing but what it hands on. */
#define PLAIN(type, name, parameters, arguments, argument)                                                             \
	type name parameters;                                                                                          \
	type name parameters                                                                                           \
	{                                                                                                              \
		char what[MANY];                                                                                       \
		static type(*real) parameters;                                                                         \
		if (!real)                                                                                             \
			*(void **)&real = dlsym(RTLD_NEXT, #name);                                                     \
		(void)what;                                                                                            \
		return fault(#name, argument) == FAIL ? (type)-1 : real arguments;                                     \
	}

PLAIN(int, rename, (const char *from, const char *to), (from, to), from)
PLAIN(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), from)
PLAIN(int, renameat2, (int a, const char *from, int b, const char *to, unsigned f), (a, from, b, to, f), from)
PLAIN(int, link, (const char *from, const char *to), (from, to), from)
PLAIN(int, linkat, (int a, const char *from, int b, const char *to, int f), (a, from, b, to, f), from)
PLAIN(int, symlink, (const char *to, const char *at), (to, at), at)
PLAIN(int, symlinkat, (const char *to, int d, const char *at), (to, d, at), at)
PLAIN(int, unlink, (const char *path), (path), path)
PLAIN(int, unlinkat, (int d, const char *path, int f), (d, path, f), path)
PLAIN(int, rmdir, (const char *path), (path), path)
PLAIN(int, mkdir, (const char *path, mode_t m), (path, m), path)
PLAIN(int, mkdirat, (int d, const char *path, mode_t m), (d, path, m), path)
PLAIN(int, truncate, (const char *path, off_t n), (path, n), path)
PLAIN(int, ftruncate, (int fd, off_t n), (fd, n), of_fd(fd, what))
PLAIN(int, fallocate, (int fd, int m, off_t at, off_t n), (fd, m, at, n), of_fd(fd, what))
PLAIN(int, posix_fallocate, (int fd, off_t at, off_t n), (fd, at, n), of_fd(fd, what))
PLAIN(int, fsync, (int fd), (fd), of_fd(fd, what))
PLAIN(int, fdatasync, (int fd), (fd), of_fd(fd, what))
PLAIN(int, syncfs, (int fd), (fd), of_fd(fd, what))
PLAIN(int, chmod, (const char *path, mode_t m), (path, m), path)
PLAIN(int, fchmod, (int fd, mode_t m), (fd, m), of_fd(fd, what))
PLAIN(int, fchmodat, (int d, const char *path, mode_t m, int f), (d, path, m, f), path)
PLAIN(int, fchown, (int fd, uid_t u, gid_t g), (fd, u, g), of_fd(fd, what))
PLAIN(int, futimens, (int fd, const struct timespec t[2]), (fd, t), of_fd(fd, what))
PLAIN(int, utimensat, (int d, const char *path, const struct timespec t[2], int f), (d, path, t, f), path)
PLAIN(int, mkfifoat, (int d, const char *path, mode_t m), (d, path, m), path)

/* A close that fails has closed all the same. */
int close(int fd)
{
	char what[MANY];
	enum act a;

	REAL(int, "close", int)
	a = fault("close", of_fd(fd, what));
	if (a == FAIL) {
		int e = errno;

		real(fd);
		errno = e;
		return -1;
	}
	return real(fd);
}

ssize_t write(int fd, const void *p, size_t n)
{
	char what[MANY];
	enum act a;

	REAL(ssize_t, "write", int, const void *, size_t)
	a = fault("write", of_fd(fd, what));
	return a == FAIL ? -1 : real(fd, p, a == SHORT && n > 1 ? n / 2 : n);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	char what[MANY];
	enum act a;

	REAL(ssize_t, "pwrite", int, const void *, size_t, off_t)
	a = fault("pwrite", of_fd(fd, what));
	return a == FAIL ? -1 : real(fd, p, a == SHORT && n > 1 ? n / 2 : n, at);
}

ssize_t writev(int fd, const struct iovec *v, int count)
{
	char what[MANY];
	enum act a;

	REAL(ssize_t, "writev", int, const struct iovec *, int)
	a = fault("writev", of_fd(fd, what));
	return a == FAIL ? -1 : real(fd, v, a == SHORT && count > 1 ? 1 : count);
}

ssize_t copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t n, unsigned f)
{
	char what[MANY];
	enum act a;

	REAL(ssize_t, "copy_file_range", int, off_t *, int, off_t *, size_t, unsigned)
	a = fault("copy_file_range", of_fd(out, what));
	return a == FAIL ? -1 : real(in, in_at, out, out_at, a == SHORT && n > 1 ? n / 2 : n, f);
}

ssize_t sendfile(int out, int in, off_t *at, size_t n)
{
	char what[MANY];
	enum act a;

	REAL(ssize_t, "sendfile", int, int, off_t *, size_t)
	a = fault("sendfile", of_fd(out, what));
	return a == FAIL ? -1 : real(out, in, at, a == SHORT && n > 1 ? n / 2 : n);
}

ssize_t read(int fd, void *p, size_t n)
{
	char what[MANY];
	enum act a;

	REAL(ssize_t, "read", int, void *, size_t)
	a = all ? fault("read", of_fd(fd, what)) : GO;
	return a == FAIL ? -1 : real(fd, p, a == SHORT && n > 1 ? n / 2 : n);
}

ssize_t pread(int fd, void *p, size_t n, off_t at)
{
	char what[MANY];
	enum act a;

	REAL(ssize_t, "pread", int, void *, size_t, off_t)
	a = all ? fault("pread", of_fd(fd, what)) : GO;
	return a == FAIL ? -1 : real(fd, p, a == SHORT && n > 1 ? n / 2 : n, at);
}

static bool changes(int flags)
{
	return (flags & (O_CREAT | O_TRUNC)) || (flags & O_ACCMODE) != O_RDONLY || (flags & O_TMPFILE) == O_TMPFILE;
}

#define OPEN(name, parameters, arguments, last, path)                                                                  \
	int name parameters                                                                                            \
	{                                                                                                              \
		static int(*real)(const char *, int, ...);                                                             \
		mode_t mode = 0;                                                                                       \
		va_list ap;                                                                                            \
		va_start(ap, last);                                                                                    \
		if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE)                                             \
			mode = va_arg(ap, mode_t);                                                                     \
		va_end(ap);                                                                                            \
		if (!real)                                                                                             \
			*(void **)&real = dlsym(RTLD_NEXT, #name);                                                     \
		if ((all || changes(flags)) && fault(#name, path) == FAIL)                                             \
			return -1;                                                                                     \
		return real arguments;                                                                                 \
	}

OPEN(open, (const char *path, int flags, ...), (path, flags, mode), flags, path)
OPEN(open64, (const char *path, int flags, ...), (path, flags, mode), flags, path)

#define OPENAT(name)                                                                                                   \
	int name(int dir, const char *path, int flags, ...)                                                            \
	{                                                                                                              \
		static int (*real)(int, const char *, int, ...);                                                       \
		mode_t mode = 0;                                                                                       \
		va_list ap;                                                                                            \
		va_start(ap, flags);                                                                                   \
		if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE)                                             \
			mode = va_arg(ap, mode_t);                                                                     \
		va_end(ap);                                                                                            \
		if (!real)                                                                                             \
			*(void **)&real = dlsym(RTLD_NEXT, #name);                                                     \
		if ((all || changes(flags)) && fault(#name, path) == FAIL)                                             \
			return -1;                                                                                     \
		return real(dir, path, flags, mode);                                                                   \
	}

OPENAT(openat)
OPENAT(openat64)

/* Fortified builds open through these. */
int __openat_2(int dir, const char *path, int flags);
int __openat_2(int dir, const char *path, int flags)
{
	return openat(dir, path, flags);
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

/* What our own code calls by number, by the same names. */
static const char *numbered(long n, const long *a, bool *counts)
{
	*counts = true;
	switch (n) {
	case SYS_openat2:
		/* The first member of struct open_how is the flags. */
		*counts = all || changes((int)*(const unsigned long long *)a[2]);
		return "openat2";
	case SYS_renameat2:
		return "renameat2";
	case SYS_copy_file_range:
		return "copy_file_range";
	case SYS_syncfs:
		return "syncfs";
	case SYS_linkat:
		return "linkat";
	default:
		*counts = false;
		return "syscall";
	}
}

long syscall(long n, ...)
{
	static long (*real)(long, ...);
	long a[6];
	const char *name;
	bool counts;
	va_list ap;

	va_start(ap, n);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	name = numbered(n, a, &counts);
	if (counts && fault(name, n == SYS_openat2 || n == SYS_renameat2 ? (const char *)a[1] : "") == FAIL)
		return -1;
	return real(n, a[0], a[1], a[2], a[3], a[4], a[5]);
}
