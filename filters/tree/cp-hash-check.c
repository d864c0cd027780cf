#include "base/num.h"
#include "filter/gate.h"
#include "model/disk.h"
#include "os/beneath.h"
#include "store/filehash.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static int64_t jobs = 2;
static bool pass;
static int root = -1;
static struct filehash_pool *pool;
static struct digest *subject, *digest;
static struct beneath_parent parent = {.fd = -1};
static struct buf target;

static void open_pool(void)
{
	const char *path = filter_root();

	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		sys_fail(errno, "unable to open the root %s", path);
	pool = filehash_open(root, (unsigned)jobs);
	if (!pool)
		sys_fail(errno, "unable to start threads");
	digest = digest_new();
}

static void judge_hash(struct span path, struct span recorded, const unsigned char sum[DIGEST_LEN])
{
	char text[DIGEST_TEXT];

	digest_text(sum, text);
	if (!span_eq(recorded, (struct span){text, sizeof(text)}))
		finding(CODE_MODIFIED, path, "is %.*s, recorded is %.*s", DIGEST_TEXT, text, DIGEST_TEXT, recorded.p);
}

static void judge_mode(struct span path, int recorded, mode_t mode)
{
	if (recorded != MODE_UNKNOWN && (mode & 07777) != (mode_t)recorded)
		finding(CODE_MODE, path, "is %04o, recorded is %04o", (unsigned)mode & 07777, (unsigned)recorded);
}

/* `record` holds the recorded hash, `at` its mode. */
static void judge_file(const struct filehash_item *it)
{
	struct span path = buf_span(&it->path);

	gate_checked(1);
	switch (it->result) {
	case FILEHASH_OK:
		judge_hash(path, buf_span(&it->record), it->sum);
		judge_mode(path, (int)it->at, it->mode);
		break;
	case FILEHASH_GONE:
		finding(CODE_MISSING, path, "recorded, but absent");
		break;
	case FILEHASH_TYPE:
		finding(CODE_TYPE, path, "not a regular file, or reached through a link");
		break;
	case FILEHASH_CHANGING:
		finding(CODE_CHANGING, path, NULL);
		break;
	case FILEHASH_UNREADABLE:
		if (err_is_ours(it->number))
			sys_fail(it->number, "unable to open a file");
		finding(CODE_UNREADABLE, path, "%s", strerror(it->number));
		break;
	}
}

/* False with errno. */
static bool read_link(struct span path, mode_t *mode)
{
	const char *name;
	int dir = beneath_parent(&parent, root, path, &name);
	struct stat st;
	ssize_t n;

	buf_reset(&target);
	if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	*mode = st.st_mode;
	n = S_ISLNK(st.st_mode) ? readlinkat(dir, name, buf_room(&target, PATH_MAX), PATH_MAX) : 0;
	if (n > 0)
		target.n = (size_t)n;
	return n >= 0;
}

static void judge_link(const struct disk *d)
{
	unsigned char sum[DIGEST_LEN];
	mode_t mode;

	filehash_drain(pool, true, judge_file);
	gate_checked(1);
	if (!read_link(d->path, &mode)) {
		if (err_is_ours(errno))
			sys_fail(errno, "unable to read a symlink");
		if (errno == ENOENT || errno == ENOTDIR)
			finding(CODE_MISSING, d->path, "recorded, but absent");
		else
			finding(errno == ELOOP ? CODE_TYPE : CODE_UNREADABLE, d->path, "%s", strerror(errno));
		return;
	}
	if (!S_ISLNK(mode)) {
		finding(CODE_TYPE, d->path, "recorded as a symlink, but it is something else");
		return;
	}
	digest_bytes(digest, target.p, target.n, sum);
	judge_hash(d->path, d->hash, sum);
}

/* A file that could not be hashed when it was recorded cannot be compared now. */
static void judge_error(const struct disk *d)
{
	static const enum code codes[] = {
		[DISK_UNREADABLE] = CODE_UNREADABLE, [DISK_CHANGING] = CODE_CHANGING, [DISK_GONE] = CODE_MISSING};

	filehash_drain(pool, true, judge_file);
	gate_checked(1);
	finding(codes[d->error], d->path, "no hash was recorded");
}

static void submit(const struct disk *d)
{
	struct filehash_item *it = filehash_room(pool, judge_file);

	buf_span_add(&it->record, d->hash);
	buf_span_add(&it->path, d->path);
	it->at = (uint32_t)d->mode;
	filehash_submit(pool);
}

static void judge(const struct disk *d)
{
	if (!pool)
		open_pool();
	if (!d->utf8) {
		filehash_drain(pool, true, judge_file);
		finding(CODE_NAME, d->path, NULL);
	}
	if (d->error && d->type != DISK_EXCLUDED)
		judge_error(d);
	else if (d->type == DISK_FILE)
		submit(d);
	else if (d->type == DISK_SPECIAL && d->hash.n)
		judge_link(d);
}

static void step(struct record *r)
{
	struct disk d;
	const char *why = NULL;
	int is = disk_of(r, &d, &why);

	digest_add(subject, r->line.p, r->line.n);
	digest_add(subject, "\n", 1);
	if (is > 0 && !d.hash.n && !d.error && (d.type == DISK_FILE || span_is(d.filetype, "symlink")) &&
	    d.type != DISK_EXCLUDED)
		why = "has no hash (cp-hash adds it)";
	if (is && why) {
		filehash_drain(pool, true, judge_file);
		bad_input("unable to trust the stream: a %.*s record %s", (int)r->kind.n, r->kind.p, why);
	}
	if (pass || (!is && !record_is(r, "plane")))
		emit(r);
	if (is)
		judge(&d);
	filehash_drain(pool, false, judge_file);
}

static void idle(void)
{
	filehash_drain(pool, true, judge_file);
}

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	subject = digest_new();
	digest_start(subject);
}

static void finish(bool complete)
{
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];

	filehash_drain(pool, true, judge_file);
	if (!complete)
		return;
	digest_end(subject, sum);
	digest_text(sum, text);
	gate_verdict("VERIFY", (struct span){text, sizeof(text)}, (struct span){0});
	filehash_close(pool);
	digest_free(subject);
	digest_free(digest);
	beneath_parent_close(&parent);
	buf_free(&target);
}

static const struct opt opts[] = {
	{"jobs", "N", "read with this many threads (default 2)", OPT_INT, &jobs, 1, FILEHASH_JOBS, 'j', false},
	{"pass", NULL, "hand the records on beside the findings", OPT_FLAG, &pass, 0, 0, 0, false},
	{0},
};

static const struct filter self = {
	.name = "cp-hash-check",
	.summary = "compare files with the hashes their records carry",
	.args = "",
	.reads = "plane file special",
	.writes = "finding verdict *",
	.opts = opts,
	.role = ROLE_JUDGE,
	.flags = FILTER_ROOT | FILTER_GATE,
	.start = start,
	.step = step,
	.idle = idle,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
