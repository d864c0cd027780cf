/* Preloaded into a program under test: counts the calls that change something and makes the N-th of them fail, fall
 * short, or be the program's last.
 *   FAULT_AT=N      which call (1-based); 0 or unset: none, only count
 *   FAULT_DO=WHAT   kill (SIGKILL before the call), group (SIGKILL to the whole process group), segv (SIGSEGV), short
 *                   (half a write), cut (the file system of FAULT_CUT is shut down as if the power went, then
 *                   SIGKILL), or the name of an errno: EIO ...
 *   FAULT_COUNT=FILE  counts there, together with all other processes that do: FILE holds a long
 *   FAULT_MATCH=RE  only calls whose "name argument" matches this extended regular expression are counted
 *   FAULT_ALL=1     counts reading calls (open for reading, read, fstat, getdents) as well
 *   FAULT_NEVER=RE  what matches it is not counted and always fails with EOPNOTSUPP: a file system has no such thing
 *   FAULT_PROGRAM=P only in the process of that name
 *   FAULT_LOG=FILE  appends "pid N name argument" of each counted call
 *   FAULT_HIT=FILE  is created when the fault was injected
 *   FAULT_RECORD=FILE  appends what each counted call that went well has done, for replay.c: a line "name number length
 *                   path TAB path", absolute, and length bytes of what was written
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
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MANY = 512 };

static atomic_long own_counter, *counter = &own_counter;
static long fault_at;
static const char *fault_do, *hit_file;
static int fault_errno, log_fd = -1, record_fd = -1;
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

static void count_together(const char *file)
{
	long fd = raw(SYS_openat, AT_FDCWD, (long)file, O_RDWR | O_CLOEXEC, 0);
	void *p = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);

	if (p != MAP_FAILED)
		counter = p;
	raw(SYS_close, fd, 0, 0, 0);
}

__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("FAULT_AT"), *re = getenv("FAULT_MATCH"), *log = getenv("FAULT_LOG");
	const char *no = getenv("FAULT_NEVER"), *keep = getenv("FAULT_RECORD");

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
	if (keep)
		record_fd = (int)raw(SYS_openat, AT_FDCWD, (long)keep, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	active = own_process();
	if (getenv("FAULT_COUNT"))
		count_together(getenv("FAULT_COUNT"));
}

static void note_hit(void)
{
	long fd;

	if (!hit_file)
		return;
	fd = raw(SYS_openat, AT_FDCWD, (long)hit_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	raw(SYS_close, fd, 0, 0, 0);
}

/* What was not synced is lost: the journal is not written out either. */
static void cut_power(void)
{
	unsigned how = 2; /* FSOP_GOING_FLAGS_NOLOGFLUSH */
	long fd = raw(SYS_openat, AT_FDCWD, (long)getenv("FAULT_CUT"), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	if (fd < 0 || raw(SYS_ioctl, fd, _IOR('X', 125, unsigned), (long)&how, 0) != 0)
		abort();
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
	n = atomic_fetch_add(counter, 1) + 1;
	if (log_fd >= 0) {
		len = snprintf(line, sizeof(line), "%d %ld %s %s\n", (int)getpid(), n, name, argument ? argument : "");
		raw(SYS_write, log_fd, (long)line, len < MANY ? len : MANY - 1, 0);
	}
	if (n != fault_at || !fault_do)
		return GO;
	note_hit();
	if (strcmp(fault_do, "cut") == 0)
		cut_power();
	if (strcmp(fault_do, "kill") == 0 || strcmp(fault_do, "segv") == 0 || strcmp(fault_do, "cut") == 0)
		raw(SYS_kill, getpid(), fault_do[0] == 's' ? SIGSEGV : SIGKILL, 0, 0);
	if (strcmp(fault_do, "group") == 0)
		raw(SYS_kill, 0, SIGKILL, 0, 0);
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

/* --- what it did --- */

static void path_of(int dir, const char *path, char to[2 * MANY])
{
	char above[MANY] = "";
	long n;

	if (path && path[0] == '/') {
		snprintf(to, 2 * MANY, "%s", path);
		return;
	}
	if (dir == AT_FDCWD) {
		n = raw(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/cwd", (long)above, MANY - 1);
		above[n > 0 ? n : 0] = 0;
	} else {
		of_fd(dir, above);
	}
	snprintf(to, 2 * MANY, "%s%s%s", above, path && *path ? "/" : "", path ? path : "");
}

/* An open descriptor (path NULL) or a path beneath one, twice where the call has two. */
static void record2(const char *name, long number, int a, const char *from, int b, const char *to)
{
	char one[2 * MANY], two[2 * MANY] = "", line[5 * MANY];
	int saved = errno, len;

	if (!active || record_fd < 0)
		return;
	path_of(a, from, one);
	if (to)
		path_of(b, to, two);
	len = snprintf(line, sizeof line, "%s %ld 0 %s\t%s\n", name, number, one, two);
	raw(SYS_write, record_fd, (long)line, len, 0);
	errno = saved;
}

static void record(const char *name, long number, int a, const char *path)
{
	record2(name, number, a, path, 0, NULL);
}

static void record_write(int fd, const void *p, long n, long at)
{
	char one[2 * MANY], line[3 * MANY];
	int saved = errno, len;

	if (!active || record_fd < 0 || n <= 0)
		return;
	path_of(fd, NULL, one);
	if (at < 0)
		at = raw(SYS_lseek, fd, 0, SEEK_CUR, 0) - n;
	len = snprintf(line, sizeof line, "write %ld %ld %s\t\n", at, n, one);
	raw(SYS_write, record_fd, (long)line, len, 0);
	raw(SYS_write, record_fd, (long)p, n, 0);
	errno = saved;
}

/* The mode that it came to have. */
static void record_made(const char *name, int dir, const char *path)
{
	struct stat st;
	int saved = errno;

	if (active && record_fd >= 0 && fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		record(name, st.st_mode & 07777, dir, path);
	errno = saved;
}

static void record_open(int fd, int flags)
{
	struct stat st;
	int saved = errno;

	if (fd >= 0 && active && record_fd >= 0 && fstat(fd, &st) == 0)
		record((flags & O_TMPFILE) == O_TMPFILE ? "tmpfile"
		       : flags & O_TRUNC		? "open-trunc"
							: "open",
		       st.st_mode & 07777, fd, NULL);
	errno = saved;
}

#define REAL(type, name, ...) \
	static type (*real)(__VA_ARGS__);                                                                              \
	if (!real)                                                                                                     \
		*(void **)&real = dlsym(RTLD_NEXT, name);

/* A call that takes nothing but what it hands on. */
#define PLAIN(type, name, parameters, arguments, argument, done)                                                       \
	type name parameters;                                                                                          \
	type name parameters                                                                                           \
	{                                                                                                              \
		char what[MANY];                                                                                       \
		static type(*real) parameters;                                                                         \
		type result;                                                                                           \
		if (!real)                                                                                             \
			*(void **)&real = dlsym(RTLD_NEXT, #name);                                                     \
		(void)what;                                                                                            \
		if (fault(#name, argument) == FAIL)                                                                    \
			return (type)-1;                                                                               \
		result = real arguments;                                                                               \
		if (result == 0)                                                                                       \
			done;                                                                                          \
		return result;                                                                                         \
	}
#define HERE AT_FDCWD

PLAIN(int, rename, (const char *from, const char *to), (from, to), from, record2("rename", 0, HERE, from, HERE, to))
PLAIN(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), from,
	record2("rename", 0, a, from, b, to))
PLAIN(int, renameat2, (int a, const char *from, int b, const char *to, unsigned f), (a, from, b, to, f), from,
	record2("rename", f, a, from, b, to))
PLAIN(int, link, (const char *from, const char *to), (from, to), from, record2("link", 0, HERE, from, HERE, to))
PLAIN(int, linkat, (int a, const char *from, int b, const char *to, int f), (a, from, b, to, f), from,
	record2("link", f, a, from, b, to))
PLAIN(int, symlink, (const char *to, const char *at), (to, at), at, record("symlink", 0, HERE, at))
PLAIN(int, symlinkat, (const char *to, int d, const char *at), (to, d, at), at, record("symlink", 0, d, at))
PLAIN(int, unlink, (const char *path), (path), path, record("unlink", 0, HERE, path))
PLAIN(int, unlinkat, (int d, const char *path, int f), (d, path, f), path,
	record(f & AT_REMOVEDIR ? "rmdir" : "unlink", 0, d, path))
PLAIN(int, rmdir, (const char *path), (path), path, record("rmdir", 0, HERE, path))
PLAIN(int, mkdir, (const char *path, mode_t m), (path, m), path, record_made("mkdir", HERE, path))
PLAIN(int, mkdirat, (int d, const char *path, mode_t m), (d, path, m), path, record_made("mkdir", d, path))
PLAIN(int, truncate, (const char *path, off_t n), (path, n), path, record("truncate", n, HERE, path))
PLAIN(int, ftruncate, (int fd, off_t n), (fd, n), of_fd(fd, what), record("truncate", n, fd, NULL))
PLAIN(int, fallocate, (int fd, int m, off_t at, off_t n), (fd, m, at, n), of_fd(fd, what),
	record("fallocate", n, fd, NULL))
PLAIN(int, posix_fallocate, (int fd, off_t at, off_t n), (fd, at, n), of_fd(fd, what), record("fallocate", n, fd, NULL))
PLAIN(int, fsync, (int fd), (fd), of_fd(fd, what), record("fsync", 0, fd, NULL))
PLAIN(int, fdatasync, (int fd), (fd), of_fd(fd, what), record("fdatasync", 0, fd, NULL))
PLAIN(int, syncfs, (int fd), (fd), of_fd(fd, what), record("syncfs", 0, fd, NULL))
PLAIN(int, chmod, (const char *path, mode_t m), (path, m), path, record("chmod", m, HERE, path))
PLAIN(int, fchmod, (int fd, mode_t m), (fd, m), of_fd(fd, what), record("chmod", m, fd, NULL))
PLAIN(int, fchmodat, (int d, const char *path, mode_t m, int f), (d, path, m, f), path, record("chmod", m, d, path))
PLAIN(int, fchown, (int fd, uid_t u, gid_t g), (fd, u, g), of_fd(fd, what), record("chown", 0, fd, NULL))
PLAIN(int, futimens, (int fd, const struct timespec t[2]), (fd, t), of_fd(fd, what), record("times", 0, fd, NULL))
PLAIN(int, utimensat, (int d, const char *path, const struct timespec t[2], int f), (d, path, t, f), path,
	record("times", 0, d, path))
PLAIN(int, mkfifoat, (int d, const char *path, mode_t m), (d, path, m), path, record("mkfifo", m, d, path))

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
	ssize_t done;

	REAL(ssize_t, "write", int, const void *, size_t)
	a = fault("write", of_fd(fd, what));
	if (a == FAIL)
		return -1;
	done = real(fd, p, a == SHORT && n > 1 ? n / 2 : n);
	record_write(fd, p, done, -1);
	return done;
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	char what[MANY];
	enum act a;
	ssize_t done;

	REAL(ssize_t, "pwrite", int, const void *, size_t, off_t)
	a = fault("pwrite", of_fd(fd, what));
	if (a == FAIL)
		return -1;
	done = real(fd, p, a == SHORT && n > 1 ? n / 2 : n, at);
	record_write(fd, p, done, at);
	return done;
}

ssize_t writev(int fd, const struct iovec *v, int count)
{
	char what[MANY];
	enum act a;

	REAL(ssize_t, "writev", int, const struct iovec *, int)
	a = fault("writev", of_fd(fd, what));
	if (a != FAIL)
		record("writev", 0, fd, NULL);
	return a == FAIL ? -1 : real(fd, v, a == SHORT && count > 1 ? 1 : count);
}

ssize_t copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t n, unsigned f)
{
	char what[MANY];
	enum act a;

	REAL(ssize_t, "copy_file_range", int, off_t *, int, off_t *, size_t, unsigned)
	a = fault("copy_file_range", of_fd(out, what));
	if (a != FAIL)
		record("copy_file_range", 0, out, NULL);
	return a == FAIL ? -1 : real(in, in_at, out, out_at, a == SHORT && n > 1 ? n / 2 : n, f);
}

ssize_t sendfile(int out, int in, off_t *at, size_t n)
{
	char what[MANY];
	enum act a;

	REAL(ssize_t, "sendfile", int, int, off_t *, size_t)
	a = fault("sendfile", of_fd(out, what));
	if (a != FAIL)
		record("sendfile", 0, out, NULL);
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
		int fd;                                                                                                \
		va_list ap;                                                                                            \
		va_start(ap, last);                                                                                    \
		if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE)                                             \
			mode = va_arg(ap, mode_t);                                                                     \
		va_end(ap);                                                                                            \
		if (!real)                                                                                             \
			*(void **)&real = dlsym(RTLD_NEXT, #name);                                                     \
		if ((all || changes(flags)) && fault(#name, path) == FAIL)                                             \
			return -1;                                                                                     \
		fd = real arguments;                                                                                   \
		if (changes(flags))                                                                                    \
			record_open(fd, flags);                                                                        \
		return fd;                                                                                             \
	}

OPEN(open, (const char *path, int flags, ...), (path, flags, mode), flags, path)
OPEN(open64, (const char *path, int flags, ...), (path, flags, mode), flags, path)

#define OPENAT(name)                                                                                                   \
	int name(int dir, const char *path, int flags, ...)                                                            \
	{                                                                                                              \
		static int (*real)(int, const char *, int, ...);                                                       \
		mode_t mode = 0;                                                                                       \
		int fd;                                                                                                \
		va_list ap;                                                                                            \
		va_start(ap, flags);                                                                                   \
		if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE)                                             \
			mode = va_arg(ap, mode_t);                                                                     \
		va_end(ap);                                                                                            \
		if (!real)                                                                                             \
			*(void **)&real = dlsym(RTLD_NEXT, #name);                                                     \
		if ((all || changes(flags)) && fault(#name, path) == FAIL)                                             \
			return -1;                                                                                     \
		fd = real(dir, path, flags, mode);                                                                     \
		if (changes(flags))                                                                                    \
			record_open(fd, flags);                                                                        \
		return fd;                                                                                             \
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

static void record_number(long n, const long *a, long result)
{
	int flags = n == SYS_openat2 ? (int)*(const unsigned long long *)a[2] : 0;

	if (n == SYS_openat2 && changes(flags))
		record_open((int)result, flags);
	else if (n == SYS_renameat2)
		record2("rename", a[4], (int)a[0], (const char *)a[1], (int)a[2], (const char *)a[3]);
	else if (n == SYS_syncfs)
		record("syncfs", 0, (int)a[0], NULL);
	else if (n == SYS_linkat)
		record2("link", a[4], (int)a[0], (const char *)a[1], (int)a[2], (const char *)a[3]);
	else if (n == SYS_copy_file_range)
		record("copy_file_range", 0, (int)a[2], NULL);
}

long syscall(long n, ...)
{
	static long (*real)(long, ...);
	long a[6];
	const char *name;
	bool counts;
	long result;
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
	result = real(n, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (counts && result >= 0)
		record_number(n, a, result);
	return result;
}
