#include "os/in.h"
#include "os/lock.h"
#include "os/save.h"
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char scratch[] = "/tmp/cp-unit-save-XXXXXX";
static int dir;

static void make(const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write_all(fd, text, strlen(text)) < 0)
		exit(1);
	close(fd);
}

static void check_content(const char *name, const char *want)
{
	struct buf b = {0};
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && slurp_fd(fd, 1 << 20, &b) == 0);
	CHECK_STR(buf_cstr(&b), want);
	buf_free(&b);
	if (fd >= 0)
		close(fd);
}

static unsigned mode_of(const char *name)
{
	struct stat st;
	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode & 07777 : ~0u;
}

/* How many names there are. */
static unsigned entries(void)
{
	unsigned n = 0;
	DIR *d = opendir(scratch);
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n - 2;
}

static void empty_scratch(void)
{
	DIR *d = opendir(scratch);
	struct dirent *e;
	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && unlinkat(dir, e->d_name, 0) < 0)
			unlinkat(dir, e->d_name, AT_REMOVEDIR);
	if (d)
		closedir(d);
}

static int save_text(const char *name, const char *text, mode_t mode)
{
	struct save s;
	if (save_begin(&s, dir, name, mode) < 0)
		return -1;
	out_add(&s.out, text, strlen(text));
	return save_commit(&s);
}

static void test_plain(void)
{
	struct save s;
	mode_t mask = umask(077);
	CHECK_INT(save_text("a", "new", 0644), 0);
	check_content("a", "new");
	CHECK_INT(mode_of("a"), 0644);
	CHECK_INT(save_text("a", "", 0444), 0);
	check_content("a", "");
	CHECK_INT(mode_of("a"), 0444);
	umask(mask);
	CHECK_INT(save_begin(&s, dir, "a", 0600), 0);
	CHECK_INT(mode_of(".a.new"), 0600);
	out_add(&s.out, "half", 4);
	CHECK_INT(out_flush(&s.out), 0);
	check_content("a", "");
	save_abort(&s);
	save_abort(&s);
	CHECK_INT(entries(), 1);
	/* With AT_FDCWD any path, its own directory. */
	struct buf path = {0};
	buf_printf(&path, "%s/deep", scratch);
	CHECK_INT(save_begin(&s, AT_FDCWD, buf_cstr(&path), 0640), 0);
	out_add(&s.out, "x", 1);
	CHECK_INT(save_commit(&s), 0);
	check_content("deep", "x");
	buf_str(&path, "/no/where");
	CHECK(save_begin(&s, AT_FDCWD, buf_cstr(&path), 0640) < 0 && errno == ENOTDIR);
	save_abort(&s);
	CHECK(chdir(scratch) == 0 && save_begin(&s, AT_FDCWD, "here", 0640) == 0 && save_commit(&s) == 0 &&
	      chdir("/") == 0);
	CHECK_INT(mode_of("here"), 0640);
	buf_free(&path);
	empty_scratch();
}

static void test_names(void)
{
	static const char *const bad[] = {"", ".", "..", "a/b", "/", "a/"};
	struct save s;
	char name[256];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(save_begin(&s, dir, bad[i], 0600) < 0 && errno == EINVAL);
	memset(name, 'n', 255);
	name[255] = '\0';
	CHECK(save_begin(&s, dir, name, 0600) < 0 && errno == ENAMETOOLONG);
	name[250] = '\0';
	CHECK_INT(save_text(name, "x", 0600), 0);
	CHECK_INT(save_text("new\nline\xff", "x", 0600), 0);
	CHECK_INT(entries(), 2);
	empty_scratch();
}

/* What lies at the temporary's place. */
static void test_stale(void)
{
	struct stat before, after;
	make("a", "old");
	make(".a.new", "left by a kill");
	CHECK(fstatat(dir, ".a.new", &before, 0) == 0);
	int held = openat(dir, ".a.new", O_RDWR | O_CLOEXEC);
	CHECK_INT(save_text("a", "taken", 0600), 0);
	check_content("a", "taken");
	CHECK(fstatat(dir, "a", &after, 0) == 0 && before.st_ino != after.st_ino);
	close(held);

	CHECK(symlinkat("a", dir, ".a.new") == 0);
	CHECK(save_text("a", "no", 0600) < 0 && errno == ELOOP);
	check_content("a", "taken");
	CHECK(unlinkat(dir, ".a.new", 0) == 0 && linkat(dir, "a", dir, ".a.new", 0) == 0);
	CHECK(save_text("a", "no", 0600) < 0 && errno == EEXIST);
	check_content("a", "taken");
	CHECK(unlinkat(dir, ".a.new", 0) == 0 && mkfifoat(dir, ".a.new", 0600) == 0);
	CHECK(save_text("a", "no", 0600) < 0 && errno == EEXIST);
	CHECK(unlinkat(dir, ".a.new", 0) == 0 && mkdirat(dir, ".a.new", 0700) == 0);
	CHECK(save_text("a", "no", 0600) < 0 && errno == EISDIR);
	check_content("a", "taken");
	CHECK(unlinkat(dir, ".a.new", AT_REMOVEDIR) == 0);
	if (geteuid() == 0) {
		make(".a.new", "a trap");
		CHECK(fchownat(dir, ".a.new", 65534, 65534, 0) == 0);
		CHECK(save_text("a", "no", 0600) < 0 && errno == EEXIST);
		check_content(".a.new", "a trap");
	}
	empty_scratch();
}

