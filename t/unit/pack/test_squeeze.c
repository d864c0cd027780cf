/* Compressed streams: what goes in comes out, the same bytes each time; what is cut, damaged or neither format is
 * said. */
#include "os/in.h"
#include "pack/squeeze.h"
#include "unit.h"

#include <sys/mman.h>
#include <unistd.h>

static char data[300000];

static int packed(enum squeeze_format format, size_t n)
{
	int fd = memfd_create("squeeze", MFD_CLOEXEC);
	const char *why = NULL;
	struct squeeze *s = squeeze_open(fd, format);

	for (size_t at = 0; at < n; at += 1000)
		CHECK(squeeze_add(s, data + at, n - at < 1000 ? n - at : 1000, &why) == 0);
	CHECK(squeeze_close(s, &why) == 0);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Bytes that come out; -1 when something is wrong with them. */
static ssize_t unpacked(int fd, struct buf *out)
{
	const char *why = NULL;
	struct unsqueeze *u = unsqueeze_open(fd, &why);
	ssize_t got;

	if (!u) {
		CHECK(why && *why);
		return -1;
	}
	while ((got = unsqueeze_read(u, buf_room(out, 777), 777, &why)) > 0)
		out->n += (size_t)got;
	CHECK(got == 0 || (why && *why));
	unsqueeze_close(u);
	return got < 0 ? -1 : (ssize_t)out->n;
}

static void round_trip(enum squeeze_format format)
{
	struct buf once = {0}, twice = {0}, out = {0};
	int fd = packed(format, sizeof data), again = packed(format, sizeof data), cut;

	CHECK(slurp_fd(fd, 1 << 20, &once) == 0 && slurp_fd(again, 1 << 20, &twice) == 0);
	CHECK(span_eq(buf_span(&once), buf_span(&twice)));
	CHECK(once.n < sizeof data / 4);
	lseek(fd, 0, SEEK_SET);
	CHECK(unpacked(fd, &out) == sizeof data && memcmp(out.p, data, sizeof data) == 0);
	for (size_t n = once.n - 1; n > once.n - 40; n -= 3) { /* every end that is missing */
		cut = memfd_create("cut", MFD_CLOEXEC);
		CHECK(write(cut, once.p, n) == (ssize_t)n && lseek(cut, 0, SEEK_SET) == 0);
		buf_reset(&out);
		CHECK(unpacked(cut, &out) < 0 || out.n < sizeof data || memcmp(out.p, data, sizeof data) != 0);
		close(cut);
	}
	once.p[once.n / 2] ^= 0x55;
	cut = memfd_create("damaged", MFD_CLOEXEC);
	CHECK(write(cut, once.p, once.n) == (ssize_t)once.n && lseek(cut, 0, SEEK_SET) == 0);
	buf_reset(&out);
	CHECK(unpacked(cut, &out) < 0 || out.n != sizeof data || memcmp(out.p, data, sizeof data) != 0);
	close(cut);
	close(fd);
	close(again);
	buf_free(&once);
	buf_free(&twice);
	buf_free(&out);
}

int main(void)
{
	struct buf out = {0};
	const char *why = NULL;
	struct squeeze *s;
	int fd = memfd_create("plain", MFD_CLOEXEC), added;

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)('a' + i / 7 % 13);
	round_trip(SQUEEZE_GZIP);
	round_trip(SQUEEZE_ZSTD);
	CHECK(write(fd, "hello\n", 6) == 6 && lseek(fd, 0, SEEK_SET) == 0);
	CHECK(unpacked(fd, &out) < 0);
	close(fd);
	CHECK(unpacked(-1, &out) < 0);
	s = squeeze_open(-1, SQUEEZE_ZSTD);
	added = squeeze_add(s, data, sizeof data, &why);
	CHECK(squeeze_close(s, &why) < 0 || added < 0);
	buf_free(&out);
	return unit_done();
}
