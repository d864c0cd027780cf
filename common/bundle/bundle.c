#include "bundle/bundle.h"

#include "data/jsonw.h"
#include "data/relpath.h"
#include "os/out.h"
#include "pack/ahead.h"
#include "pack/tarin.h"
#include "pack/tarout.h"

#include <errno.h>
#include <unistd.h>

/* What a small archive may come to, and by how much a large one may grow. Text grows by ten; zeros by a thousand. */
enum { FLOOR = 64 << 20, RATIO = 100, PIECE = 64 * 1024 };

/* --- the tar file --- */

struct unpacking {
	struct ahead *ahead;
	struct digest *archive, *tar; /* the former is another thread's until it is closed */
	int keep;
	const char *why;
};

static int tap(void *ctx, const void *p, size_t n, const char **why)
{
	struct unpacking *u = ctx;

	(void)why;
	digest_add(u->archive, p, n);
	return 0;
}

static void unpack_begin(struct unpacking *u, struct bundle *b, int fd)
{
	*u = (struct unpacking){.archive = digest_new(), .tar = digest_new(), .keep = b->tar};
	digest_start(u->archive);
	digest_start(u->tar);
	u->ahead = ahead_open(&(struct gunzip){.fd = fd, .tap = tap, .ctx = u, .floor = FLOOR, .ratio = RATIO});
}

/* The next piece, hashed and kept. */
static ssize_t unpack_more(void *ctx, const void **piece)
{
	struct unpacking *u = ctx;
	ssize_t n = ahead_next(u->ahead, piece, &u->why);

	if (n > 0) {
		digest_add(u->tar, *piece, (size_t)n);
		if (write_all(u->keep, *piece, (size_t)n) != 0)
			sys_fail(errno, "unable to write a temporary file");
	}
	return n;
}

/* With what is left of it. NULL, or why there is no archive. */
static const char *unpack_end(struct unpacking *u, struct bundle *b, unsigned char tar_sum[DIGEST_LEN])
{
	unsigned char sum[DIGEST_LEN];
	const void *piece;
	int number;

	while (unpack_more(u, &piece) > 0)
		continue;
	number = ahead_close(u->ahead);
	if (number)
		sys_fail(number, "unable to read the archive");
	digest_end(u->archive, sum);
	digest_text(sum, b->archive_hash);
	digest_end(u->tar, tar_sum);
	digest_text(tar_sum, b->tar_hash);
	digest_free(u->archive);
	digest_free(u->tar);
	return u->why;
}

static void rewind_fd(int fd)
{
	if (lseek(fd, 0, SEEK_SET) < 0)
		sys_fail(errno, "unable to read a temporary file");
}

/* --- members --- */

struct listing {
	struct bundle *b;
	struct tarin *in;
	struct tarout *out; /* NULL: no tar of ours holds these members */
	struct digest *content, *again;
	struct buf line;
};

static int add_again(void *ctx, const void *p, size_t n, const char **why)
{
	(void)why;
	digest_add(ctx, p, n);
	return 0;
}

/* From here on the archive is none that we would have written. */
static void stray(struct listing *l)
{
	if (l->out)
		tarout_drop(l->out);
	l->out = NULL;
}

static const char *read_content(struct listing *l, bool manifest, unsigned char sum[DIGEST_LEN])
{
	static char piece[PIECE];
	const char *why = NULL, *ours = NULL;
	ssize_t got;

	digest_start(l->content);
	while ((got = tarin_read(l->in, piece, sizeof piece, &why)) > 0) {
		digest_add(l->content, piece, (size_t)got);
		if (l->out && tarout_data(l->out, piece, (size_t)got, &ours) != 0)
			stray(l);
		if (manifest && write_all(l->b->manifest, piece, (size_t)got) != 0)
			sys_fail(errno, "unable to write a temporary file");
	}
	digest_end(l->content, sum);
	return got < 0 ? why : NULL;
}

static void add_line(struct listing *l, const struct tarmember *m, const unsigned char *sum)
{
	struct buf *line = &l->line;

	buf_reset(line);
	jsonw_open(line, NULL);
	jsonw_cstr(line, "kind", "member");
	jsonw_bytes(line, "path", m->path);
	jsonw_cstr(line, "type", m->type);
	buf_printf(line, ",\"mode\":\"%04o\"", m->mode);
	if (sum) {
		jsonw_int(line, "size", (int64_t)m->size);
		digest_member(line, "hash", sum);
	}
	if (m->target.n)
		jsonw_bytes(line, "target", m->target);
	jsonw_close(line);
	spool_add(l->b->members, buf_span(line));
}

