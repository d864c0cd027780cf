/* cp-ledger-recover: looks at a ledger whose writer died or whose sync failed, and makes it whole. */
#include "data/jsonw.h"
#include "filter/filter.h"
#include "ledger/rotate.h"
#include "os/lock.h"
#include "os/save.h"

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

static bool is_poisoned(struct place *p)
{
	struct stat st;

	return fstatat(p->dir, place_name(p, ".poisoned"), &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void follow(struct book *b, struct position *p)
{
	struct buf why = {0};

	if (!tree_follow(b->fd, &b->opening, b->size, b->digest, p, &why)) {
		err_place(b->place.path, 0);
		bad_input("unable to recover what does not hold: %s", buf_cstr(&why));
	}
	buf_free(&why);
}

static void say(const struct book *b, const struct position *p, bool poisoned, bool repaired)
{
	struct buf *out = out_record("recovered");

	jsonw_str(out, "ledger", b->opening.ledger);
	jsonw_int(out, "size", (int64_t)p->size);
	jsonw_str(out, "head_hash", (struct span){p->head, DIGEST_TEXT});
	jsonw_bool(out, "poisoned", poisoned);
	jsonw_bool(out, "repaired", repaired);
	if (b->dry)
		jsonw_bool(out, "dry_run", true);
	emit_out();
}

static void recover(struct book *b)
{
	struct position p;
	bool poisoned, repaired;

	if (!b->dry && lock_exclusive_at(b->lock, PLACE_SYNC, false) < 0)
		sys_fail(errno == EAGAIN ? 0 : errno, "unable to recover %s: somebody is writing it", b->place.path);
	if (!b->dry)
		unlock_at(b->lock, PLACE_SYNC);
	poisoned = is_poisoned(&b->place);
	/* After a sync that failed the cache may hold what the disk does not: it is read again. */
	if (poisoned)
		posix_fadvise(b->fd, 0, 0, POSIX_FADV_DONTNEED);
	b->recovering = true;
	book_begin(b);
	repaired = b->lines > 0 || b->torn;
	if (!b->dry)
		book_sync(b);
	follow(b, &p);
	if (poisoned && !b->dry) {
		if (unlinkat(b->place.dir, place_name(&b->place, ".poisoned"), 0) < 0 || sync_dir(b->place.dir) < 0)
			sys_fail(errno, "unable to remove %s", place_name(&b->place, ".poisoned"));
	}
	book_release(b);
	if (!b->dry)
		protect_segments(&b->place);
	say(b, &p, poisoned, repaired);
}

static void start(int argc, char **argv)
{
	struct book b;

	(void)argc;
	book_finish_rotation = rotate_finish;
	book_open(&b, argv[0], filter_dry_run());
	b.author = author_name(author);
	recover(&b);
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
