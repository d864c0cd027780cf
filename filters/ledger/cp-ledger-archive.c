/* cp-ledger-archive: compresses sealed segments of a ledger. */
#include "base/text.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "ledger/record.h"
#include "ledger/source.h"
#include "os/save.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 256 * 1024 };

static const char *format_name = "zstd";
static int64_t keep = 0;
static struct place place;
static int dir;
static struct buf plain_name, name;

/* What a segment is, before and after. */
struct sums {
	unsigned char plain[DIGEST_LEN];
	uint64_t bytes, packed;
};

static _Noreturn void failed(const char *what, const char *why)
{
	sys_fail(0, "unable to %s %s/%s: %s", what, place.segments, buf_cstr(&name), why);
}

/* Writes the archive beside the segment; *sums learns the plain bytes' hash. */
static void squeeze(int from, enum squeeze_format format, struct sums *sums)
{
	static char block[BLOCK];
	struct digest *d = digest_new();
	struct squeeze *s;
	const char *why = NULL;
	struct save save;
	struct stat st;
	ssize_t got;

	if (save_begin(&save, dir, buf_cstr(&name), 0444) < 0)
		failed("write", strerror(errno));
	s = squeeze_open(save.fd, format);
	digest_start(d);
	while ((got = read(from, block, BLOCK)) > 0 || (got < 0 && errno == EINTR)) {
		if (got < 0)
			continue;
		digest_add(d, block, (size_t)got);
		sums->bytes += (uint64_t)got;
		if (squeeze_add(s, block, (size_t)got, &why) < 0)
			break;
	}
	digest_end(d, sums->plain);
	digest_free(d);
	if (got < 0)
		why = strerror(errno);
	if (squeeze_close(s, &why) < 0 || got) {
		save_abort(&save);
		failed("write", why);
	}
	if (fstat(save.fd, &st) < 0 || save_commit(&save) < 0)
		failed("write", strerror(errno));
	sums->packed = (uint64_t)st.st_size;
}

/* Reads the archive back: only what comes out of it again may go. */
static void check(const struct sums *sums)
{
	static char block[BLOCK];
	struct digest *d = digest_new();
	unsigned char got[DIGEST_LEN];
	const char *why = NULL;
	struct unsqueeze *u;
	ssize_t n;
	int fd = openat(dir, buf_cstr(&name), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		failed("read", strerror(errno));
	u = unsqueeze_open(fd, &why);
	if (!u)
		failed("read", why);
	digest_start(d);
	while ((n = unsqueeze_read(u, block, BLOCK, &why)) > 0)
		digest_add(d, block, (size_t)n);
	if (n < 0)
		failed("read", why);
	digest_end(d, got);
	if (memcmp(got, sums->plain, DIGEST_LEN) != 0)
		failed("read", "it does not hold what was put into it");
	unsqueeze_close(u);
	digest_free(d);
	close(fd);
}

/* FIRST-LAST.jsonl.sha256, as sha256sum writes it of the plain file. */
static void write_sum(const struct sums *sums)
{
	struct buf file = {0};
	char hex[2 * DIGEST_LEN];
	struct save save;

	buf_span_add(&file, buf_span(&plain_name));
	buf_str(&file, ".sha256");
	if (save_begin(&save, dir, buf_cstr(&file), 0444) < 0)
		failed("write the hash of", strerror(errno));
	hex_encode(sums->plain, DIGEST_LEN, hex);
	out_add(&save.out, hex, sizeof hex);
	out_add(&save.out, "  ", 2);
	out_add(&save.out, plain_name.p, plain_name.n);
	out_add(&save.out, "\n", 1);
	if (save_commit(&save) < 0)
		failed("write the hash of", strerror(errno));
	buf_free(&file);
}

static void say(const struct segment *part, const struct sums *sums)
{
	struct buf file = {0};
	struct buf *b = out_record("archived");

	source_label(&file, span_of(place.segments));
	buf_printf(&file, "/%s", buf_cstr(&name));
	jsonw_str(b, "file", buf_span(&file));
	jsonw_int(b, "first_seq", (int64_t)part->first);
	jsonw_int(b, "last_seq", (int64_t)part->last);
	if (sums) {
		digest_member(b, "hash", sums->plain);
		jsonw_int(b, "size", (int64_t)sums->bytes);
		jsonw_int(b, "archive_size", (int64_t)sums->packed);
	} else {
		jsonw_bool(b, "dry_run", true);
	}
	emit_out();
	buf_free(&file);
}

/* The plain file stays until its archive was written, synced and read back; a kill leaves both, and the next run begins
 * again. */
static void archive(const struct segment *part)
{
	struct segment packed = *part;
	struct sums sums = {.bytes = 0};
	struct buf other = {0};
	struct stat st;
	int fd;

	packed.form = strcmp(format_name, "gzip") == 0 ? SEGMENT_GZIP : SEGMENT_ZSTD;
	buf_reset(&plain_name);
	buf_reset(&name);
	segment_name(&plain_name, part);
	segment_name(&name, &packed);
	if (filter_dry_run()) {
		say(part, NULL);
		return;
	}
	fd = openat(dir, buf_cstr(&plain_name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		failed("read", strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_nlink > 1)
		failed("read", "it is no regular file, or has another name");
	squeeze(fd, packed.form == SEGMENT_GZIP ? SQUEEZE_GZIP : SQUEEZE_ZSTD, &sums);
	close(fd);
	write_sum(&sums);
	check(&sums);
	/* One of the other kind, which a run that was killed left, would be a second. */
	packed.form = packed.form == SEGMENT_GZIP ? SEGMENT_ZSTD : SEGMENT_GZIP;
	segment_name(&other, &packed);
	if ((unlinkat(dir, buf_cstr(&other), 0) < 0 && errno != ENOENT) ||
	    unlinkat(dir, buf_cstr(&plain_name), 0) < 0 || sync_dir(dir) < 0)
		failed("remove what went into", strerror(errno));
	say(part, &sums);
	buf_free(&other);
}

static void start(int argc, char **argv)
{
	struct source s;
	size_t plain = 0;

	(void)argc;
	if (place_open(&place, argv[0], true) < 0 || source_open(&s, &place, NULL) < 0)
		sys_fail(errno, "unable to open the ledger %s", argv[0]);
	/* Only those before the active file: one that is being sealed just now is not among them. */
	for (size_t i = 0; i < s.segments.n; i++)
		plain += s.segments.item[i].form == SEGMENT_PLAIN;
	if (!plain) {
		source_close(&s);
		return;
	}
	dir = segments_open(&place, false);
	if (dir < 0)
		sys_fail(errno, "unable to open %s", place.segments);
	for (size_t i = 0; i < s.segments.n && plain > (size_t)keep; i++) {
		if (s.segments.item[i].form != SEGMENT_PLAIN)
			continue;
		archive(&s.segments.item[i]);
		plain--;
	}
	source_close(&s);
	close(dir);
	place_close(&place);
}

static const struct opt opts[] = {
	{.name = "format", .value = "zstd|gzip", .summary = "how to compress (default zstd)", .kind = OPT_CHOICE,
	 .target = &format_name},
	{.name = "keep", .value = "N", .summary = "leave the newest N segments as they are", .kind = OPT_INT,
	 .target = &keep, .min = 0, .max = 1000000},
	{0},
};

static const struct filter self = {
	.name = "cp-ledger-archive",
	.summary = "compress the sealed segments of a ledger",
	.args = "LEDGER",
	.reads = "",
	.writes = "archived",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_DRY_RUN | FILTER_OWN_INPUT,
	.operands_min = 1,
	.operands_max = 1,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
