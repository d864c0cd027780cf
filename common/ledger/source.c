#include "ledger/source.h"

#include "base/text.h"
#include "filter/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Is the segment the active file by another name, or is the active file no longer the one that was opened? */
static bool is_active(struct source *s, const struct segment *part)
{
	int dir = segments_open(s->place, false);
	struct stat active, named, sealed;
	struct buf name = {0};
	bool is = true;

	segment_name(&name, part);
	if (dir >= 0 && fstat(s->active, &active) == 0 &&
	    fstatat(dir, buf_cstr(&name), &sealed, AT_SYMLINK_NOFOLLOW) == 0 &&
	    fstatat(s->place->dir, s->place->name, &named, AT_SYMLINK_NOFOLLOW) == 0)
		is = named.st_ino != active.st_ino || sealed.st_ino == active.st_ino;
	if (dir >= 0)
		close(dir);
	buf_free(&name);
	return is;
}

int source_open(struct source *s, struct place *p, const struct snapshot *known)
{
	size_t n = 0;

	*s = (struct source){.place = p, .active = place_file(p, O_RDONLY), .fd = -1};
	if (known)
		s->snapshot = *known;
	if (s->active < 0 || (!known && snapshot_take(p, s->active, &s->snapshot) < 0) ||
	    opening_read(s->active, s->snapshot.size, &s->opening) < 0 || segments_list(p, &s->segments) < 0)
		return -1;
	/* A segment that begins where the active file does is that file, sealed and not yet replaced. */
	while (n < s->segments.n && (s->opening.kind == OPENING_OTHER || s->opening.kind == OPENING_EMPTY ||
				     s->segments.item[n].first < s->opening.first_seq))
		n++;
	for (size_t i = n; i < s->segments.n && !s->stray; i++) {
		s->strange = s->segments.item[i];
		s->stray = !is_active(s, &s->strange);
	}
	s->segments.n = n;
	return 0;
}

static void end_part(struct source *s)
{
	unsqueeze_close(s->unsqueeze);
	s->unsqueeze = NULL;
	if (s->fd >= 0 && s->fd != s->active)
		close(s->fd);
	s->fd = -1;
	s->cut = false;
	s->from = s->to = 0;
	s->line = 0;
}

void source_close(struct source *s)
{
	end_part(s);
	if (s->active >= 0)
		close(s->active);
	s->active = -1;
	opening_free(&s->opening);
	segments_free(&s->segments);
	digest_free(s->digest);
	s->digest = NULL;
	buf_free(&s->name);
	free(s->block);
	s->block = NULL;
}

void source_skip(struct source *s, uint64_t seq)
{
	while (s->at < s->segments.n && s->segments.item[s->at].last < seq)
		s->at++;
	s->next = seq;
}

/* "dir/governance.d/NAME", as the ledger was named. */
static void name_part(struct source *s, const struct segment *part)
{
	const char *path = s->place->path, *slash = strrchr(path, '/');

	buf_reset(&s->name);
	if (!part) {
		buf_str(&s->name, path);
	} else {
		if (slash)
			buf_add(&s->name, path, (size_t)(slash - path) + 1);
		buf_printf(&s->name, "%s/", s->place->segments);
		segment_name(&s->name, part);
	}
	buf_cstr(&s->name);
}

