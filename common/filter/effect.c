#include "filter/effect.h"

#include "filter/share.h"
#include "os/beneath.h"
#include "os/env.h"
#include "os/in.h"
#include "os/lock.h"
#include "os/out.h"
#include "os/save.h"
#include "os/spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SPOOL_MEMORY = 8 << 20 };

struct spool {
	struct buf memory;
	int fd; /* -1 until memory is full; then everything is there */
	struct out out;
	struct in in;
	bool reading;
};

struct spool *spool_new(void)
{
	struct spool *s = xcalloc(1, sizeof *s);

	s->fd = -1;
	return s;
}

int temporary_file(void)
{
	int fd = temp_open();

	if (fd < 0)
		sys_fail(errno, "unable to make a temporary file in %s", env_tmpdir() ? env_tmpdir() : "/tmp");
	return fd;
}

static void spill(struct spool *s)
{
	s->fd = temporary_file();
	out_open(&s->out, s->fd);
	out_add(&s->out, s->memory.p, s->memory.n);
	buf_free(&s->memory);
}

void spool_add(struct spool *s, struct span line)
{
	if (s->fd < 0 && s->memory.n + line.n > SPOOL_MEMORY)
		spill(s);
	if (s->fd < 0) {
		buf_span_add(&s->memory, line);
		buf_char(&s->memory, '\n');
		return;
	}
	out_add(&s->out, line.p, line.n);
	out_add(&s->out, "\n", 1);
	if (s->out.error)
		sys_fail(s->out.error, "unable to write a temporary file");
}

void spool_rewind(struct spool *s)
{
	if (s->fd >= 0) {
		if (out_flush(&s->out) != 0 || lseek(s->fd, 0, SEEK_SET) < 0)
			sys_fail(errno, "unable to write a temporary file");
		in_close(&s->in);
		in_open(&s->in, s->fd, RECORD_BYTES);
	}
	s->in.start = 0;
	s->reading = true;
}

static bool next_in_memory(struct spool *s, struct span *line)
{
	const char *p, *end;

	if (s->in.start == s->memory.n)
		return false;
	p = s->memory.p + s->in.start;
	end = memchr(p, '\n', s->memory.n - s->in.start);
	*line = (struct span){p, (size_t)(end - p)};
	s->in.start += line->n + 1;
	return true;
}

bool spool_next(struct spool *s, struct span *line)
{
	enum in_result got;

	if (!s->reading)
		spool_rewind(s);
	if (s->fd < 0)
		return next_in_memory(s, line);
	got = in_line(&s->in, line);
	if (got != IN_LINE && got != IN_END)
		sys_fail(got == IN_ERROR ? errno : EIO, "unable to read a temporary file back");
	return got == IN_LINE;
}

void spool_emit(struct spool *s)
{
	struct span line;

	spool_rewind(s);
	while (spool_next(s, &line))
		emit_line(line);
}

void spool_free(struct spool *s)
{
	if (s->fd >= 0) {
		in_close(&s->in);
		buf_free(&s->out.b);
		close(s->fd);
	}
	buf_free(&s->memory);
	free(s);
}

static int lock = -1; /* the plane's, once it is taken */

static void take_lock(int root, bool wait)
{
	if (beneath_mkdirs(root, SPAN(".cp"), 0700) != 0)
		sys_fail(errno, "unable to make %s/.cp", filter_root());
	lock = beneath_open(root, SPAN(".cp/lock"), O_RDWR | O_CREAT, 0600);
	if (lock < 0)
		sys_fail(errno, "unable to open the lock %s/.cp/lock", filter_root());
	if (lock_exclusive(lock, wait) != 0)
		sys_fail(errno == EAGAIN ? 0 : errno, "unable to lock the plane %s: it is being changed, or swept",
			 filter_root());
}

void effect_unlock(void)
{
	if (lock >= 0)
		close(lock);
	lock = -1;
}

static int open_root(void)
{
	int root = open(filter_root(), O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		sys_fail(errno, "unable to open the root %s", filter_root());
	return root;
}

int effect_lock(bool wait)
{
	int root = open_root();

	if (!filter_dry_run())
		take_lock(root, wait);
	return root;
}

bool effect_interrupted(int root)
{
	int fd = beneath_open(root, SPAN(".cp/txn"), O_RDONLY | O_DIRECTORY, 0);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	bool any = false;

	if (!d && (fd >= 0 || (errno != ENOENT && errno != EACCES)))
		sys_fail(errno, "unable to look at %s/.cp/txn", filter_root());
	while (d && !any && (e = readdir(d)))
		any = strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	if (d)
		closedir(d);
	return any;
}

static void run_recover(void)
{
	struct buf program = {0};
	char root[] = "--root";
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), status;
	pid_t pid;

	share_program(&program, "cp-recover");
	char *argv[] = {(char *)(uintptr_t)buf_cstr(&program), root, (char *)(uintptr_t)filter_root(), NULL};
	pid = null < 0 ? -1 : spawn(argv, null, null, -1);
	status = pid < 0 ? -1 : spawn_wait(pid);
	if (status < 0)
		sys_fail(errno, "unable to run %s", buf_cstr(&program));
	if (status > STATUS_NO) {
		complain("unable to begin: an earlier change of %s was interrupted, and cp-recover could not finish it",
			 filter_root());
		filter_abandon(status <= STATUS_SYSTEM ? (enum status)status : STATUS_SYSTEM);
	}
	close(null);
	buf_free(&program);
}

bool effect_poisoned(int root)
{
	struct stat st;
	int dir = beneath_open(root, SPAN("ledger"), O_RDONLY | O_DIRECTORY, 0);
	bool is = dir >= 0 && fstatat(dir, "packages.jsonl.poisoned", &st, AT_SYMLINK_NOFOLLOW) == 0;

	if (dir >= 0)
		close(dir);
	return is;
}

int effect_begin(bool wait)
{
	enum { TRIES = 8 };
	int root = open_root();

	for (int i = 0; !filter_dry_run(); i++) {
		take_lock(root, wait);
		if (!effect_interrupted(root) && !effect_poisoned(root))
			return root;
		effect_unlock();
		if (i == TRIES)
			sys_fail(0, "unable to begin: changes of %s are interrupted again and again", filter_root());
		run_recover();
	}
	return root;
}
