#include "ledger/book.h"

#include "base/num.h"
#include "base/text.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "ledger/dedupe.h"
#include "ledger/record.h"
#include "ledger/tree.h"
#include "os/clock.h"
#include "os/lock.h"
#include "os/out.h"
#include "os/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHORT_LINE = 4096, PENDING_BYTES = 1 << 20, TORN_BYTES = 1 << 30, AUTHOR_BYTES = 255 };
static const int64_t clock_slack = INT64_C(300) * 1000000000; /* how far the clock may be behind the head */

void (*book_finish_rotation)(struct book *b);

void body_parse(struct json *j, struct span body)
{
	if (!json_parse(j, body.p, body.n, JSON_RECORD))
		sys_fail(0, "unable to write an entry: %s", j->error);
}

/* --- opening --- */

static bool same_inode(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Is the open file still what the name stands for, or was it rotated away? */
static bool is_named(struct book *b)
{
	struct stat open_st, named;

	return fstat(b->fd, &open_st) == 0 &&
	       fstatat(b->place.dir, b->place.name, &named, AT_SYMLINK_NOFOLLOW) == 0 && same_inode(&open_st, &named);
}

static void open_file(struct book *b)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = place_file(&b->place, b->dry ? O_RDONLY : O_RDWR);
	if (b->fd < 0)
		sys_fail(errno, "unable to open the ledger %s", b->place.path);
}

static void open_lock(struct book *b)
{
	b->lock = place_lock(&b->place);
	if (b->lock < 0)
		sys_fail(errno, "unable to open the lock of %s", b->place.path);
}

static _Noreturn void distrust(struct book *b, const char *why)
{
	err_place(b->place.path, 0);
	bad_input("unable to trust the ledger: %s", why);
}

static uint64_t file_size(struct book *b)
{
	struct stat st;

	if (fstat(b->fd, &st) < 0)
		sys_fail(errno, "unable to look at %s", b->place.path);
	return (uint64_t)st.st_size;
}

static void read_opening(struct book *b)
{
	if (opening_read(b->fd, file_size(b), &b->opening) < 0)
		sys_fail(errno, "unable to read %s", b->place.path);
	if (b->opening.kind == OPENING_EMPTY)
		distrust(b, "it is empty");
	if (b->opening.kind == OPENING_OTHER) {
		err_place(b->place.path, 1);
		bad_input("unable to append: it is no ledger of format cp-ledger/1: %s (cp-ledger-adopt seals an "
			  "older one)",
			  b->opening.why);
	}
}

void book_open(struct book *b, const char *path, bool dry)
{
	*b = (struct book){.dry = dry, .fd = -1, .lock = -1};
	if (place_open(&b->place, path, true) < 0)
		sys_fail(errno, "unable to open the ledger %s", path);
	open_file(b);
	b->digest = digest_new();
	read_opening(b);
	if (dry)
		return;
	open_lock(b);
}

void book_close(struct book *b)
{
	if (b->fd >= 0)
		close(b->fd);
	if (b->lock >= 0)
		close(b->lock);
	opening_free(&b->opening);
	digest_free(b->digest);
	buf_free(&b->pending);
	place_close(&b->place);
	b->fd = b->lock = -1;
}

/* --- the end of the file --- */

static void read_at(struct book *b, char *p, size_t n, uint64_t at)
{
	ssize_t got;

	for (; n; p += got, n -= (size_t)got, at += (uint64_t)got) {
		got = pread(b->fd, p, n, (off_t)at);
		if (got < 0 && errno == EINTR)
			got = 0;
		else if (got <= 0)
			sys_fail(got ? errno : EIO, "unable to read %s", b->place.path);
	}
}

