#include "ledger/place.h"

#include "base/num.h"
#include "base/text.h"
#include "data/jsonw.h"
#include "os/lock.h"
#include "os/out.h"
#include "seal/note.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char jsonl[] = ".jsonl";
static const char *const endings[] = {".jsonl", ".jsonl.gz", ".jsonl.zst"};

/* --- names --- */

/* The real path of a file that may be absent, but not its directory. */
static char *real_path(const char *path, bool must_exist)
{
	char *real = realpath(path, NULL), *slash, *dir;
	struct buf b = {0};

	if (real || must_exist || errno != ENOENT)
		return real;
	slash = strrchr(path, '/');
	dir = slash ? xstrndup(path, slash > path ? (size_t)(slash - path) : 1) : xstrdup(".");
	real = realpath(dir, NULL);
	free(dir);
	if (!real)
		return NULL;
	buf_printf(&b, "%s/%s", real, slash ? slash + 1 : path);
	free(real);
	real = xstrdup(buf_cstr(&b));
	buf_free(&b);
	return real;
}

int place_open(struct place *p, const char *path, bool must_exist)
{
	char *real = real_path(path, must_exist), *slash;
	struct buf stem = {0};
	size_t n;

	*p = (struct place){.path = path, .dir = -1};
	if (!real)
		return -1;
	slash = strrchr(real, '/');
	n = strlen(slash + 1);
	if (!n || n > PLACE_NAME) {
		free(real);
		errno = n ? ENAMETOOLONG : EISDIR;
		return -1;
	}
	p->name = xstrdup(slash + 1);
	slash[slash == real] = '\0';
	p->dir = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(real);
	if (n > sizeof jsonl - 1 && strcmp(p->name + n - (sizeof jsonl - 1), jsonl) == 0)
		n -= sizeof jsonl - 1;
	buf_add(&stem, p->name, n);
	buf_str(&stem, ".d");
	p->segments = xstrdup(buf_cstr(&stem));
	buf_free(&stem);
	return p->dir < 0 ? -1 : 0;
}

void place_close(struct place *p)
{
	if (p->dir >= 0)
		close(p->dir);
	free(p->name);
	free(p->segments);
	buf_free(&p->scratch);
	*p = (struct place){.dir = -1};
}

const char *place_name(struct place *p, const char *suffix)
{
	buf_reset(&p->scratch);
	buf_str(&p->scratch, p->name);
	buf_str(&p->scratch, suffix);
	return buf_cstr(&p->scratch);
}

int place_file(const struct place *p, int flags)
{
	int fd = openat(p->dir, p->name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		return -1;
	}
	return fd;
}

/* --- segments --- */

void segment_name(struct buf *b, const struct segment *s)
{
	buf_printf(b, "%012llu-%012llu%s", (unsigned long long)s->first, (unsigned long long)s->last,
		   endings[s->form]);
}

/* Digits as segment_name writes them. */
static bool seq_of(const char *p, size_t n, uint64_t *out)
{
	size_t zeros = 0;

	while (zeros + 1 < n && p[zeros] == '0')
		zeros++;
	return n >= 12 && (n == 12 || !zeros) && num_u64(p + zeros, n - zeros, NUM_MAX_SAFE, out);
}

bool segment_named(const char *name, struct segment *s)
{
	const char *dash = strchr(name, '-'), *dot = strchr(name, '.');

	if (!dash || !dot || dot < dash || !seq_of(name, (size_t)(dash - name), &s->first) ||
	    !seq_of(dash + 1, (size_t)(dot - dash) - 1, &s->last) || s->first > s->last)
		return false;
	for (s->form = SEGMENT_PLAIN; s->form <= SEGMENT_ZSTD; s->form++)
		if (strcmp(dot, endings[s->form]) == 0)
			return true;
	return false;
}

static int by_place(const void *x, const void *y)
{
	const struct segment *a = x, *b = y;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->last != b->last)
		return a->last < b->last ? -1 : 1;
	return (int)a->form - (int)b->form;
}

