/* data DIR KIND [FILES]: makes a bench's files. KIND many: FILES (100000) of 2 to 8 KiB, fifty to a directory, two
 * levels deep; text: the same of 1 to 5 KiB, of letters, which compress; big: four of 512 MiB. The content is
 * pseudo-random and the same each time. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, PER_DIR = 50, BIG_FILES = 4, BIG_BLOCKS = 512 };

static uint64_t state = 88172645463325252u;
static uint64_t block[BLOCK / 8];

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void fail(const char *what)
{
	fprintf(stderr, "data: unable to make %s: %s\n", what, strerror(errno));
	exit(4);
}

static void make_dir(const char *name)
{
	if (mkdir(name, 0755) < 0 && errno != EEXIST)
		fail(name);
}

static int make_file(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0)
		fail(name);
	return fd;
}

static void put(int fd, const void *p, size_t n)
{
	if (write(fd, p, n) != (ssize_t)n)
		fail("a file");
}

static void many(unsigned files, unsigned least, unsigned most)
{
	char name[64];

	for (unsigned i = 0; i < files; i++) {
		unsigned dir = i / PER_DIR, size = least + (unsigned)(next() % (most - least + 1));
		int fd;

		snprintf(name, sizeof(name), "dir-%03u", dir / PER_DIR);
		if (i % (PER_DIR * PER_DIR) == 0)
			make_dir(name);
		snprintf(name, sizeof(name), "dir-%03u/sub-%02u", dir / PER_DIR, dir % PER_DIR);
		if (i % PER_DIR == 0)
			make_dir(name);
		snprintf(name, sizeof(name), "dir-%03u/sub-%02u/file-%02u.dat", dir / PER_DIR, dir % PER_DIR, i % PER_DIR);
		fd = make_file(name);
		put(fd, (char *)block + next() % (BLOCK - 8192), size);
		close(fd);
	}
}

static void make_letters(void)
{
	char *p = (char *)block;

	for (int i = 0; i < BLOCK; i++)
		p[i] = p[i] & 0x70 ? "etaoinshrdlucmfw"[p[i] & 15] : ' ';
}

static void big(void)
{
	char name[16];

	for (int i = 0; i < BIG_FILES; i++) {
		int fd;

		snprintf(name, sizeof(name), "big-%d", i);
		fd = make_file(name);
		for (int n = 0; n < BIG_BLOCKS; n++) {
			block[0] = next();
			put(fd, block, BLOCK);
		}
		close(fd);
	}
}

int main(int argc, char **argv)
{
	unsigned files = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 100000;

	if (argc < 3) {
		fprintf(stderr, "usage: data DIR many|text|big [FILES]\n");
		return 2;
	}
	make_dir(argv[1]);
	if (chdir(argv[1]) < 0)
		fail(argv[1]);
	for (size_t i = 0; i < BLOCK / 8; i++)
		block[i] = next();
	if (!strcmp(argv[2], "big")) {
		big();
	} else if (!strcmp(argv[2], "text")) {
		make_letters();
		many(files, 1024, 5000);
	} else {
		many(files, 2048, 8192);
	}
	return 0;
}
