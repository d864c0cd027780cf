#include "os/walk.h"

#include "data/relpath.h"
#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

static char root_path[] = "/tmp/walk-XXXXXX";

static void make(const char *dir, const char *file)
{
	CHECK(mkdir(dir, 0755) == 0 || access(dir, F_OK) == 0);
	if (file)
		close(open(file, O_WRONLY | O_CREAT, 0644));
}

/* Goes down `levels` directories, leaving a file before and one behind in each; comes back to the start. */
static void make_deep(int levels)
{
	int back = open(".", O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < levels; i++) {
		make("m", "a");
		close(open("z", O_WRONLY | O_CREAT, 0644));
		CHECK(chdir("m") == 0);
	}
	CHECK(fchdir(back) == 0);
	close(back);
}

static int open_root(void)
{
	return open(root_path, O_RDONLY | O_DIRECTORY);
}

/* Every entry in order, none with an error; how many. */
static unsigned in_order(unsigned flags, unsigned *open_most)
{
	int root = open_root();
	struct walk *w = walk_open(root, flags, NULL, NULL);
	struct buf last = {0};
	struct walk_entry e;
	bool last_dir = false;
	unsigned n = 0;

	while (walk_next(w, &e)) {
		CHECK(n == 0 || relpath_cmp(buf_span(&last), last_dir, e.path, S_ISDIR(e.type)) < 0);
		CHECK_INT(e.error, WALK_FINE);
		CHECK(e.facts && (e.mode & S_IFMT) == e.type);
		if ((unsigned)e.parent > *open_most)
			*open_most = (unsigned)e.parent;
		buf_reset(&last);
		buf_span_add(&last, e.path);
		last_dir = S_ISDIR(e.type);
		n++;
	}
	walk_close(w);
	close(root);
	buf_free(&last);
	return n;
}

/* In the middle of a deep walk, a directory whose descriptor was closed is replaced: what is left in it is CHANGING. */
static void test_replaced(void)
{
	int root = open_root();
	struct walk *w = walk_open(root, 0, NULL, NULL);
	struct walk_entry e;
	unsigned changing = 0, fine = 0, levels = 0;

	while (walk_next(w, &e)) {
		if (e.error)
			CHECK_INT(e.error, WALK_CHANGING);
		changing += e.error != WALK_FINE;
		fine += e.error == WALK_FINE;
		if (S_ISDIR(e.type) && ++levels == 299)
			CHECK(rename("m/m", "old") == 0 && mkdir("m/m", 0755) == 0);
	}
	CHECK(changing > 100 && changing < 300);
	CHECK(fine > 300);
	walk_close(w);
	close(root);
}

static enum walk_choice leave(void *ctx, struct span path, mode_t type)
{
	unsigned *asked = ctx;

	++*asked;
	return S_ISDIR(type) || span_is(path, "a") ? WALK_LEAVE : WALK_TAKE;
}

static void test_decide(void)
{
	int root = open_root();
	unsigned asked = 0, got = 0;
	struct walk *w = walk_open(root, 0, leave, &asked);
	struct walk_entry e;

	while (walk_next(w, &e)) {
		CHECK(span_is(e.path, "z"));
		got++;
	}
	CHECK_INT(asked, 3);
	CHECK_INT(got, 1);
	walk_close(w);
	close(root);
}

static void test_bad_root(void)
{
	int fd = open("/dev/null", O_RDONLY);

	CHECK(walk_open(fd, 0, NULL, NULL) == NULL);
	close(fd);
}

int main(void)
{
	unsigned most = 0;
	int bad;

	CHECK(mkdtemp(root_path) != NULL && chdir(root_path) == 0);
	CHECK_INT(in_order(0, &most), 0);
	make_deep(300);
	CHECK_INT(in_order(0, &most), 900);
	CHECK(most < WALK_FDS + 16);
	test_decide();
	test_bad_root();
	test_replaced();
	CHECK(chdir("/") == 0);
	bad = unit_done();
	fflush(stdout);
	execlp("sh", "sh", "-c", "rm -rf \"$1\"; exit $2", "sh", root_path, bad ? "1" : "0", (char *)NULL);
	return 1;
}