int segments_open(const struct place *p, bool make)
{
	if (make && mkdirat(p->dir, p->segments, 0755) < 0 && errno != EEXIST)
		return -1;
	return openat(p->dir, p->segments, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int segments_list(const struct place *p, struct segments *s)
{
	int fd = segments_open(p, false);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	size_t n = 0;
	int failed;

	*s = (struct segments){.n = 0};
	if (!d)
		return errno == ENOENT ? 0 : -1;
	errno = 0;
	while ((e = readdir(d))) {
		struct segment one;

		if (!segment_named(e->d_name, &one))
			continue;
		s->item = xreallocarray(s->item, s->n + 1, sizeof *s->item);
		s->item[s->n++] = one;
	}
	failed = errno;
	closedir(d);
	if (s->n)
		qsort(s->item, s->n, sizeof *s->item, by_place);
	for (size_t i = 0; i < s->n; i++)
		if (!n || s->item[i].first != s->item[n - 1].first || s->item[i].last != s->item[n - 1].last)
			s->item[n++] = s->item[i];
	s->n = n;
	errno = failed;
	return failed ? -1 : 0;
}

void segments_free(struct segments *s)
{
	free(s->item);
	*s = (struct segments){.n = 0};
}

/* A ledger whose parts would lie where ours do: NAME and NAME.jsonl. */
static bool has_twin(const struct place *p)
{
	size_t n = strlen(p->name), ending = sizeof ".jsonl" - 1;
	struct buf name = {0};
	struct stat st;
	bool there;

	if (n > ending && strcmp(p->name + n - ending, ".jsonl") == 0)
		buf_add(&name, p->name, n - ending);
	else
		buf_printf(&name, "%s.jsonl", p->name);
	there = fstatat(p->dir, buf_cstr(&name), &st, AT_SYMLINK_NOFOLLOW) == 0;
	buf_free(&name);
	return there;
}

static bool has_torn(struct place *p)
{
	const char *torn = place_name(p, ".torn-");
	int fd = openat(p->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	bool has = !d;

	while (!has && (e = readdir(d)))
		has = strncmp(e->d_name, torn, strlen(torn)) == 0;
	if (d)
		closedir(d);
	return has;
}

const char *place_taken(struct place *p)
{
	struct segments s = {.n = 0};
	const char *why =
		has_twin(p) ? "a ledger whose name differs only in its ending keeps its segments there" : NULL;

	if (segments_list(p, &s) < 0 || s.n)
		why = "an earlier one of that name has left segments";
	else if (!why && has_torn(p))
		why = "an earlier one of that name has left torn bytes";
	segments_free(&s);
	return why;
}

/* --- sidecars --- */

/* Both are one line of JSON, padded to one length. FILE.lock is read and written under the lock. FILE.durable is read
 * by whoever wants, and a read beside a write may see half of each: it has a sum of itself. */
enum { DURABLE_BYTES = 192, EXTENT_BYTES = 64, SUM_BYTES = 8, TRIES = 8 };

/* Opens a file beside FILE that we write in place: no link, no fifo, and no other name of a file that matters. -1 with
 * errno. */
static int sidecar_open(const struct place *p, const char *name, int flags, mode_t mode)
{
	int fd = openat(p->dir, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink > 1) {
		close(fd);
		errno = EEXIST;
		return -1;
	}
	return fd;
}

int place_lock(struct place *p)
{
	return sidecar_open(p, place_name(p, ".lock"), O_RDWR | O_CREAT, 0600);
}

int place_lock_look(struct place *p)
{
	return sidecar_open(p, place_name(p, ".lock"), O_RDONLY, 0);
}

static bool line_read(int fd, char *text, ssize_t bytes, struct json *j)
{
	return fd >= 0 && pread(fd, text, (size_t)bytes, 0) == bytes && json_parse(j, text, (size_t)bytes, JSON_RECORD);
}

static int line_write(int fd, struct buf *b, size_t bytes)
{
	ssize_t done;

	while (b->n < bytes - 1)
		buf_char(b, ' ');
	buf_char(b, '\n');
	do
		done = pwrite(fd, b->p, b->n, 0);
	while (done < 0 && errno == EINTR);
	if (done >= 0 && (size_t)done < b->n)
		errno = ENOSPC;
	done = done == (ssize_t)b->n ? 0 : -1;
	buf_free(b);
	return (int)done;
}

static void durable_sum(const struct durable *d, char hex[2 * SUM_BYTES])
{
	unsigned char sum[DIGEST_LEN];
	struct digest *digest = digest_new();
	struct buf b = {0};

	buf_printf(&b, "%llu %llu %.*s", (unsigned long long)d->first_seq, (unsigned long long)d->offset, DIGEST_TEXT,
		   d->head_hash);
	digest_bytes(digest, b.p, b.n, sum);
	hex_encode(sum, SUM_BYTES, hex);
	digest_free(digest);
	buf_free(&b);
}

static bool count_of(const struct json *j, const char *key, uint64_t *out)
{
	uint32_t at = json_get(j, 0, key);
	int64_t v = 0;
	bool good = at && json_int(j, at, 0, NUM_MAX_SAFE, &v);

	*out = (uint64_t)v;
	return good;
}

/* False: not whole. */
static bool durable_parse(int fd, struct durable *d)
{
	char text[DURABLE_BYTES], want[2 * SUM_BYTES];
	struct json j = {0};
	unsigned char hash[DIGEST_LEN];
	struct span head, sum;
	bool good = line_read(fd, text, DURABLE_BYTES, &j) && count_of(&j, "first_seq", &d->first_seq) &&
		    count_of(&j, "offset", &d->offset) && entry_text(&j, 0, "head_hash", &head) &&
		    digest_parse(head, hash) && entry_text(&j, 0, "check", &sum) && sum.n == sizeof want;

	if (good) {
		memcpy(d->head_hash, head.p, DIGEST_TEXT);
		durable_sum(d, want);
		good = memcmp(sum.p, want, sizeof want) == 0;
	}
	json_free(&j);
	return good;
}

void durable_read(struct place *p, struct durable *d)
{
	int fd = sidecar_open(p, place_name(p, ".durable"), O_RDONLY, 0);

	d->known = false;
	for (int i = 0; fd >= 0 && i < TRIES && !d->known; i++)
		d->known = durable_parse(fd, d);
	if (fd >= 0)
		close(fd);
}

int durable_write(struct place *p, const struct durable *d)
{
	int fd = sidecar_open(p, place_name(p, ".durable"), O_WRONLY | O_CREAT, 0644);
	char sum[2 * SUM_BYTES];
	struct buf b = {0};
	int result;

	if (fd < 0)
		return -1;
	durable_sum(d, sum);
	jsonw_open(&b, NULL);
	jsonw_str(&b, "check", (struct span){sum, sizeof sum});
	jsonw_int(&b, "first_seq", (int64_t)d->first_seq);
	jsonw_str(&b, "head_hash", (struct span){d->head_hash, DIGEST_TEXT});
	jsonw_int(&b, "offset", (int64_t)d->offset);
	jsonw_close(&b);
	result = line_write(fd, &b, DURABLE_BYTES);
	int saved = errno;
	close(fd);
	errno = saved;
	return result;
}

void extent_read(int lock, struct extent *e)
{
	char text[EXTENT_BYTES];
	struct json j = {0};

	if (!line_read(lock, text, EXTENT_BYTES, &j) || !count_of(&j, "start", &e->start) ||
	    !count_of(&j, "end", &e->end) || e->start > e->end)
		*e = (struct extent){0, 0};
	json_free(&j);
}

static bool ends_line(int fd, uint64_t size)
{
	char last = '\n';

	return !size || (pread(fd, &last, 1, (off_t)size - 1) == 1 && last == '\n');
}

bool extent_unfinished(int fd, uint64_t size, const struct extent *e)
{
	return e->end > e->start && e->start < size && !(e->end <= size && ends_line(fd, e->end));
}

int extent_write(int lock, const struct extent *e)
{
	struct buf b = {0};

	if (!e->end)
		return ftruncate(lock, 0);
	jsonw_open(&b, NULL);
	jsonw_int(&b, "end", (int64_t)e->end);
	jsonw_int(&b, "start", (int64_t)e->start);
	jsonw_close(&b);
	return line_write(lock, &b, EXTENT_BYTES);
}

/* --- looking --- */

enum { PATIENCE = 20, PATIENCE_US = 50000 };

/* Without a lock (somebody else's ledger, a copy, a read-only file system) a line may just be on its way. */
static int snapshot_unlocked(int fd, struct snapshot *s)
{
	struct stat st;

	for (int i = 0; i <= PATIENCE; i++) {
		if (i)
			usleep(PATIENCE_US);
		if (fstat(fd, &st) < 0)
			return -1;
		if (i && (uint64_t)st.st_size == s->size)
			break;
		s->size = (uint64_t)st.st_size;
		if (ends_line(fd, s->size))
			break;
	}
	return 0;
}

/* A batch that was not finished, as append has it: what was synced is never left out. */
static void leave_out(struct place *p, int fd, const struct extent *e, struct snapshot *s)
{
	struct opening o = {.kind = OPENING_OTHER};
	struct durable d;

	durable_read(p, &d);
	if (!d.known || opening_read(fd, s->size, &o) < 0 || o.kind > OPENING_SEGMENT || o.first_seq != d.first_seq) {
		s->doubtful = true;
	} else if (e->start >= d.offset) {
		s->unfinished = true;
		s->size = e->start;
	}
	opening_free(&o);
}

int snapshot_take(struct place *p, int fd, struct snapshot *s)
{
	int lock = place_lock_look(p);
	struct extent e;
	struct stat st, named;
	int result = -1;

	*s = (struct snapshot){0};
	if (lock < 0 || lock_shared_at(lock, PLACE_WRITE, true) < 0) {
		if (lock >= 0)
			close(lock);
		return snapshot_unlocked(fd, s);
	}
	if (fstat(fd, &st) == 0) {
		result = 0;
		s->settled = true;
		s->size = (uint64_t)st.st_size;
		extent_read(lock, &e);
		/* A file that was rotated away meanwhile has no batch under way. */
		if (fstatat(p->dir, p->name, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_ino == st.st_ino &&
		    extent_unfinished(fd, s->size, &e))
			leave_out(p, fd, &e, s);
	}
	int saved = errno;
	close(lock); /* and with it the lock */
	errno = saved;
	return result;
}

/* --- the first line --- */

static const char *segment_opening(struct opening *o)
{
	const struct json *j = &o->entry.json;
	struct span text;

	if (!entry_text(j, 0, "ledger", &o->ledger) || note_name_bad(o->ledger) ||
	    !entry_text(j, 0, "ledger_type", &text) || !ledger_type_of(text, &o->type) ||
	    !entry_text(j, 0, "tier", &o->tier) || !tier_ok(o->tier) ||
	    !entry_text(j, 0, "genesis_hash", &text) || !digest_parse(text, o->genesis))
		return "a SEGMENT_START that does not say of which ledger";
	o->kind = OPENING_SEGMENT;
	return NULL;
}

static const char *first_entry(struct opening *o, struct span line)
{
	struct genesis g;
	const char *why = entry_read(&o->entry, line);

	if (why)
		return why;
	o->first_seq = (uint64_t)o->entry.seq;
	if (span_is(o->entry.event_type, "SEGMENT_START"))
		return segment_opening(o);
	why = genesis_read(&g, &o->entry);
	if (why || o->entry.seq != 0)
		return why ? why : "a GENESIS whose seq is not 0";
	if (!o->entry.entry_hash.p || !digest_parse(o->entry.entry_hash, o->genesis))
		return "a GENESIS without a hash";
	o->kind = OPENING_GENESIS;
	o->ledger = g.ledger;
	o->type = g.type;
	entry_text(&o->entry.json, 0, "tier", &o->tier);
	return NULL;
}

void opening_parse(struct opening *o, struct span line)
{
	o->kind = OPENING_OTHER;
	o->first_seq = 0;
	o->why = first_entry(o, line);
}

int opening_read(int fd, uint64_t size, struct opening *o)
{
	size_t want = size < ENTRY_BYTES + 1 ? (size_t)size : ENTRY_BYTES + 1;
	char *lf;
	ssize_t n;

	buf_reset(&o->line);
	o->kind = OPENING_OTHER;
	o->why = NULL;
	o->first_seq = 0;
	n = pread(fd, buf_room(&o->line, want + 1), want, 0);
	if (n < 0)
		return -1;
	if (!n) {
		o->kind = OPENING_EMPTY;
		o->why = "it is empty";
		return 0;
	}
	lf = memchr(o->line.p, '\n', (size_t)n);
	o->line.n = lf ? (size_t)(lf - o->line.p) : 0;
	if (lf)
		opening_parse(o, buf_span(&o->line));
	else
		o->why = "its first line is no entry";
	return 0;
}

void opening_free(struct opening *o)
{
	entry_free(&o->entry);
	buf_free(&o->line);
	*o = (struct opening){.kind = OPENING_OTHER};
}
