#include "ledger/rotate.h"

#include "base/num.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "os/clock.h"
#include "os/save.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void follow(struct book *b, struct position *p)
{
	struct buf why = {0};

	if (!tree_follow(b->fd, &b->opening, b->size, b->digest, p, &why)) {
		err_place(b->place.path, 0);
		bad_input("unable to seal what does not hold: %s", buf_cstr(&why));
	}
	buf_free(&why);
}

/* The members of both bodies are written in the order they sort into: they are canonical. */
static void seal(struct book *b)
{
	struct position p;
	struct buf body = {0};
	struct json j = {0};
	char hash[DIGEST_TEXT];

	follow(b, &p);
	jsonw_open(&body, NULL);
	jsonw_cstr(&body, "event_type", "SEGMENT_SEALED");
	jsonw_int(&body, "first_seq", (int64_t)b->opening.first_seq);
	jsonw_int(&body, "last_seq", (int64_t)p.size);
	digest_member(&body, "root_hash", p.root);
	jsonw_int(&body, "tree_size", (int64_t)p.size);
	jsonw_close(&body);
	body_parse(&j, buf_span(&body));
	if (!book_add(b, &j, span_of(b->author), hash, NULL))
		sys_fail(0, "unable to seal %s: the entry would be too long", b->place.path);
	book_sync(b);
	json_free(&j);
	buf_free(&body);
}

static void opening_line(struct buf *line, struct book *b, const struct position *p, char hash[DIGEST_TEXT])
{
	struct entry_stamp s = {.prefix = ledger_type_prefix(b->opening.type), .author = span_of(b->author),
				.seq = (int64_t)p->size, .uid = (int64_t)getuid()};
	struct buf body = {0};
	struct json j = {0};
	char now[CLOCK_TEXT];

	clock_text(clock_now(), 3, now);
	memcpy(s.timestamp, memcmp(now, b->stamp, ENTRY_STAMP) > 0 ? now : b->stamp, ENTRY_STAMP);
	memcpy(s.prev_hash, p->head, DIGEST_TEXT);
	jsonw_open(&body, NULL);
	jsonw_cstr(&body, "event_type", "SEGMENT_START");
	jsonw_int(&body, "first_seq", (int64_t)p->size);
	jsonw_array_open(&body, "frontier");
	for (unsigned i = 0; i < p->tree.n; i++)
		digest_member(&body, NULL, p->tree.node[i]);
	jsonw_array_close(&body);
	digest_member(&body, "genesis_hash", b->opening.genesis);
	jsonw_str(&body, "ledger", b->opening.ledger);
	jsonw_cstr(&body, "ledger_type", ledger_type_name(b->opening.type));
	digest_member(&body, "root_hash", p->root);
	jsonw_str(&body, "tier", b->opening.tier);
	jsonw_int(&body, "tree_size", (int64_t)p->size);
	jsonw_close(&body);
	body_parse(&j, buf_span(&body));
	entry_write(line, b->digest, &j, &s, hash);
	buf_char(line, '\n');
	json_free(&j);
	buf_free(&body);
}

static int open_segments(struct place *p)
{
	int dir = segments_open(p, true);

	if (dir < 0 || sync_dir(p->dir) < 0)
		sys_fail(errno, "unable to make %s", p->segments);
	return dir;
}

static void checkpoint_name(struct buf *b, const struct segment *part)
{
	segment_name(b, part);
	b->n -= sizeof ".jsonl" - 1;
	buf_str(b, ".checkpoint");
}

static void save_checkpoint(struct book *b, const struct segment *part, const struct position *p,
			    const struct sign_key *key)
{
	int dir = open_segments(&b->place);
	struct buf name = {0}, note = {0};
	struct save s;

	position_sign(&note, &b->opening, p, key);
	checkpoint_name(&name, part);
	if (save_begin(&s, dir, buf_cstr(&name), 0644) < 0)
		sys_fail(errno, "unable to write the checkpoint %s", buf_cstr(&name));
	out_add(&s.out, note.p, note.n);
	if (save_commit(&s) < 0)
		sys_fail(errno, "unable to write the checkpoint %s", buf_cstr(&name));
	buf_free(&name);
	buf_free(&note);
	close(dir);
}

/* A rotation that was killed while it wrote one is finished without the key: what it left (os/save.h) goes. */
static void drop_checkpoint(struct book *b, const struct segment *part)
{
	struct buf name = {0}, temp = {0};
	int dir = open_segments(&b->place);

	checkpoint_name(&name, part);
	buf_printf(&temp, ".%s.new", buf_cstr(&name));
	if (unlinkat(dir, buf_cstr(&temp), 0) < 0 && errno != ENOENT)
		warn("unable to remove %s/%s: %s", b->place.segments, buf_cstr(&temp), strerror(errno));
	buf_free(&name);
	buf_free(&temp);
	close(dir);
}