/* The last line that ends at `end`, without its LF. Most are short. */
static void last_line(struct book *b, uint64_t end, struct buf *line)
{
	for (size_t most = SHORT_LINE;; most = ENTRY_BYTES + 2) {
		size_t n = end < most ? (size_t)end : most, i = n;

		buf_reset(line);
		read_at(b, buf_room(line, n + 1), n, end - n);
		while (i > 1 && line->p[i - 2] != '\n')
			i--;
		if (i > 1 || (n == end && n > 1)) {
			memmove(line->p, line->p + i - 1, n - i);
			line->n = n - i;
			return;
		}
		if (n < 2 || most > SHORT_LINE)
			distrust(b, "its last line is longer than an entry");
	}
}

static uint64_t behind_last_lf(struct book *b, uint64_t end)
{
	char block[4096];

	while (end) {
		size_t n = end < sizeof block ? (size_t)end : sizeof block;

		read_at(b, block, n, end - n);
		for (size_t i = n; i > 0; i--)
			if (block[i - 1] == '\n')
				return end - n + i;
		end -= n;
	}
	return 0;
}

static void take_head(struct book *b, const struct entry *e)
{
	b->seq = e->seq;
	memcpy(b->head, e->entry_hash.p, DIGEST_TEXT);
	memcpy(b->stamp, e->timestamp.p, ENTRY_STAMP);
	b->stamp[ENTRY_STAMP] = '\0';
	b->sealed = span_is(e->event_type, "SEGMENT_SEALED");
}

/* The entry whose line ends at `end`: what it says must be what it is. */
static void read_head(struct book *b, uint64_t end)
{
	struct entry e = {0};
	struct buf line = {0};
	const char *why;

	last_line(b, end, &line);
	why = entry_read(&e, buf_span(&line));
	if (!why && (!e.entry_hash.p || !entry_hash_holds(b->digest, &e)))
		why = "its content is not what its entry_hash says";
	if (why) {
		err_place(b->place.path, 0);
		bad_input("unable to trust the ledger: its last entry is none: %s", why);
	}
	take_head(b, &e);
	entry_free(&e);
	buf_free(&line);
}

/* Follows the lines from `at`, which stands behind the entry that was read as head, and stops before the first that
 * does not continue the chain, or at `end`. Leaves the head at the last that does. */
static uint64_t follow(struct book *b, uint64_t at, uint64_t end)
{
	struct entry e = {0};
	struct buf block = {0};
	bool good = true;

	while (good && at < end) {
		size_t n = end - at < PENDING_BYTES ? (size_t)(end - at) : PENDING_BYTES, used = 0;
		const char *lf;

		buf_reset(&block);
		read_at(b, buf_room(&block, n), n, at);
		while (good && (lf = memchr(block.p + used, '\n', n - used))) {
			struct span line = {block.p + used, (size_t)(lf - block.p) - used};

			good = !entry_read(&e, line) && e.entry_hash.p && e.seq == b->seq + 1 &&
			       memcmp(e.prev_hash.p, b->head, DIGEST_TEXT) == 0 && entry_hash_holds(b->digest, &e);
			if (!good)
				break;
			take_head(b, &e);
			used += line.n + 1;
		}
		good &= used > 0;
		at += used;
	}
	entry_free(&e);
	buf_free(&block);
	return at;
}

/* --- what a dead writer left --- */

static const char *torn_name(struct book *b, int64_t seq)
{
	char suffix[40];

	snprintf(suffix, sizeof suffix, ".torn-%lld", (long long)seq);
	return place_name(&b->place, suffix);
}

/* -1 with errno. What somebody laid there that is no plain file is replaced, not read. */
static int torn_open(struct book *b, const char *name)
{
	int fd = openat(b->place.dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink > 1)) {
		close(fd);
		errno = EEXIST;
		fd = -1;
	}
	return fd;
}