/* It may have been archived since it was listed. */
static int open_any_form(struct source *s, struct segment *part)
{
	int dir = segments_open(s->place, false), fd = -1;
	enum segment_form listed = part->form;
	struct buf name = {0};

	for (unsigned i = 0; dir >= 0 && fd < 0 && (!i || errno == ENOENT) && i <= SEGMENT_ZSTD; i++) {
		part->form = (enum segment_form)((listed + i) % (SEGMENT_ZSTD + 1));
		buf_reset(&name);
		segment_name(&name, part);
		fd = openat(dir, buf_cstr(&name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	}
	int saved = errno;
	if (dir >= 0)
		close(dir);
	buf_free(&name);
	errno = saved;
	return fd;
}

static int open_segment(struct source *s, struct segment *part, const char **why)
{
	struct stat st;

	s->fd = open_any_form(s, part);
	if (s->fd < 0 || fstat(s->fd, &st) < 0) {
		*why = strerror(errno);
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		*why = "it is no regular file";
		return -1;
	}
	s->left = (uint64_t)st.st_size;
	if (part->form == SEGMENT_PLAIN)
		return 0;
	s->unsqueeze = unsqueeze_open(s->fd, why);
	if (!s->digest)
		s->digest = digest_new();
	digest_start(s->digest);
	return s->unsqueeze ? 0 : -1;
}

enum source_part source_next(struct source *s, const struct segment **part, const char **why)
{
	end_part(s);
	if (s->at > s->segments.n)
		return SOURCE_NO_PART;
	*part = NULL;
	if (s->at < s->segments.n) {
		struct segment *segment = &s->segments.item[s->at++];

		*part = segment;
		name_part(s, segment);
		if (open_segment(s, segment, why) == 0)
			return SOURCE_PART;
		return s->fd >= 0 && segment->form != SEGMENT_PLAIN ? SOURCE_PART_DAMAGED : SOURCE_PART_FAILED;
	}
	s->at++;
	name_part(s, NULL);
	s->fd = s->active;
	s->left = s->snapshot.size;
	if (lseek(s->fd, 0, SEEK_SET) < 0) {
		*why = strerror(errno);
		return SOURCE_PART_FAILED;
	}
	return SOURCE_PART;
}

bool source_must(struct source *s, const struct segment **part)
{
	const char *why = NULL;
	enum source_part got = source_next(s, part, &why);
	bool numbered = *part || s->opening.kind <= OPENING_SEGMENT;
	uint64_t first = *part ? (*part)->first : s->opening.first_seq;

	if (got == SOURCE_NO_PART)
		return false;
	if (got == SOURCE_PART_FAILED)
		sys_fail(0, "unable to open %s: %s", buf_cstr(&s->name), why);
	err_place(buf_cstr(&s->name), 0);
	if (got == SOURCE_PART_DAMAGED)
		bad_input("unable to trust the archive: it is damaged: %s", why);
	if (numbered && first > s->next)
		bad_input("unable to trust the ledger: the entries %llu to %llu before it are missing",
			  (unsigned long long)s->next, (unsigned long long)first - 1);
	err_place(NULL, 0);
	s->next = *part ? (*part)->last + 1 : s->next;
	return true;
}

ssize_t source_read(struct source *s, void *p, size_t n, const char **why)
{
	ssize_t got;

	if (s->unsqueeze) {
		got = unsqueeze_read(s->unsqueeze, p, n, why);
		if (got > 0)
			digest_add(s->digest, p, (size_t)got);
		return got;
	}
	if (s->left < n)
		n = (size_t)s->left;
	do
		got = read(s->fd, p, n);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		*why = strerror(errno);
	else
		s->left -= (uint64_t)got;
	if (!got && s->left) {
		*why = "it became shorter while it was read";
		return -1;
	}
	return got;
}

enum source_result source_line(struct source *s, struct span *line, const char **why)
{
	enum { BLOCK = SOURCE_LINE + 1 };
	size_t seen = 0;

	if (!s->block)
		s->block = xmalloc(BLOCK);
	for (;;) {
		char *p = s->block + s->from, *lf = memchr(p + seen, '\n', s->to - s->from - seen);
		ssize_t got;

		seen = s->to - s->from;
		*line = (struct span){p, lf ? (size_t)(lf - p) : seen};
		if (lf) {
			s->from += line->n + 1;
			s->line++;
			return SOURCE_LINE_READ;
		}
		if (seen == BLOCK)
			return SOURCE_LONG;
		if (s->from)
			memmove(s->block, p, seen);
		s->from = 0;
		s->to = seen;
		got = source_read(s, s->block + seen, BLOCK - seen < 65536 ? BLOCK - seen : 65536, why);
		if (got < 0)
			return SOURCE_FAILED;
		line->p = s->block;
		s->cut = !got && seen;
		if (!got)
			return seen ? SOURCE_CUT : SOURCE_END;
		s->to += (size_t)got;
	}
}

/* The first word of FIRST-LAST.jsonl.sha256, as sha256sum writes it. */
static bool archived_sum(struct source *s, const struct segment *part, char hex[2 * DIGEST_LEN])
{
	struct segment plain = {part->first, part->last, SEGMENT_PLAIN};
	int dir = segments_open(s->place, false), fd = -1;
	struct buf name = {0};
	ssize_t n = -1;

	segment_name(&name, &plain);
	buf_str(&name, ".sha256");
	if (dir >= 0)
		fd = openat(dir, buf_cstr(&name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, hex, 2 * DIGEST_LEN);
	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
	buf_free(&name);
	return n == 2 * DIGEST_LEN;
}

const char *source_fault(struct source *s)
{
	unsigned char sum[DIGEST_LEN];
	char want[2 * DIGEST_LEN], got[2 * DIGEST_LEN];

	if (!s->unsqueeze)
		return NULL;
	digest_end(s->digest, sum);
	hex_encode(sum, DIGEST_LEN, got);
	if (!archived_sum(s, &s->segments.item[s->at - 1], want))
		return "an archive without the hash of what it was made of";
	return memcmp(want, got, sizeof got) == 0 ? NULL : "the archive does not hold the bytes it was made of";
}

bool source_must_line(struct source *s, struct span *line)
{
	const char *why = NULL;
	enum source_result got = source_line(s, line, &why);

	if (got == SOURCE_LINE_READ)
		return true;
	if (got == SOURCE_FAILED && !s->unsqueeze)
		sys_fail(0, "unable to read %s: %s", buf_cstr(&s->name), why);
	if (got == SOURCE_LONG) {
		err_place(buf_cstr(&s->name), s->line + 1);
		bad_input("unable to trust the ledger: the line is longer than 1 MiB");
	}
	err_place(buf_cstr(&s->name), 0);
	if (got == SOURCE_FAILED)
		bad_input("unable to trust the archive: it is damaged: %s", why);
	why = source_fault(s);
	if (why)
		bad_input("unable to trust the ledger: %s", why);
	err_place(NULL, 0);
	return false;
}

void source_only_synced(struct source *s)
{
	struct durable d;

	durable_read(s->place, &d);
	if (d.known && d.first_seq == s->opening.first_seq && d.offset < s->snapshot.size)
		s->snapshot.size = d.offset;
}
