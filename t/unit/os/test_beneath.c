#include "os/beneath.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[] = "/tmp/cp-unit-beneath-XXXXXX";
static int root;

/* Both ways must answer alike: errno, or 0 when it opens. */
static void check_both(struct span path, int flags, int want)
{
	int (*const ways[])(int, struct span, int, mode_t) = {beneath_open, beneath_open_steps};
	for (int i = 0; i < 2; i++) {
		errno = 0;
		int fd = ways[i](root, path, flags, 0600);
		int got = fd < 0 ? errno : 0;
		if (!CHECK_INT(got, want))
			printf("\t%.*s, way %d\n", (int)path.n, path.p, i);
		CHECK(fd < 0 || fcntl(fd, F_GETFD) == FD_CLOEXEC);
		if (fd >= 0)
			close(fd);
	}
}

static void test_open(void)
{
	static char name[300];
	memset(name, 'n', sizeof name);
	CHECK_INT(beneath_mkdirs(root, SPAN("d/e"), 0755), 0);
	CHECK(symlinkat("e", root, "d/link") == 0 && symlinkat("d/e/f", root, "f") == 0 &&
	      symlinkat("nowhere", root, "dangling") == 0);
	CHECK(symlinkat("/", root, "top") == 0 && symlinkat("self", root, "self") == 0);
	check_both(SPAN("d/e/f"), O_WRONLY | O_CREAT, 0);
	CHECK(unlinkat(root, "d/e/f", 0) == 0);
	int fd = beneath_open(root, SPAN("d/e/f"), O_WRONLY | O_CREAT, 0640);
	CHECK(fd >= 0);
	close(fd);
	check_both(SPAN("d/e/f"), O_WRONLY | O_CREAT | O_EXCL, EEXIST);
	check_both(SPAN("d/e/f"), O_RDONLY, 0);
	check_both((struct span){"d/e/fgh", 5}, O_RDONLY, 0);
	check_both(SPAN("d//e/./f"), O_RDONLY, 0);
	check_both(SPAN("."), O_RDONLY | O_DIRECTORY, 0);
	check_both(SPAN("d/e/f"), O_RDONLY | O_DIRECTORY, ENOTDIR);
	check_both(SPAN("d/e/f/g"), O_RDONLY, ENOTDIR);
	check_both(SPAN("d/x"), O_RDONLY, ENOENT);
	check_both(SPAN("x/f"), O_RDONLY, ENOENT);
	check_both(SPAN(""), O_RDONLY, ENOENT);
	check_both(SPAN("d/link/f"), O_RDONLY, ELOOP);
	check_both(SPAN("d/link"), O_RDONLY, ELOOP);
	check_both(SPAN("d/link"), O_RDONLY | O_DIRECTORY, ELOOP);
	check_both(SPAN("f"), O_RDONLY, ELOOP);
	check_both(SPAN("top/etc/passwd"), O_RDONLY, ELOOP);
	check_both(SPAN("self/x"), O_RDONLY, ELOOP);
	check_both(SPAN("dangling"), O_RDONLY, ELOOP);
	check_both(SPAN("dangling"), O_WRONLY | O_CREAT, ELOOP);
	check_both(SPAN("dangling"), O_WRONLY | O_CREAT | O_EXCL, EEXIST);
	check_both(SPAN("d/link"), O_PATH, 0); /* the link itself */
	check_both(SPAN("/etc/passwd"), O_RDONLY, EXDEV);
	check_both(SPAN("/"), O_RDONLY, EXDEV);
	check_both(SPAN(".."), O_RDONLY, EXDEV);
	check_both(SPAN("d/../d/e/f"), O_RDONLY, EXDEV);
	check_both(SPAN("d/e/.."), O_RDONLY, EXDEV);
	check_both(SPAN("../../etc/passwd"), O_RDONLY, EXDEV);
	check_both(SPAN("d\0/x"), O_RDONLY, EINVAL);
	check_both((struct span){name, 256}, O_RDONLY, ENAMETOOLONG);
	check_both((struct span){name, 255}, O_RDONLY, ENOENT);
}

static void test_magic(void)
{
	int saved = root;
	root = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0) {
		check_both(SPAN("cwd/etc"), O_RDONLY, ELOOP);
		check_both(SPAN("fd/0"), O_RDONLY, ELOOP);
		close(root);
	}
	root = saved;
}

