/* What is deflated in pieces is one member, comes out again, and is the same however it was given and by however many
 * threads. */
#include "base/buf.h"
#include "pack/gunzip.h"
#include "pack/gzip.h"
#include "unit.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PIECE = 256 * 1024, MOST = 5 * PIECE + 17 };

static unsigned char data[MOST];

/* Text that repeats itself across the ends of pieces, then noise that cannot be compressed. */
static void make_data(void)
{
	uint32_t x = 1;

	for (size_t i = 0; i < sizeof data; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = (unsigned char)(i < 3 * PIECE ? "abcdefgh"[x >> 29] + i / 1000 % 7 : x >> 24);
	}
}

static int deflated(size_t n, size_t step)
{
	int fd = memfd_create("gz", MFD_CLOEXEC);
	struct gzip *g = gzip_open(fd);
	const char *why = NULL;

	for (size_t at = 0; at < n; at += step)
		CHECK(gzip_add(g, data + at, n - at < step ? n - at : step, &why) == 0 && !why);
	CHECK(gzip_close(g, &why) == 0 && !why);
	return fd;
}

static void comes_back(int fd, size_t n)
{
	struct gunzip g = {.fd = fd, .floor = MOST};
	static unsigned char out[MOST + 1];
	const char *why = NULL;

	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	CHECK(gunzip_read(&g, out, sizeof out, &why) == (ssize_t)n && !why);
	CHECK(memcmp(out, data, n) == 0);
	gunzip_close(&g);
}

static void same(int a, int b)
{
	struct buf one = {0}, two = {0};
	ssize_t got;

	CHECK(lseek(a, 0, SEEK_SET) == 0 && lseek(b, 0, SEEK_SET) == 0);
	while ((got = read(a, buf_room(&one, PIECE), PIECE)) > 0)
		one.n += (size_t)got;
	while ((got = read(b, buf_room(&two, PIECE), PIECE)) > 0)
		two.n += (size_t)got;
	CHECK(one.n == two.n && memcmp(one.p, two.p, one.n) == 0);
	buf_free(&one);
	buf_free(&two);
}

static void on_one_processor(void)
{
	cpu_set_t set, one;
	int cpu = 0;

	CHECK(sched_getaffinity(0, sizeof set, &set) == 0);
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
}

int main(void)
{
	static const size_t sizes[] = {0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 5, MOST};
	enum { SIZES = sizeof sizes / sizeof *sizes };
	int many[SIZES];
	const char *why = NULL;
	struct gzip *g;
	int added;

	make_data();
	for (size_t i = 0; i < SIZES; i++) {
		many[i] = deflated(sizes[i], 1000);
		comes_back(many[i], sizes[i]);
	}
	on_one_processor();
	for (size_t i = 0; i < SIZES; i++) {
		int one = deflated(sizes[i], MOST);

		same(many[i], one);
		close(one);
		close(many[i]);
	}
	g = gzip_open(-1);
	added = gzip_add(g, data, sizeof data, &why);
	CHECK(added < 0 && why);
	CHECK(gzip_close(g, &why) < 0 && why);
	return unit_done();
}
