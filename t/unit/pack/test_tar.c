/* One tar for given members, read back as it was; what is out of order, too long or too short is refused; a gzip member
 * and nothing else. */
#include "pack/gunzip.h"
#include "pack/squeeze.h"
#include "pack/tarin.h"
#include "pack/tarout.h"
#include "unit.h"

#include <locale.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct { const char *path, *content; bool execute; } members[] = {
	{"a", "alpha", false},
	{"bin/run", "#!/bin/sh\n", true},
	{"empty", "", false},
	{"long/01234567890123456789012345678901234567890123456789012345678901234567890123456789/"
	 "01234567890123456789012345678901234567890123456789/b", "x", false},
	{"\303\244", "umlaut", false},
};
enum { MEMBERS = sizeof members / sizeof *members };

static int collect(void *ctx, const void *p, size_t n, const char **why)
{
	(void)why;
	buf_add(ctx, p, n);
	return 0;
}

static int refuse(void *ctx, const void *p, size_t n, const char **why)
{
	(void)ctx;
	(void)p;
	(void)n;
	*why = "is refused";
	return -1;
}

static void write_all_members(struct buf *b)
{
	const char *why = NULL;
	struct tarout *t = tarout_open(collect, b);

	for (int i = 0; i < MEMBERS; i++) {
		size_t n = strlen(members[i].content);

		CHECK(tarout_member(t, span_of(members[i].path), n, members[i].execute, &why) == 0);
		CHECK(tarout_data(t, members[i].content, n, &why) == 0);
	}
	CHECK(tarout_close(t, &why) == 0 && !why);
}

static int file_of(const void *p, size_t n)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	CHECK(write(fd, p, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static void read_back(const struct buf *tar)
{
	const char *why = NULL;
	int fd = file_of(tar->p, tar->n), got;
	struct tarin *t = tarin_open(fd, &why);
	struct tarmember m;
	char content[64];

	for (int i = 0; i < MEMBERS; i++) {
		CHECK(tarin_next(t, &m, &why) == 1);
		CHECK(span_is(m.path, members[i].path) && !strcmp(m.type, "file") && !m.target.n);
		CHECK(m.size == strlen(members[i].content) && m.mode == (members[i].execute ? 0755 : 0644));
		CHECK(!tar_path_bad(m.path));
		got = (int)tarin_read(t, content, sizeof content, &why);
		CHECK((size_t)got == m.size && memcmp(content, members[i].content, m.size) == 0);
		CHECK(tarin_read(t, content, sizeof content, &why) == 0);
	}
	CHECK(tarin_next(t, &m, &why) == 0 && !why);
	tarin_close(t);
	close(fd);
}

static void refusals(void)
{
	struct buf b = {0};
	const char *why = NULL;
	struct tarout *t = tarout_open(collect, &b);

	CHECK(tarout_member(t, SPAN("b"), 1, false, &why) == 0);
	CHECK(tarout_data(t, "xy", 2, &why) < 0 && why);
	CHECK(tarout_close(t, &why) < 0);
	t = tarout_open(collect, &b);
	CHECK(tarout_member(t, SPAN("b"), 0, false, &why) == 0 && tarout_member(t, SPAN("b"), 0, false, &why) < 0);
	tarout_drop(t);
	t = tarout_open(collect, &b);
	CHECK(tarout_member(t, SPAN("b"), 0, false, &why) == 0 && tarout_member(t, SPAN("a"), 0, false, &why) < 0);
	tarout_drop(t);
	t = tarout_open(collect, &b);
	CHECK(tarout_member(t, SPAN("b"), 2, false, &why) == 0 && tarout_data(t, "x", 1, &why) == 0);
	CHECK(tarout_close(t, &why) < 0);
	t = tarout_open(refuse, NULL);
	(void)tarout_member(t, SPAN("b"), 0, false, &why);
	CHECK(tarout_close(t, &why) < 0 && !strcmp(why, "is refused"));
	buf_free(&b);
}

/* Bytes that come out, or -1. */
static ssize_t gunzipped(const void *p, size_t n, uint64_t ratio)
{
	struct gunzip g = {.fd = file_of(p, n), .floor = 4096, .ratio = ratio};
	const char *why = NULL, *again = NULL;
	char piece[1000];
	ssize_t got, made = 0;

	while ((got = gunzip_read(&g, piece, sizeof piece, &why)) == sizeof piece)
		made += got;
	CHECK((got < 0) == (why != NULL));
	/* What was said is said again. */
	CHECK(gunzip_read(&g, piece, sizeof piece, &again) == (got < 0 ? -1 : 0) && again == why);
	gunzip_close(&g);
	close(g.fd);
	return got < 0 ? -1 : made + got;
}

static void squeezed(const void *p, size_t n, struct buf *out)
{
	const char *why = NULL;
	int fd = memfd_create("gz", MFD_CLOEXEC);
	struct squeeze *s = squeeze_open(fd, SQUEEZE_GZIP);
	ssize_t got;

	CHECK(squeeze_add(s, p, n, &why) == 0 && squeeze_close(s, &why) == 0);
	lseek(fd, 0, SEEK_SET);
	while ((got = read(fd, buf_room(out, 4096), 4096)) > 0)
		out->n += (size_t)got;
	close(fd);
}

static void one_member(const struct buf *tar)
{
	struct buf gz = {0}, two = {0}, zeros = {0};
	static char nothing[1 << 20];

	squeezed(tar->p, tar->n, &gz);
	CHECK(gunzipped(gz.p, gz.n, 1000) == (ssize_t)tar->n);
	for (size_t n = 0; n < gz.n; n++)
		CHECK(gunzipped(gz.p, n, 1000) < 0);
	for (size_t at = gz.n - 8; at < gz.n; at++) { /* checksum and length */
		gz.p[at] ^= 1;
		CHECK(gunzipped(gz.p, gz.n, 1000) < 0);
		gz.p[at] ^= 1;
	}
	buf_span_add(&two, buf_span(&gz));
	buf_char(&two, '\0');
	CHECK(gunzipped(two.p, two.n, 1000) < 0);
	two.n--;
	squeezed("", 0, &two);
	CHECK(gunzipped(two.p, two.n, 1000) < 0);
	buf_reset(&two);
	squeezed("", 0, &two);
	CHECK(gunzipped(two.p, two.n, 1000) == 0);
	buf_span_add(&two, buf_span(&gz));
	CHECK(gunzipped(two.p, two.n, 1000) < 0);
	squeezed(nothing, sizeof nothing, &zeros);
	CHECK(gunzipped(zeros.p, zeros.n, 2000) == sizeof nothing && gunzipped(zeros.p, zeros.n, 100) < 0);
	buf_free(&gz);
	buf_free(&two);
	buf_free(&zeros);
}

static void bad_paths(void)
{
	static const char *const bad[] = {"", "/a", "../a", "a/../b", "a/./b", "a//b", "a/", "a\nb", "a\033b", "\377",
					  "a\302\205", "a/\342\200\256b"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(tar_path_bad(span_of(bad[i])));
	CHECK(!tar_path_bad(SPAN("a/..b/c...")) && !tar_path_bad(SPAN("\303\244 b")));
}

int main(void)
{
	struct buf once = {0}, twice = {0};

	write_all_members(&once);
	umask(077);
	setlocale(LC_ALL, "C");
	write_all_members(&twice);
	CHECK(span_eq(buf_span(&once), buf_span(&twice)) && once.n % 512 == 0);
	read_back(&once);
	refusals();
	one_member(&once);
	bad_paths();
	buf_free(&once);
	buf_free(&twice);
	return unit_done();
}
