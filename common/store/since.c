#include "store/since.h"

#include "data/relpath.h"
#include "filter/stream.h"
#include "os/clock.h"
#include "store/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { END_BYTES = 1024 }; /* no end of ours is longer */

/* The coarsest file systems keep times in steps of two seconds. */
#define MARGIN_NS (INT64_C(2) * 1000000000)

struct since {
	const char *name;
	char *real; /* where it lies */
	int fd;
	struct stream in;
	struct buf root, last, scratch;
	int64_t started; /* the former run's start */
	struct span path, hash;
	struct filehash_facts facts;
	bool have, over;
};

static bool is_end(struct span line, uint64_t lines)
{
	struct record r = {0};
	int64_t count, status;
	bool good = !record_parse(&r, line) && record_is(&r, "end") && record_int(&r, "count", 0, INT64_MAX, &count) &&
		    record_int(&r, "status", STATUS_YES, STATUS_NO, &status) && (uint64_t)count + 1 == lines &&
		    !record_true(&r, "by_hand");

	record_free(&r);
	return good;
}

/* Reads through once: is the last line an end that counts the others? */
static bool complete(int fd)
{
	struct in in;
	struct span line;
	uint64_t lines = 0;
	enum in_result got;
	char tail[END_BYTES];
	off_t size;
	ssize_t n;
	const char *lf;

	in_open(&in, fd, RECORD_BYTES);
	while ((got = in_line(&in, &line)) == IN_LINE)
		lines++;
	in_close(&in);
	size = lseek(fd, 0, SEEK_END);
	n = got == IN_END && size > 0 ? pread(fd, tail, sizeof(tail), size > END_BYTES ? size - END_BYTES : 0) : 0;
	if (n < 2 || tail[n - 1] != '\n' || lseek(fd, 0, SEEK_SET) != 0)
		return false;
	lf = memrchr(tail, '\n', (size_t)n - 1);
	lf = lf ? lf + 1 : tail;
	return is_end((struct span){lf, (size_t)(tail + n - 1 - lf)}, lines);
}

/* The first record says which root it was, and when. */
static bool read_plane(struct since *s)
{
	struct record *r = &s->in.record;
	struct buf time = {0};
	struct span text;
	bool good;

	if (stream_next(&s->in) != STREAM_RECORD || !record_is(r, "plane"))
		return false;
	good = record_str(r, "time", &text, &time) && clock_parse(text, &s->started);
	buf_free(&time);
	if (good && record_str(r, "root", &text, &s->scratch))
		buf_span_add(&s->root, text);
	return good && s->root.n;
}

static struct since *give_up(struct since *s, int number)
{
	since_close(s);
	errno = number;
	return NULL;
}

struct since *since_open(const char *path)
{
	struct since *s = xcalloc(1, sizeof(*s));
	struct stat st;

	s->name = path;
	s->real = realpath(path, NULL);
	s->fd = s->real ? open(s->real, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return give_up(s, errno);
	if (!S_ISREG(st.st_mode) || !complete(s->fd))
		return give_up(s, 0);
	stream_open(&s->in, s->fd, path);
	return read_plane(s) ? s : give_up(s, 0);
}

const char *since_unfit(const struct since *s, const char *root)
{
	char *real = realpath(root, NULL);
	size_t n = real ? strlen(real) : 0;
	bool inside = !real || n == 1 || (!strncmp(s->real, real, n) && (s->real[n] == '/' || !s->real[n]));

	free(real);
	if (!span_is(buf_span(&s->root), root))
		return "it is about another root";
	if (inside)
		return "it lies in the tree it is about";
	return s->started > clock_now() ? "it is a run of the future" : NULL;
}

static bool bad(struct since *s, const char *why)
{
	err_place(s->name, s->in.record.number);
	complain("unable to reuse: %s", why);
	return false;
}

/* The next file record that has a hash. False when it is not to be trusted. */
static bool advance(struct since *s)
{
	struct record *r = &s->in.record;
	struct file_facts f;
	enum stream_result got;
	const char *why;

	buf_reset(&s->last);
	if (s->have)
		buf_span_add(&s->last, s->path);
	while ((got = stream_next(&s->in)) == STREAM_RECORD) {
		if (!record_is(r, "file"))
			continue;
		if (record_path(r, &s->path, &why) <= 0)
			return bad(s, "a file without a path");
		if (s->have && relpath_cmp(buf_span(&s->last), false, s->path, false) >= 0)
			return bad(s, "it is not sorted");
		why = facts_read(r, &f);
		if (why)
			return bad(s, why);
		if (!f.hash)
			continue;
		s->hash = json_text(&r->json, f.hash);
		if (!record_hash_ok(s->hash))
			return bad(s, "a hash that is none");
		s->facts = f.stat;
		s->have = true;
		return true;
	}
	s->over = true;
	return got == STREAM_END;
}

static bool same(const struct since *s, const struct filehash_facts *now)
{
	const struct filehash_facts *then = &s->facts;
	int64_t limit = s->started - MARGIN_NS;

	return now->have == HAVE_ALL && then->have == HAVE_ALL && now->dev == then->dev && now->ino == then->ino &&
	       now->size == then->size && now->mtime == then->mtime && now->ctime == then->ctime &&
	       now->mtime < limit && now->ctime < limit;
}

enum since_result since_find(struct since *s, struct span path, const struct filehash_facts *now, struct span *hash)
{
	int cmp = -1;

	while (!s->over && (!s->have || (cmp = relpath_cmp(s->path, false, path, false)) < 0)) {
		if (!advance(s))
			return SINCE_BAD;
	}
	if (s->over || cmp != 0 || !same(s, now))
		return SINCE_NO;
	*hash = s->hash;
	return SINCE_SAME;
}

void since_close(struct since *s)
{
	if (!s)
		return;
	if (s->in.in.p)
		stream_close(&s->in);
	if (s->fd >= 0)
		close(s->fd);
	free(s->real);
	buf_free(&s->root);
	buf_free(&s->last);
	buf_free(&s->scratch);
	free(s);
}