/* Keeps the bytes from `cut` on in FILE.torn-SEQ, behind what was kept there before. */
static void keep_torn(struct book *b, uint64_t cut, uint64_t end)
{
	const char *name = torn_name(b, b->seq + 1);
	struct buf kept = {0};
	struct save s;
	int fd = torn_open(b, name);
	size_t n = (size_t)(end - cut), before;

	if (fd >= 0 && slurp_fd(fd, TORN_BYTES, &kept) < 0)
		sys_fail(errno, "unable to read %s", name);
	if (fd >= 0)
		close(fd);
	before = kept.n;
	read_at(b, buf_room(&kept, n), n, cut);
	kept.n += n;
	/* Killed between keeping and cutting: they are there already. */
	if (before >= n && memcmp(kept.p + before - n, kept.p + before, n) == 0)
		kept.n = before;
	if (save_begin(&s, b->place.dir, name, 0600) < 0)
		sys_fail(errno, "unable to keep the torn end of %s", b->place.path);
	out_add(&s.out, kept.p, kept.n);
	if (save_commit(&s) < 0)
		sys_fail(errno, "unable to keep the torn end of %s", b->place.path);
	buf_free(&kept);
}

/* Is no other writer's sync under way? */
static bool is_alone(struct book *b)
{
	bool alone = b->lock < 0 || lock_exclusive_at(b->lock, PLACE_SYNC, false) == 0;

	if (alone && b->lock >= 0)
		unlock_at(b->lock, PLACE_SYNC);
	return alone;
}

/* Where the good part of `size` bytes ends. What was synced is never cut into: `d` is about this file. */
static uint64_t good_end(struct book *b, uint64_t size, const struct durable *d, const struct extent *batch)
{
	uint64_t end = behind_last_lf(b, size);

	if (d->known && d->offset > end)
		distrust(b, "what was synced of it is damaged");
	if (d->known && d->offset < end && is_alone(b)) { /* nobody vouches for the rest but its own chain */
		read_head(b, d->offset);
		if (memcmp(b->head, d->head_hash, DIGEST_TEXT) != 0)
			distrust(b, "it is not what was synced: its entry there has another hash");
		end = follow(b, d->offset, end);
	}
	if (batch->start < end && extent_unfinished(b->fd, size, batch)) {
		/* Without FILE.durable all is synced: nothing but its own word says that these lines may go. */
		if (!d->known && !b->recovering)
			distrust(b, "FILE.lock says that a batch was not finished, and FILE.durable is gone "
				    "(cp-ledger-recover keeps what holds)");
		if (d->known && batch->start >= d->offset)
			end = batch->start;
	}
	return end;
}