static void test_held(void)
{
	struct save one, two;
	make("a", "old");
	CHECK_INT(save_begin(&one, dir, "a", 0600), 0);
	CHECK(save_begin(&two, dir, "a", 0600) < 0 && errno == EBUSY);
	save_abort(&two);
	CHECK(save_begin(&two, dir, "b", 0600) == 0);
	save_abort(&two);
	out_add(&one.out, "one", 3);
	CHECK_INT(save_commit(&one), 0);
	check_content("a", "one");

	/* Somebody takes the temporary away, or puts another in its place: that is not ours to rename or remove. */
	CHECK_INT(save_begin(&one, dir, "a", 0600), 0);
	CHECK(unlinkat(dir, ".a.new", 0) == 0);
	CHECK(save_commit(&one) < 0 && errno == ENOENT);
	CHECK_INT(save_begin(&one, dir, "a", 0600), 0);
	CHECK(unlinkat(dir, ".a.new", 0) == 0);
	make(".a.new", "foreign");
	CHECK(save_commit(&one) < 0);
	check_content(".a.new", "foreign");
	check_content("a", "one");
	empty_scratch();
}

static void test_failures(void)
{
	struct save s;
	CHECK(mkdirat(dir, "a", 0700) == 0);
	CHECK(save_text("a", "no", 0600) < 0 && errno == EISDIR);
	CHECK_INT(entries(), 1);
	CHECK(unlinkat(dir, "a", AT_REMOVEDIR) == 0);

	/* The disk is full, as far as this process can tell. */
	struct rlimit was, small;
	char *text = xcalloc(1, 200000);
	make("a", "old");
	signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &was) == 0);
	small = was;
	small.rlim_cur = 100000;
	CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
	CHECK_INT(save_begin(&s, dir, "a", 0600), 0);
	out_add(&s.out, text, 200000);
	CHECK(save_commit(&s) < 0 && errno == EFBIG);
	CHECK(setrlimit(RLIMIT_FSIZE, &was) == 0);
	check_content("a", "old");
	CHECK_INT(entries(), 1);
	free(text);

	/* The old name is a symlink: the link is replaced, not what it points at. */
	CHECK(symlinkat("a", dir, "link") == 0);
	CHECK_INT(save_text("link", "new", 0600), 0);
	check_content("a", "old");
	check_content("link", "new");
	empty_scratch();
}

static _Noreturn void save_often(char mark)
{
	char text[1001];
	memset(text, mark, 1000);
	text[1000] = '\0';
	for (int i = 0; i < 60; i++)
		if (save_text("race", text, 0600) < 0 && errno != EBUSY)
			_exit(1);
	_exit(0);
}

/* Four at once, and a fifth that is killed in the middle: each look sees one whole text. */
static void test_race(void)
{
	pid_t pid[5];
	unsigned wrong = 0;
	CHECK_INT(save_text("race", "0", 0600), 0);
	for (int i = 0; i < 5; i++)
		if ((pid[i] = fork()) == 0)
			save_often((char)('a' + i));
	for (int i = 0; i < 200; i++) {
		struct buf b = {0};
		int fd = openat(dir, "race", O_RDONLY | O_CLOEXEC);
		wrong += fd < 0 || slurp_fd(fd, 5000, &b) < 0 || (b.n != 1 && b.n != 1000) || b.p[0] != b.p[b.n - 1];
		buf_free(&b);
		close(fd);
		if (i == 20)
			kill(pid[4], SIGKILL);
	}
	CHECK_INT(wrong, 0);
	for (int i = 0; i < 5; i++) {
		int status;
		CHECK(waitpid(pid[i], &status, 0) == pid[i] && (i == 4 || status == 0));
	}
	CHECK_INT(save_text("race", "end", 0600), 0);
	check_content("race", "end");
	CHECK_INT(entries(), 1);
	empty_scratch();
}

