#include "apply/stage.h"

#include "base/crew.h"
#include "data/jsonw.h"
#include "os/out.h"
#include "pack/tarin.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

/* --- the manifest --- */

static void manifest_path(struct buf *b, const struct steps *s)
{
	struct span id = steps_text(s, "package_id"), version = steps_text(s, "version");

	buf_printf(b, "manifests/%.*s/%.*s/" BUNDLE_MANIFEST, (int)id.n, id.p, (int)version.n, version.p);
}

/* The hash of what a descriptor has, from its start. */
static uint64_t hash_fd(int fd, unsigned char sum[DIGEST_LEN])
{
	struct digest *d = digest_new();
	uint64_t bytes = 0;

	if (lseek(fd, 0, SEEK_SET) < 0 || digest_fd(d, fd, sum, &bytes) != 0)
		sys_fail(errno, "unable to read a manifest");
	digest_free(d);
	return bytes;
}

static void write_step(struct buf *line, struct span path, const unsigned char sum[DIGEST_LEN], uint64_t size)
{
	jsonw_open(line, NULL);
	jsonw_cstr(line, "kind", "step");
	jsonw_str(line, "path", path);
	jsonw_cstr(line, "plane", "ho3");
	jsonw_cstr(line, "action", "create");
	digest_member(line, "after", sum);
	jsonw_cstr(line, "mode", "0644");
	jsonw_int(line, "size", (int64_t)size);
	jsonw_cstr(line, "source", BUNDLE_MANIFEST);
	jsonw_close(line);
}

const char *stage_manifest(struct buf *line, int root, const struct steps *s, struct bundle *b)
{
	unsigned char sum[DIGEST_LEN], there[DIGEST_LEN];
	uint64_t size = hash_fd(b->manifest, sum);
	struct buf path = {0};
	const char *why = NULL;
	int fd;

	manifest_path(&path, s);
	fd = beneath_open(root, buf_span(&path), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0 && errno != ENOENT)
		sys_fail(errno, "unable to look for %s", buf_cstr(&path));
	if (fd < 0) {
		write_step(line, buf_span(&path), sum, size);
	} else {
		hash_fd(fd, there);
		close(fd);
		if (memcmp(sum, there, DIGEST_LEN) != 0)
			why = "another manifest of this version is there already";
	}
	buf_free(&path);
	return why;
}

/* --- the files --- */

struct wanted {
	const char *source;
	size_t n;
};

static int by_source(const void *a, const void *b)
{
	return strcmp(((const struct wanted *)a)->source, ((const struct wanted *)b)->source);
}

/* Content of a member that a worker writes, whole; of larger ones the reader writes a piece after the other. */
enum { SMALL = 256 * 1024, PIECES = 32, MANY = 1000 /* threads are worth while */ };

struct piece {
	const struct txn *t;
	size_t n; /* the step */
	struct buf content;
	struct digest *digest;
	bool other; /* it is not what the plan says */
	int number; /* errno */
};

struct staging {
	struct txn *t;
	struct wanted *want;
	size_t n;
	struct tarin *in;
	size_t staged;
	void *piece[PIECES]; /* struct piece * */
};

/* Who writes; this process's, for it has but one transaction at a time. */
static struct crew *writers;

/* Whoever ends in the middle waits for what is being written; what is done about it at the exit comes after. */
static void stop(void)
{
	crew_close(writers);
	writers = NULL;
}

void stage_interrupted(void)
{
	sigset_t set;

	if (sigpending(&set) == 0 &&
	    (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM) || sigismember(&set, SIGHUP)))
		sys_fail(0, "unable to go on: interrupted, and nothing was changed");
}

static _Noreturn void unlike(const struct step *step)
{
	bad_input("unable to stage %s: the archive does not hold what the plan says", step->path);
}

static _Noreturn void failed(const struct step *step, int number)
{
	sys_fail(number, "unable to stage %s", step->path);
}

static void write_piece(void *slot)
{
	struct piece *p = slot;
	unsigned char sum[DIGEST_LEN];
	int fd;

	p->number = 0;
	digest_bytes(p->digest, p->content.p, p->content.n, sum);
	p->other = memcmp(sum, p->t->steps->step[p->n].after, DIGEST_LEN) != 0;
	if (p->other)
		return;
	fd = txn_stage(p->t, p->n);
	if (fd < 0 || write_all(fd, p->content.p, p->content.n) != 0) {
		p->number = errno;
		if (fd >= 0)
			close(fd);
	} else if (txn_staged(p->t, p->n, fd) != 0) {
		p->number = errno;
	}
}