static bool torn_is_kept(struct book *b)
{
	struct stat st;

	return fstatat(b->place.dir, torn_name(b, b->seq + 1), &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* The entry that says what was cut; the first of this batch. */
static void tell_torn(struct book *b)
{
	const char *name = torn_name(b, b->seq + 1);
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];
	struct buf body = {0}, file = {0};
	struct json j = {0};
	uint64_t bytes = 0;
	int fd = torn_open(b, name);

	if (fd < 0 || digest_fd(b->digest, fd, sum, &bytes) < 0)
		sys_fail(errno, "unable to read %s", name);
	close(fd);
	if (!bytes)
		return;
	digest_text(sum, text);
	jsonw_open(&body, NULL);
	jsonw_cstr(&body, "event_type", "TAIL_REPAIRED");
	source_label(&file, span_of(name));
	jsonw_str(&body, "file", buf_span(&file));
	jsonw_str(&body, "hash", (struct span){text, DIGEST_TEXT});
	jsonw_int(&body, "size", (int64_t)bytes);
	jsonw_close(&body);
	body_parse(&j, buf_span(&body)); /* its members are sorted: it is canonical */
	book_add(b, &j, span_of(b->author), text, NULL);
	json_free(&j);
	buf_free(&body);
	buf_free(&file);
}

/* Whoever opens it by the other name uses another lock. A rotation that was killed leaves two names, and is finished.
 */
static void one_name(struct book *b)
{
	struct stat st;

	if (!b->sealed && fstat(b->fd, &st) == 0 && st.st_nlink > 1)
		distrust(b, "it has another name (a hard link), by which somebody else could write");
}

/* Nobody recovers what does not hold, not even its end. */
static void check_whole(struct book *b, uint64_t end, struct position *p)
{
	struct buf why = {0};

	if (!tree_follow(b->fd, &b->opening, end, b->digest, p, &why)) {
		err_place(b->place.path, 0);
		bad_input("unable to recover what does not hold: %s", buf_cstr(&why));
	}
	buf_free(&why);
}

/* A dry run only looks. */
static void read_extent(struct book *b, struct extent *batch)
{
	int lock = b->lock >= 0 ? b->lock : place_lock_look(&b->place);

	if (lock >= 0)
		extent_read(lock, batch);
	if (lock >= 0 && lock != b->lock)
		close(lock);
}

/* Finds the head; takes back what a dead writer left behind it. */
static void mend(struct book *b)
{
	uint64_t size = file_size(b), end;
	struct extent batch = {0, 0};
	struct durable d;

	read_extent(b, &batch);
	durable_read(&b->place, &d);
	if (d.known && d.first_seq > b->opening.first_seq)
		distrust(b, "a later file of it was synced: it is an older one that came back");
	d.known &= d.first_seq == b->opening.first_seq;
	if (d.known && d.offset > size)
		distrust(b, "it is shorter than what was synced of it");
	end = good_end(b, size, &d, &batch);
	read_head(b, end);
	if (d.known && d.offset == end && memcmp(b->head, d.head_hash, DIGEST_TEXT) != 0)
		distrust(b, "it is not what was synced: its last entry has another hash");
	one_name(b);
	if (b->recovering && !b->sealed)
		check_whole(b, end, &(struct position){0});
	b->start = b->size = end;
	b->torn = end < size;
	if (b->dry && end < size)
		warn("unable to append as it is: %llu bytes at the end of %s would be cut off first",
		     (unsigned long long)(size - end), b->place.path);
	/* Without a word of how far it was synced, a line that is cut may be one that was acknowledged. */
	if (b->torn && !d.known && !b->recovering)
		distrust(b, "its last line is cut, and nothing says that it was never synced (cp-ledger-recover takes "
			    "it away)");
	if (b->dry)
		return;
	if (end < size) {
		keep_torn(b, end, size);
		if (ftruncate(b->fd, (off_t)end) < 0)
			sys_fail(errno, "unable to cut off the torn end of %s", b->place.path);
	}
	if (batch.end && extent_write(b->lock, &(struct extent){0, 0}) < 0)
		sys_fail(errno, "unable to write the lock of %s", b->place.path);
}

/* --- a batch --- */

bool book_poisoned(struct book *b)
{
	struct stat st;

	return fstatat(b->place.dir, place_name(&b->place, ".poisoned"), &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void check_poison(struct book *b)
{
	if (!b->recovering && book_poisoned(b))
		sys_fail(0, "unable to append to %s: a sync of it has failed (cp-ledger-recover looks at it)",
			 b->place.path);
}

/* Opens what the name stands for now; somebody may have rotated. The first line of a file never changes. */
static void same_file(struct book *b)
{
	bool same = b->opening.line.n > 0;

	while (!is_named(b)) {
		open_file(b);
		same = false;
	}
	if (!same)
		read_opening(b);
}

static void set_clock(struct book *b)
{
	int64_t now = clock_now(), head;
	char text[CLOCK_TEXT];

	if (!clock_parse((struct span){b->stamp, ENTRY_STAMP}, &head))
		distrust(b, "the timestamp of its last entry is no time");
	if (now < head - clock_slack)
		sys_fail(0, "unable to append: the clock is more than five minutes behind the last entry (%s)",
			 b->stamp);
	clock_text(now, 3, text);
	if (memcmp(text, b->stamp, ENTRY_STAMP) > 0)
		memcpy(b->stamp, text, ENTRY_STAMP);
}

/* Somebody may have removed the file that is locked: then nobody else sees the lock. */
static void take_lock(struct book *b)
{
	struct stat open_st, named;

	for (;;) {
		if (lock_exclusive_at(b->lock, PLACE_WRITE, true) < 0)
			sys_fail(errno, "unable to lock %s", b->place.path);
		if (fstat(b->lock, &open_st) == 0 &&
		    fstatat(b->place.dir, place_name(&b->place, ".lock"), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		    same_inode(&open_st, &named))
			return;
		close(b->lock);
		open_lock(b);
	}
}

void book_begin(struct book *b)
{
	b->lines = 0;
	b->announced = false;
	buf_reset(&b->pending);
	for (;;) {
		struct segment part;

		if (!b->dry)
			take_lock(b);
		check_poison(b);
		same_file(b);
		mend(b);
		if (!b->sealed)
			break;
		if (segment_named(b->place.name, &part) && part.last == (uint64_t)b->seq)
			distrust(b, "it is a sealed part of a ledger");
		if (b->dry || !book_finish_rotation)
			distrust(b, "it is being rotated");
		book_finish_rotation(b);
	}
	set_clock(b);
	if (!b->dry && torn_is_kept(b))
		tell_torn(b);
}

static void write_pending(struct book *b, bool last);

bool book_add(struct book *b, const struct json *body, struct span author, char hash[DIGEST_TEXT], struct buf *id)
{
	struct entry_stamp s = {.prefix = ledger_type_prefix(b->opening.type), .author = author, .seq = b->seq + 1,
				.uid = (int64_t)getuid()};
	size_t before = b->pending.n;

	if (b->seq >= NUM_MAX_SAFE)
		distrust(b, "its numbers are at their end");
	memcpy(s.timestamp, b->stamp, sizeof s.timestamp);
	memcpy(s.prev_hash, b->head, DIGEST_TEXT);
	entry_write(&b->pending, b->digest, body, &s, hash);
	if (b->pending.n - before > ENTRY_BYTES) {
		b->pending.n = before;
		return false;
	}
	buf_char(&b->pending, '\n');
	if (id)
		entry_id_write(id, s.prefix, (struct span){s.timestamp, ENTRY_STAMP}, s.seq);
	memcpy(b->head, hash, DIGEST_TEXT);
	b->seq++;
	b->lines++;
	if (b->pending.n >= PENDING_BYTES)
		write_pending(b, false);
	return true;
}

/* --- writing --- */

/* Back to what was there before; if even that fails, the announcement tells the next writer. */
static _Noreturn void write_failed(struct book *b, int number)
{
	if (ftruncate(b->fd, (off_t)b->start) == 0 && b->announced)
		extent_write(b->lock, &(struct extent){0, 0});
	sys_fail(number, "unable to append to %s", b->place.path);
}

/* A batch of lines is announced, with its end once that is known: whoever finds the announcement takes back what does
 * not end there. One line needs none: half of it is no line. */
static void announce(struct book *b, uint64_t end)
{
	if (extent_write(b->lock, &(struct extent){b->start, end}) < 0)
		write_failed(b, errno);
	b->announced = true;
}

static void write_pending(struct book *b, bool last)
{
	const char *p = b->pending.p;
	size_t left = b->pending.n;

	if (!b->dry && left && b->lines > 1)
		announce(b, last ? b->size + left : NUM_MAX_SAFE);
	while (left && !b->dry) {
		ssize_t done = pwrite(b->fd, p, left, (off_t)b->size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			write_failed(b, done ? errno : ENOSPC);
		p += done;
		left -= (size_t)done;
		b->size += (uint64_t)done;
	}
	b->size += left;
	buf_reset(&b->pending);
}

static void end_batch(struct book *b)
{
	write_pending(b, true);
	if (b->announced && extent_write(b->lock, &(struct extent){0, 0}) < 0)
		write_failed(b, errno);
	b->announced = false;
}

void book_abort(struct book *b)
{
	buf_reset(&b->pending);
	if (b->dry)
		return;
	if (b->size > b->start && ftruncate(b->fd, (off_t)b->start) < 0)
		sys_fail(errno, "unable to take back what was written to %s", b->place.path);
	if (b->announced)
		extent_write(b->lock, &(struct extent){0, 0});
	b->announced = false;
	unlock_at(b->lock, PLACE_WRITE);
}

/* --- syncing --- */

static _Noreturn void poison(struct book *b, int number)
{
	int fd = openat(b->place.dir, place_name(&b->place, ".poisoned"), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
			0600);
	char now[CLOCK_TEXT];
	struct buf text = {0};

	clock_text(clock_now(), 0, now);
	buf_printf(&text, "%s fdatasync: %s\n", now, strerror(number));
	if (fd >= 0 && write_all(fd, text.p, text.n) == 0)
		fsync(fd);
	sync_dir(b->place.dir);
	sys_fail(number, "unable to sync %s: what was written last is not known to be there", b->place.path);
}

static void note_durable(struct book *b, uint64_t offset, const char head[DIGEST_TEXT])
{
	struct durable d = {.known = true, .first_seq = b->opening.first_seq, .offset = offset};

	memcpy(d.head_hash, head, DIGEST_TEXT);
	/* Without it the next writer has more to look at; nothing is lost. */
	if (durable_write(&b->place, &d) < 0)
		warn("unable to write %s: %s", place_name(&b->place, ".durable"), strerror(errno));
}

void book_sync(struct book *b)
{
	end_batch(b);
	if (fdatasync(b->fd) < 0)
		poison(b, errno);
	note_durable(b, b->size, b->head);
	b->start = b->size;
	b->lines = 0;
}

void book_release(struct book *b)
{
	if (!b->dry)
		unlock_at(b->lock, PLACE_WRITE);
}

/* Is ours synced by somebody's later sync? FILE.durable only ever spares a sync of the file that it is about. */
static bool covered(struct book *b, uint64_t end)
{
	struct durable d;

	durable_read(&b->place, &d);
	return d.known && d.first_seq == b->opening.first_seq && d.offset >= end;
}

/* What stands in the file by now: all of it is synced at once, but for a batch whose writer died. */
static void take_end(struct book *b)
{
	struct extent batch;
	uint64_t size;

	if (lock_shared_at(b->lock, PLACE_WRITE, true) < 0)
		sys_fail(errno, "unable to lock %s", b->place.path);
	size = file_size(b);
	extent_read(b->lock, &batch);
	if (is_named(b) && batch.start >= b->size && extent_unfinished(b->fd, size, &batch))
		size = batch.start;
	if (size != b->size) {
		size = behind_last_lf(b, size);
		read_head(b, size);
		b->size = size;
	}
	unlock_at(b->lock, PLACE_WRITE);
}

void book_commit(struct book *b)
{
	uint64_t end;

	end_batch(b);
	if (b->dry)
		return;
	end = b->size;
	/* Whoever finds this lock held knows that somebody still answers for what is not synced. */
	if (lock_shared_at(b->lock, PLACE_SYNC, true) < 0)
		sys_fail(errno, "unable to lock %s", b->place.path);
	unlock_at(b->lock, PLACE_WRITE);
	if (lock_exclusive_at(b->lock, PLACE_TURN, true) < 0)
		sys_fail(errno, "unable to lock %s", b->place.path);
	if (!covered(b, end)) {
		check_poison(b);
		take_end(b);
		if (fdatasync(b->fd) < 0)
			poison(b, errno);
		if (is_named(b))
			note_durable(b, b->size, b->head);
	}
	unlock_at(b->lock, PLACE_TURN);
	unlock_at(b->lock, PLACE_SYNC);
}

/* --- recovering --- */

void book_recover(struct book *b, struct book_mended *m)
{
	struct position p;

	if (!b->dry && lock_exclusive_at(b->lock, PLACE_SYNC, false) < 0)
		sys_fail(errno == EAGAIN ? 0 : errno, "unable to recover %s: somebody is writing it", b->place.path);
	if (!b->dry)
		unlock_at(b->lock, PLACE_SYNC);
	m->poisoned = book_poisoned(b);
	/* After a sync that failed the cache may hold what the disk does not: it is read again. */
	if (m->poisoned)
		posix_fadvise(b->fd, 0, 0, POSIX_FADV_DONTNEED);
	b->recovering = true;
	book_begin(b);
	m->repaired = b->lines > 0 || b->torn;
	if (!b->dry)
		book_sync(b);
	check_whole(b, b->size, &p);
	m->size = p.size;
	memcpy(m->head, p.head, DIGEST_TEXT);
	if (m->poisoned && !b->dry &&
	    (unlinkat(b->place.dir, place_name(&b->place, ".poisoned"), 0) < 0 || sync_dir(b->place.dir) < 0))
		sys_fail(errno, "unable to remove %s", place_name(&b->place, ".poisoned"));
	book_release(b);
	b->recovering = false;
}

/* --- who --- */

const char *author_name(const char *option)
{
	static char uid[32];

	snprintf(uid, sizeof uid, "uid:%lld", (long long)getuid());
	if (!option)
		return uid;
	if (!*option || strlen(option) > AUTHOR_BYTES || !utf8_valid(option, strlen(option)))
		bad_usage("unable to use --author: 1 to %d bytes of UTF-8 are wanted", AUTHOR_BYTES);
	return option;
}

/* --- one entry, once --- */

void book_append_once(struct book *b, const struct json *body, struct span author, struct book_ack *ack)
{
	uint32_t key = json_get(body, 0, "dedupe_key");
	struct dedupe *d = dedupe_new();
	unsigned char sum[DIGEST_LEN];
	struct dedupe_hit *h;

	dedupe_want(d, json_text(body, key));
	dedupe_look(d, &b->place, NULL);
	book_begin(b);
	dedupe_look(d, &b->place, &(struct snapshot){.size = b->start, .settled = true});
	h = dedupe_find(d, json_text(body, key));
	entry_body_sum(b->digest, body, author, sum);
	ack->again = h->found;
	if (h->found && memcmp(sum, h->body, DIGEST_LEN) != 0) {
		complain("unable to append to %s: that was said before, otherwise or by somebody else, as seq %lld",
			 b->place.path, (long long)h->seq);
		filter_abandon(STATUS_NO);
	}
	if (h->found) {
		ack->seq = h->seq;
		memcpy(ack->hash, h->hash, DIGEST_TEXT);
		memcpy(ack->stamp, h->stamp, ENTRY_STAMP);
	} else if (book_add(b, body, author, ack->hash, NULL)) {
		ack->seq = b->seq;
		memcpy(ack->stamp, b->stamp, ENTRY_STAMP);
	} else {
		distrust(b, "the entry would be longer than 65,535 bytes");
	}
	book_commit(b);
	dedupe_free(d);
}

void book_ack_write(struct buf *out, const struct book *b, const struct book_ack *ack)
{
	struct buf id = {0};

	entry_id_write(&id, ledger_type_prefix(b->opening.type), (struct span){ack->stamp, ENTRY_STAMP}, ack->seq);
	jsonw_str(out, "ledger", b->opening.ledger);
	jsonw_int(out, "seq", ack->seq);
	jsonw_str(out, "entry_id", buf_span(&id));
	jsonw_str(out, "entry_hash", (struct span){ack->hash, DIGEST_TEXT});
	if (ack->again)
		jsonw_bool(out, "again", true);
	if (b->dry)
		jsonw_bool(out, "dry_run", true);
	buf_free(&id);
}
