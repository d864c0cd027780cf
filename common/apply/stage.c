#include "apply/stage.h"

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

struct staging {
	struct txn *t;
	struct wanted *want;
	size_t n;
	struct tarin *in;
	size_t staged;
};

void stage_interrupted(void)
{
	sigset_t set;

	if (sigpending(&set) == 0 &&
	    (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM) || sigismember(&set, SIGHUP)))
		sys_fail(0, "unable to go on: interrupted, and nothing was changed");
}

static void write_member(struct staging *s, size_t n, const struct tarmember *m)
{
	static char piece[PIECE];
	const struct step *step = &s->t->steps->step[n];
	unsigned char sum[DIGEST_LEN];
	const char *why = NULL;
	ssize_t got;
	int fd = txn_stage(s->t, n);

	digest_start(s->t->digest);
	while ((got = tarin_read(s->in, piece, sizeof piece, &why)) > 0) {
		digest_add(s->t->digest, piece, (size_t)got);
		if (write_all(fd, piece, (size_t)got) != 0)
			sys_fail(errno, "unable to stage %s", step->path);
	}
	digest_end(s->t->digest, sum);
	if (got < 0 || m->size != step->size || memcmp(sum, step->after, DIGEST_LEN) != 0)
		bad_input("unable to stage %s: the archive does not hold what the plan says", step->path);
	txn_staged(s->t, n, fd);
	s->staged++;
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
			write_member(s, found->n, &m);
	}
	if (got < 0)
		bad_input("unable to read the archive: it %s", why);
	buf_free(&name);
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
	read_archive(&s);
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
