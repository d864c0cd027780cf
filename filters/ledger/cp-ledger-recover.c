/* cp-ledger-recover: looks at a ledger whose writer died or whose sync failed, and makes it whole. */
#include "data/jsonw.h"
#include "filter/filter.h"
#include "ledger/rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *author;

/* Sealed segments are read-only; a rotation that was killed may have left one as it was. */
static void protect_segments(struct place *p)
{
	int dir = segments_open(p, false), fd;
	struct segments s;
	struct buf name = {0};
	struct stat st;

	if (dir < 0 || segments_list(p, &s) < 0)
		return;
	for (size_t i = 0; i < s.n; i++) {
		buf_reset(&name);
		segment_name(&name, &s.item[i]);
		fd = openat(dir, buf_cstr(&name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		/* A file with another name is somebody else's too. */
		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_mode & 0222 &&
		    fchmod(fd, 0444) < 0)
			warn("unable to make %s read-only: %s", buf_cstr(&name), strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	segments_free(&s);
	buf_free(&name);
	close(dir);
}

static void say(const struct book *b, const struct book_mended *m)
{
	struct buf *out = out_record("recovered");

	jsonw_str(out, "ledger", b->opening.ledger);
	jsonw_int(out, "size", (int64_t)m->size);
	jsonw_str(out, "head_hash", (struct span){m->head, DIGEST_TEXT});
	jsonw_bool(out, "poisoned", m->poisoned);
	jsonw_bool(out, "repaired", m->repaired);
	if (b->dry)
		jsonw_bool(out, "dry_run", true);
	emit_out();
}

static void start(int argc, char **argv)
{
	struct book_mended m;
	struct book b;

	(void)argc;
	book_finish_rotation = rotate_finish;
	book_open(&b, argv[0], filter_dry_run());
	b.author = author_name(author);
	book_recover(&b, &m);
	if (!b.dry)
		protect_segments(&b.place);
	say(&b, &m);
	book_close(&b);
}

static const struct opt opts[] = {
	{.name = "author",
	 .value = "NAME",
	 .summary = "who says so (default: uid:N)",
	 .kind = OPT_STR,
	 .target = &author},
	{0},
};

static const struct filter self = {
	.name = "cp-ledger-recover",
	.summary = "make a ledger whole whose writer died or whose sync failed",
	.args = "LEDGER",
	.reads = "",
	.writes = "recovered",
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