/* A tree deeper than PATH_MAX: made, opened and its parent found; then taken down from the inside. */
static void test_deep(void)
{
	enum { LEVELS = 200, NAME = 200 };
	struct buf path = {0};
	struct beneath_parent parent = {.fd = -1};
	const char *name;
	for (int i = 0; i < LEVELS; i++) {
		if (i)
			buf_char(&path, '/');
		memset(buf_room(&path, NAME), 'a' + i % 26, NAME);
		path.n += NAME;
	}
	CHECK_INT(beneath_mkdirs(root, buf_span(&path), 0700), 0);
	CHECK_INT(beneath_mkdirs(root, buf_span(&path), 0700), 0);
	check_both(buf_span(&path), O_RDONLY | O_DIRECTORY, 0);
	buf_str(&path, "/file");
	check_both(buf_span(&path), O_RDONLY, ENOENT);
	int fd = beneath_open(root, buf_span(&path), O_WRONLY | O_CREAT, 0600);
	CHECK(fd >= 0);
	close(fd);
	int dir = beneath_parent(&parent, root, buf_span(&path), &name);
	CHECK(dir >= 0 && strcmp(name, "file") == 0 && unlinkat(dir, name, 0) == 0);
	for (path.n -= 5; path.n; path.n = path.n > NAME ? path.n - NAME - 1 : 0) {
		dir = beneath_parent(&parent, root, buf_span(&path), &name);
		if (!CHECK(dir >= 0 && unlinkat(dir, name, AT_REMOVEDIR) == 0))
			break;
	}
	beneath_parent_close(&parent);
	memset(buf_room(&path, PATH_MAX), 'x', PATH_MAX);
	path.n = PATH_MAX;
	check_both(buf_span(&path), O_RDONLY, ENAMETOOLONG);
	buf_free(&path);
}

static void test_parent(void)
{
	struct beneath_parent b = {.fd = -1};
	const char *name;
	int first = beneath_parent(&b, root, SPAN("d/e/f"), &name);
	CHECK(first >= 0 && first != root && faccessat(first, name, F_OK, 0) == 0);
	CHECK_INT(beneath_parent(&b, root, SPAN("d/e/a longer name than that before"), &name), first);
	CHECK_STR(name, "a longer name than that before");
	CHECK_INT(beneath_parent(&b, root, SPAN("d"), &name), root);
	CHECK_STR(name, "d");
	CHECK_INT(beneath_parent(&b, root, SPAN("d/e/f"), &name), first);
	CHECK_STR(name, "f");
	int other = beneath_parent(&b, root, SPAN("d/e"), &name);
	CHECK(other >= 0 && faccessat(other, "link", F_OK, AT_SYMLINK_NOFOLLOW) == 0);
	CHECK(beneath_parent(&b, root, SPAN("d/link/f"), &name) < 0 && errno == ELOOP);
	CHECK(beneath_parent(&b, root, SPAN("none/f"), &name) < 0 && errno == ENOENT);
	CHECK(beneath_parent(&b, root, SPAN("../f"), &name) < 0 && errno == EXDEV);
	CHECK(beneath_parent(&b, root, SPAN("/f"), &name) < 0 && beneath_parent(&b, root, SPAN(""), &name) < 0);
	CHECK(beneath_parent(&b, root, SPAN("d/"), &name) < 0 && beneath_parent(&b, root, SPAN("d/.."), &name) < 0);
	CHECK(beneath_parent(&b, root, SPAN(".."), &name) < 0 && beneath_parent(&b, root, SPAN("d/a\0b"), &name) < 0);
	CHECK(beneath_parent(&b, root, SPAN("d/e/f"), &name) >= 0);
	beneath_parent_close(&b);
	beneath_parent_close(&b);
	CHECK_INT(b.fd, -1);
}

static void test_mkdirs(void)
{
	struct stat st;
	CHECK(mkdirat(root, "kept", 0700) == 0 && fchmodat(root, "kept", 0710, 0) == 0);
	CHECK_INT(beneath_mkdirs(root, SPAN("kept/a/b"), 0750), 0);
	CHECK(fstatat(root, "kept", &st, 0) == 0 && (st.st_mode & 07777) == 0710);
	CHECK(fstatat(root, "kept/a/b", &st, 0) == 0 && (st.st_mode & 07777) == 0750);
	CHECK_INT(beneath_mkdirs(root, SPAN(""), 0750), 0);
	CHECK(beneath_mkdirs(root, SPAN("d/link/x"), 0750) < 0 && errno == ELOOP);
	CHECK(beneath_mkdirs(root, SPAN("dangling"), 0750) < 0 && errno == ELOOP);
	CHECK(beneath_mkdirs(root, SPAN("d/e/f/x"), 0750) < 0 && errno == ENOTDIR);
	CHECK(beneath_mkdirs(root, SPAN("d/e/f"), 0750) < 0 && errno == ENOTDIR);
	CHECK(beneath_mkdirs(root, SPAN("d/../x"), 0750) < 0 && errno == EXDEV);
	CHECK(beneath_mkdirs(root, SPAN("/tmp/x"), 0750) < 0 && errno == EXDEV);
	CHECK(faccessat(root, "d/e/x", F_OK, 0) < 0 && faccessat(root, "nowhere", F_OK, 0) < 0);
}

static void tidy(void)
{
	static const char *const names[] = {"d/e/f", "d/link", "f", "dangling", "top", "self"};
	static const char *const dirs[] = {"d/e", "d", "kept/a/b", "kept/a", "kept"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		CHECK(unlinkat(root, names[i], 0) == 0);
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		CHECK(unlinkat(root, dirs[i], AT_REMOVEDIR) == 0);
	CHECK(rmdir(scratch) == 0);
}

int main(void)
{
	umask(022);
	if (!mkdtemp(scratch) || (root = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return 1;
	test_open();
	test_magic();
	test_deep();
	test_parent();
	test_mkdirs();
	tidy();
	close(root);
	return unit_done();
}