static void test_locks(void)
{
	make("lock", "");
	int a = openat(dir, "lock", O_RDWR | O_CLOEXEC), b = openat(dir, "lock", O_RDWR | O_CLOEXEC);
	CHECK(lock_shared(a, false) == 0 && lock_shared(b, false) == 0);
	CHECK(lock_exclusive(a, false) < 0 && errno == EAGAIN);
	close(b);
	CHECK_INT(lock_exclusive(a, true), 0);
	b = openat(dir, "lock", O_RDWR | O_CLOEXEC);
	CHECK(lock_shared(b, false) < 0 && errno == EAGAIN);
	pid_t pid = fork();
	if (pid == 0) {
		close(a);
		_exit(lock_exclusive(b, true) == 0 ? 0 : 1);
	}
	usleep(20000);
	close(a);
	int status;
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	close(b);
	int path = openat(dir, ".", O_PATH | O_CLOEXEC);
	CHECK(sync_dir(path) == 0 && sync_dir(dir) == 0 && sync_dir(AT_FDCWD) == 0 && sync_dir(-1) < 0);
	close(path);
	empty_scratch();
}

/* A fresh one replaces nothing; an unsynced one is there all the same; synced early, it can still be given up. */
static void test_kinds(void)
{
	struct save s;

	empty_scratch();
	make("there", "old");
	CHECK(save_begin(&s, dir, "there", 0644) == 0);
	s.fresh = true;
	out_add(&s.out, "new", 3);
	errno = 0;
	CHECK(save_commit(&s) < 0 && errno == EEXIST);
	check_content("there", "old");
	CHECK(save_begin(&s, dir, "new", 0600) == 0);
	s.fresh = true;
	out_add(&s.out, "new", 3);
	CHECK(save_commit(&s) == 0);
	check_content("new", "new");
	CHECK(save_begin(&s, dir, "quick", 0644) == 0);
	s.unsynced = true;
	out_add(&s.out, "x", 1);
	CHECK(save_commit(&s) == 0);
	check_content("quick", "x");
	CHECK(save_begin(&s, dir, "there", 0444) == 0);
	out_add(&s.out, "more", 4);
	CHECK(save_sync(&s) == 0);
	save_abort(&s);
	check_content("there", "old");
	CHECK_INT(entries(), 3);
}

/* Bytes of one file are locks of their own. */
static void test_byte_locks(void)
{
	int a, b;

	empty_scratch();
	make("lock", "");
	a = openat(dir, "lock", O_RDWR | O_CLOEXEC);
	b = openat(dir, "lock", O_RDWR | O_CLOEXEC);
	CHECK(lock_exclusive_at(a, 0, false) == 0 && lock_exclusive_at(b, 1, false) == 0);
	CHECK(lock_exclusive_at(b, 0, false) < 0 && errno == EAGAIN);
	CHECK(lock_shared_at(b, 0, false) < 0 && errno == EAGAIN);
	CHECK(unlock_at(a, 0) == 0 && lock_shared_at(b, 0, false) == 0 && lock_shared_at(a, 0, false) == 0);
	CHECK(lock_exclusive_at(a, 0, false) < 0 && errno == EAGAIN);
	CHECK(lock_exclusive_at(a, 1, false) < 0 && errno == EAGAIN);
	close(b);
	CHECK(lock_exclusive_at(a, 0, false) == 0 && lock_exclusive_at(a, 1, true) == 0);
	close(a);
}

/* Whole or not there, and never in anybody's place. */
static void test_new(void)
{
	struct rlimit old, small = {10, 10};
	empty_scratch();
	mode_t mask = umask(0277);
	CHECK_INT(save_new(dir, "k", SPAN("secret")), 0);
	umask(mask);
	check_content("k", "secret");
	CHECK_INT(mode_of("k"), 0600);
	CHECK_INT(save_new(dir, "k", SPAN("other")), -1);
	CHECK_INT(errno, EEXIST);
	check_content("k", "secret");
	CHECK_INT(symlinkat("nowhere", dir, "l"), 0);
	CHECK_INT(save_new(dir, "l", SPAN("other")), -1);
	CHECK_INT(errno, EEXIST);
	CHECK_INT(entries(), 2);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	CHECK_INT(save_new(dir, "n", SPAN("more than there is room for")), -1);
	CHECK_INT(errno, EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	CHECK_INT(entries(), 2);
}

int main(void)
{
	if (!mkdtemp(scratch) || (dir = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return 1;
	test_plain();
	test_names();
	test_stale();
	test_held();
	test_failures();
	test_race();
	test_locks();
	test_byte_locks();
	test_kinds();
	test_new();
	empty_scratch();
	close(dir);
	rmdir(scratch);
	return unit_done();
}
