#include "store/filehash.h"

#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

enum { FILES = 5000 };

static int root = -1;

static void name_of(unsigned i, char name[16])
{
	snprintf(name, 16, "f%u", i % 97);
}

static void make_files(void)
{
	char name[16];

	for (unsigned i = 0; i < 97; i++) {
		int fd;

		name_of(i, name);
		fd = openat(root, name, O_WRONLY | O_CREAT, 0644);
		CHECK(write(fd, name, strlen(name)) > 0);
		close(fd);
	}
}

static void check_item(const struct filehash_item *it, unsigned n, struct digest *d)
{
	unsigned char sum[DIGEST_LEN];
	char name[16];

	CHECK_INT(it->at, n);
	if (it->skip)
		return;
	if (n % 11 == 0) {
		CHECK_INT(it->result, FILEHASH_GONE);
		return;
	}
	name_of(n, name);
	digest_bytes(d, name, strlen(name), sum);
	CHECK_INT(it->result, n % 13 == 0 ? FILEHASH_CHANGING : FILEHASH_OK);
	CHECK(n % 13 == 0 || memcmp(sum, it->sum, DIGEST_LEN) == 0);
}

static void fill(struct filehash_item *it, unsigned n)
{
	char name[16];

	name_of(n, name);
	it->at = n;
	it->skip = n % 7 == 0;
	buf_str(&it->path, n % 11 == 0 ? "absent" : name);
	it->want.have = n % 13 == 0 ? HAVE_SIZE : 0;
	it->want.size = 1 << 20;
}

/* Adds and takes in every rhythm; order and results are the same. */
static void run(unsigned jobs, unsigned rhythm)
{
	struct filehash_pool *p = filehash_open(root, jobs);
	struct digest *d = digest_new();
	struct filehash_item *it;
	unsigned taken = 0;

	for (unsigned n = 0; n < FILES;) {
		it = filehash_slot(p);
		if (it) {
			fill(it, n++);
			filehash_submit(p);
		}
		while ((it && rhythm && n % rhythm == 0) || !it) {
			it = filehash_take(p, !it || rhythm > 100);
			if (!it)
				break;
			check_item(it, taken++, d);
			filehash_release(p);
		}
	}
	while ((it = filehash_take(p, true))) {
		check_item(it, taken++, d);
		filehash_release(p);
	}
	CHECK_INT(taken, FILES);
	CHECK_INT(filehash_pending(p), 0);
	filehash_close(p);
	digest_free(d);
}

int main(void)
{
	char path[] = "/tmp/filehash-XXXXXX", name[16];
	static const unsigned jobs[] = {0, 1, 2, 5}, rhythms[] = {0, 1, 3, 127};

	CHECK(mkdtemp(path) != NULL);
	root = open(path, O_RDONLY | O_DIRECTORY);
	make_files();
	for (size_t j = 0; j < sizeof(jobs) / sizeof(*jobs); j++) {
		for (size_t r = 0; r < sizeof(rhythms) / sizeof(*rhythms); r++)
			run(jobs[j], rhythms[r]);
	}
	for (unsigned i = 0; i < 97; i++) {
		name_of(i, name);
		unlinkat(root, name, 0);
	}
	rmdir(path);
	return unit_done();
}