/* The oldest piece under way, if there is any: was it written? */
static bool settle(struct staging *s)
{
	struct piece *p = crew_take(writers, true);

	if (!p)
		return false;
	if (p->other)
		unlike(&s->t->steps->step[p->n]);
	if (p->number)
		failed(&s->t->steps->step[p->n], p->number);
	s->staged++;
	crew_release(writers);
	return true;
}

static void add_small(struct staging *s, size_t n, const struct tarmember *m)
{
	const char *why = NULL;
	struct piece *p;
	ssize_t got;

	while (!(p = crew_slot(writers)))
		settle(s);
	p->n = n;
	buf_reset(&p->content);
	while ((got = tarin_read(s->in, buf_room(&p->content, m->size + 1), m->size + 1 - p->content.n, &why)) > 0)
		p->content.n += (size_t)got;
	if (got < 0)
		unlike(&s->t->steps->step[n]);
	crew_submit(writers);
}

static void write_large(struct staging *s, size_t n)
{
	static char piece[PIECE];
	const struct step *step = &s->t->steps->step[n];
	unsigned char sum[DIGEST_LEN];
	const char *why = NULL;
	ssize_t got;
	int fd = txn_stage(s->t, n);

	if (fd < 0)
		failed(step, errno);
	digest_start(s->t->digest);
	while ((got = tarin_read(s->in, piece, sizeof piece, &why)) > 0) {
		digest_add(s->t->digest, piece, (size_t)got);
		if (write_all(fd, piece, (size_t)got) != 0)
			failed(step, errno);
	}
	digest_end(s->t->digest, sum);
	if (got < 0 || memcmp(sum, step->after, DIGEST_LEN) != 0)
		unlike(step);
	if (txn_staged(s->t, n, fd) != 0)
		failed(step, errno);
	s->staged++;
}

static void add_member(struct staging *s, size_t n, const struct tarmember *m)
{
	const struct step *step = &s->t->steps->step[n];

	if (m->size != step->size)
		unlike(step);
	if (m->size > SMALL)
		write_large(s, n);
	else
		add_small(s, n, m);
}

static void read_archive(struct staging *s)
{
	struct tarmember m;
	const char *why = NULL;
	struct buf name = {0};
	int got;

	while ((got = tarin_next(s->in, &m, &why)) > 0) {
		struct wanted key = {.n = 0}, *found;

		stage_interrupted();
		buf_reset(&name);
		buf_span_add(&name, m.path);
		key.source = buf_cstr(&name);
		found = s->n ? bsearch(&key, s->want, s->n, sizeof key, by_source) : NULL;
		if (found)
			add_member(s, found->n, &m);
	}
	if (got < 0)
		bad_input("unable to read the archive: it %s", why);
	while (settle(s))
		continue;
	buf_free(&name);
}

static void open_writers(struct staging *s)
{
	static bool registered;
	bool many = s->n >= MANY;

	if (!registered)
		atexit(stop);
	registered = true;
	for (size_t i = 0; i < (many ? PIECES : 1); i++) {
		struct piece *p = s->piece[i] = xcalloc(1, sizeof *p);

		p->t = s->t;
		p->digest = digest_new();
	}
	writers = many ? crew_open(crew_jobs(), s->piece, PIECES, write_piece) : NULL;
	if (!writers)
		writers = crew_open(0, s->piece, 1, write_piece);
}

static void close_writers(struct staging *s)
{
	stop();
	for (size_t i = 0; i < PIECES; i++) {
		struct piece *p = s->piece[i];

		if (!p)
			continue;
		buf_free(&p->content);
		digest_free(p->digest);
		free(p);
	}
}

static void stage_those(struct txn *t, struct bundle *b, bool missing)
{
	struct staging s = {.t = t, .want = xreallocarray(NULL, t->steps->n + 1, sizeof *s.want)};
	const char *why = NULL;

	for (size_t i = 0; i < t->steps->n; i++)
		if (t->steps->step[i].action != STEP_REMOVE && !(missing && txn_has(t, i)))
			s.want[s.n++] = (struct wanted){t->steps->step[i].source, i};
	if (s.n)
		qsort(s.want, s.n, sizeof *s.want, by_source);
	if (lseek(b->tar, 0, SEEK_SET) < 0)
		sys_fail(errno, "unable to read the archive");
	s.in = tarin_open(b->tar, &why);
	if (!s.in)
		bad_input("unable to read the archive: it %s", why);
	open_writers(&s);
	read_archive(&s);
	close_writers(&s);
	if (s.staged != s.n)
		bad_input("unable to stage the package: the archive does not hold all that the plan brings");
	tarin_close(s.in);
	free(s.want);
}

void stage(struct txn *t, struct bundle *b)
{
	stage_those(t, b, false);
}

void stage_missing(struct txn *t, struct bundle *b)
{
	stage_those(t, b, true);
}