static const char *add_member(struct listing *l, const struct tarmember *m)
{
	bool file = !strcmp(m->type, "file"), manifest = false;
	unsigned char sum[DIGEST_LEN];
	const char *why = NULL;

	if (m->path.n > RELPATH_MAX || m->target.n > RELPATH_MAX)
		return "has a member whose name is over 65535 bytes";
	if (!file || (m->mode != 0644 && m->mode != 0755) || tar_path_bad(m->path) ||
	    (l->out && tarout_member(l->out, m->path, m->size, m->mode == 0755, &why) != 0))
		stray(l);
	if (!file) {
		add_line(l, m, NULL);
		return NULL;
	}
	if (span_is(m->path, BUNDLE_MANIFEST) && l->b->manifest < 0) {
		manifest = true;
		l->b->manifest = temporary_file();
	}
	why = read_content(l, manifest, sum);
	if (!why)
		add_line(l, m, sum);
	return why;
}

static const char *list_members(struct listing *l)
{
	struct tarmember m;
	const char *why = NULL;
	int got;

	while ((got = tarin_next(l->in, &m, &why)) > 0) {
		why = add_member(l, &m);
		if (why)
			return why;
	}
	return got < 0 ? why : NULL;
}

/* Only what a whole archive held counts: what is said of it otherwise goes before. */
static const char *list(struct bundle *b, int fd)
{
	struct listing l = {.b = b, .content = digest_new(), .again = digest_new()};
	unsigned char sum[DIGEST_LEN], tar_sum[DIGEST_LEN];
	struct unpacking from;
	const char *why = NULL, *broken, *ours;

	unpack_begin(&from, b, fd);
	l.in = tarin_open_from(unpack_more, &from, &why);
	if (l.in) {
		digest_start(l.again);
		l.out = tarout_open(add_again, l.again);
		why = list_members(&l);
	}
	tarin_close(l.in);
	broken = unpack_end(&from, b, tar_sum);
	if (l.out && !why && tarout_close(l.out, &ours) == 0) {
		digest_end(l.again, sum);
		b->canonical = memcmp(sum, tar_sum, DIGEST_LEN) == 0;
	} else if (l.out && why) {
		tarout_drop(l.out);
	}
	digest_free(l.content);
	digest_free(l.again);
	buf_free(&l.line);
	return broken ? broken : why;
}

const char *bundle_open(struct bundle *b, int fd)
{
	const char *why;

	*b = (struct bundle){.tar = temporary_file(), .manifest = -1, .members = spool_new(), .declared = spool_new()};
	why = list(b, fd);
	rewind_fd(b->tar);
	return why;
}

const char *bundle_first(struct bundle *b, void (*take)(void *ctx, struct span piece), void *ctx)
{
	static char piece[PIECE];
	struct tarmember m;
	const char *why = NULL;
	struct tarin *in;
	ssize_t got = -1;

	rewind_fd(b->tar);
	in = tarin_open(b->tar, &why);
	if (in && tarin_next(in, &m, &why) > 0)
		while ((got = tarin_read(in, piece, sizeof piece, &why)) > 0)
			take(ctx, (struct span){piece, (size_t)got});
	tarin_close(in);
	return got < 0 && !why ? "has no members" : why;
}

const char *bundle_read(struct bundle *b, int fd, struct span name)
{
	struct buf members = {0};
	const char *why = bundle_open(b, fd);

	if (!why && b->manifest < 0)
		why = "has no " BUNDLE_MANIFEST " at its root";
	if (why)
		return why;
	rewind_fd(b->manifest);
	buf_char(&members, '{');
	jsonw_bytes(&members, "path", name);
	jsonw_str(&members, "archive_hash", (struct span){b->archive_hash, DIGEST_TEXT});
	jsonw_str(&members, "tar_hash", (struct span){b->tar_hash, DIGEST_TEXT});
	jsonw_bool(&members, "canonical", b->canonical);
	why = bundle_declared(b->declared, b->manifest, (struct span){members.p + 1, members.n - 1});
	buf_free(&members);
	if (!why)
		return NULL;
	buf_printf(&b->why, "has a manifest that is none: %s", why);
	return buf_cstr(&b->why);
}

void bundle_free(struct bundle *b)
{
	close(b->tar);
	if (b->manifest >= 0)
		close(b->manifest);
	spool_free(b->members);
	spool_free(b->declared);
	buf_free(&b->why);
}