/* Gives the sealed file its second name, its last one. 0, or -1 with errno. */
static int link_segment(struct place *p, int fd, int dir, const char *name)
{
	struct stat open_st, there;

	if (linkat(p->dir, p->name, dir, name, 0) < 0 &&
	    (errno != EEXIST || fstat(fd, &open_st) < 0 || fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) < 0 ||
	     open_st.st_dev != there.st_dev || open_st.st_ino != there.st_ino))
		return -1;
	return sync_dir(dir);
}

void rotate_swap(struct place *p, int fd, struct span line, const char *name)
{
	int dir = open_segments(p);
	struct stat st;
	struct save s;

	if (fstat(fd, &st) < 0 || save_begin(&s, p->dir, p->name, (st.st_mode & 0777) | 0600) < 0)
		sys_fail(errno, "unable to make the next file of %s", p->path);
	/* root may rotate what is somebody else's */
	if ((st.st_uid != geteuid() || st.st_gid != getegid()) && fchown(s.fd, st.st_uid, st.st_gid) < 0 && !geteuid())
		warn("unable to give the next file of %s to its owner: %s", p->path, strerror(errno));
	out_add(&s.out, line.p, line.n);
	if (save_sync(&s) < 0) {
		int number = errno;

		save_abort(&s);
		sys_fail(number, "unable to write the next file of %s", p->path);
	}
	if (link_segment(p, fd, dir, name) < 0) {
		int number = errno;

		save_abort(&s);
		sys_fail(number, "unable to seal %s as %s/%s", p->path, p->segments, name);
	}
	if (save_commit(&s) < 0)
		sys_fail(errno, "unable to put the next file of %s in its place", p->path);
	if (fchmod(fd, 0444) < 0) /* by its descriptor: somebody may have changed the name */
		warn("unable to make %s/%s read-only: %s", p->segments, name, strerror(errno));
	close(dir);
}

/* The last entry is SEGMENT_SEALED, and synced. */
static void replace(struct book *b, const struct sign_key *key, struct rotation *r)
{
	struct segment part = {b->opening.first_seq, (uint64_t)b->seq, SEGMENT_PLAIN};
	struct durable d = {.known = true, .first_seq = (uint64_t)b->seq + 1};
	struct buf name = {0}, line = {0};

	follow(b, &r->at);
	r->first = part.first;
	r->last = part.last;
	if (key)
		save_checkpoint(b, &part, &r->at, key);
	else
		drop_checkpoint(b, &part);
	opening_line(&line, b, &r->at, d.head_hash);
	segment_name(&name, &part);
	rotate_swap(&b->place, b->fd, buf_span(&line), buf_cstr(&name));
	d.offset = line.n;
	if (durable_write(&b->place, &d) < 0)
		warn("unable to write %s: %s", place_name(&b->place, ".durable"), strerror(errno));
	buf_free(&name);
	buf_free(&line);
}

void rotate_finish(struct book *b)
{
	struct rotation r;

	book_sync(b); /* whoever wrote SEGMENT_SEALED may have died before its sync */
	replace(b, NULL, &r);
}

/* What rotate_now would do: the sealing entry is built, and nothing written. */
static void rotate_dry(struct book *b, struct rotation *r)
{
	r->first = b->opening.first_seq;
	r->last = (uint64_t)b->seq + 1;
	follow(b, &r->at);
}

/* What is in the way is told before the file is sealed: behind SEGMENT_SEALED nobody could append until it is gone. */
static void look_ahead(struct book *b)
{
	struct segment part = {b->opening.first_seq, (uint64_t)b->seq + 1, SEGMENT_PLAIN};
	int dir = open_segments(&b->place);
	struct buf name = {0};
	struct stat st;
	struct save s;

	segment_name(&name, &part);
	if (fstatat(dir, buf_cstr(&name), &st, AT_SYMLINK_NOFOLLOW) == 0)
		sys_fail(EEXIST, "unable to seal %s as %s/%s", b->place.path, b->place.segments, buf_cstr(&name));
	if (save_begin(&s, b->place.dir, b->place.name, 0600) < 0)
		sys_fail(errno, "unable to make the next file of %s", b->place.path);
	save_abort(&s);
	buf_free(&name);
	close(dir);
}

void rotate_now(struct book *b, const struct sign_key *key, struct rotation *r)
{
	if (b->seq + 2 > NUM_MAX_SAFE)
		sys_fail(0, "unable to seal %s: its numbers are at their end", b->place.path);
	if (b->dry) {
		rotate_dry(b, r);
		return;
	}
	look_ahead(b);
	book_sync(b);
	seal(b);
	replace(b, key, r);
	book_begin(b);
}
