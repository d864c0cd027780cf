/* cp-ledger-tiles: a ledger as static files that any web server can serve. */
#include "audit/notes.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "audit/leaves.h"
#include "os/beneath.h"
#include "os/save.h"
#include "seal/tiles.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *checkpoint_path;
static int dir = -1;
static struct digest *digest;
static struct tiles tiles;
static struct merkle merkle;
static struct beneath_parent parent = {.fd = -1};
static uint64_t written, kept;
static struct note_file now, before; /* before.text.n 0: nothing was served */
static bool forked;

/* --- one file --- */

/* A tile never changes: one that is there must be what it would be. But one that no checkpoint leads to was never
 * served: a run that was killed may have left it, empty or in part. */
static bool is_there(const char *path, struct span bytes)
{
	int fd = dir < 0 ? -1 : beneath_open(dir, span_of(path), O_RDONLY | O_NONBLOCK, 0);
	struct buf have = {0};
	bool same, served = before.text.n && merkle.leaves <= before.checkpoint.size;

	if (dir < 0 || (fd < 0 && errno == ENOENT))
		return false;
	if (fd < 0 || (slurp_fd(fd, bytes.n + 1, &have) < 0 && errno != EFBIG))
		sys_fail(errno, "unable to read the tile %s", path);
	close(fd);
	same = span_eq(buf_span(&have), bytes);
	if (!same && served) {
		finding(CODE_FORK, span_of(path), "the tile that is served is another one");
		forked = true;
	}
	buf_free(&have);
	return same || served;
}

static void put(void *ctx, const char *path, struct span bytes)
{
	const char *slash = strrchr(path, '/'), *name;
	struct save s;
	int at;

	(void)ctx;
	if (forked)
		return;
	if (is_there(path, bytes)) {
		kept++;
		return;
	}
	written++;
	if (filter_dry_run())
		return;
	if (beneath_mkdirs(dir, (struct span){path, (size_t)(slash - path)}, 0755) < 0)
		sys_fail(errno, "unable to make the directory of %s", path);
	at = beneath_parent(&parent, dir, span_of(path), &name);
	if (at < 0 || save_begin(&s, at, name, 0644) < 0)
		sys_fail(errno, "unable to write the tile %s", path);
	s.unsynced = true;
	out_add(&s.out, bytes.p, bytes.n);
	if (save_commit(&s) < 0)
		sys_fail(errno, "unable to write the tile %s", path);
}

/* --- all of them --- */

static void tell_fork(void)
{
	finding(CODE_FORK, (struct span){0}, "what is served, of %llu entries, is not a part of it",
		(unsigned long long)before.checkpoint.size);
	forked = true;
}

/* The first time through: is the ledger that of the checkpoint, and what is served a part of it? */
static void look(void *ctx, struct span line, const unsigned char hash[DIGEST_LEN])
{
	unsigned char root[DIGEST_LEN];

	(void)ctx;
	if (line.n > 65535)
		bad_input("unable to serve the ledger: an entry is longer than 65,535 bytes");
	merkle_leaf_hash(&merkle, hash);
	if (!before.text.n || merkle.leaves != before.checkpoint.size)
		return;
	merkle_root(&merkle, root);
	if (memcmp(root, before.checkpoint.root, DIGEST_LEN) != 0)
		tell_fork();
}

/* The second time: the tiles are written, of the same bytes or not at all. */
static void leaf(void *ctx, struct span line, const unsigned char hash[DIGEST_LEN])
{
	(void)ctx;
	merkle_leaf_hash(&merkle, hash); /* before its tile is put: how far that reaches */
	tiles_leaf(&tiles, line, hash);
}

/* What is served now must be in what will be. */
static void read_served(void)
{
	int fd = dir < 0 ? -1 : openat(dir, "checkpoint", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (dir < 0 || (fd < 0 && errno == ENOENT))
		return;
	if (fd < 0 || slurp_fd(fd, NOTE_BYTES, &before.text) < 0)
		sys_fail(errno, "unable to read the checkpoint that is served");
	close(fd);
	note_file_parse(&before, buf_span(&before.text), "checkpoint");
	err_place(NULL, 0);
	if (!span_eq(before.checkpoint.origin, now.checkpoint.origin))
		tell_fork();
	if (before.checkpoint.size > now.checkpoint.size) {
		finding(CODE_ROLLBACK, (struct span){0}, "%llu entries are served, the checkpoint is of %llu",
			(unsigned long long)before.checkpoint.size, (unsigned long long)now.checkpoint.size);
		forked = true;
	}
}

/* The checkpoint last: whoever reads it finds all tiles it leads to. */
static void publish(void)
{
	struct save s;

	if (syncfs(dir) < 0)
		sys_fail(errno, "unable to sync the tiles");
	if (save_begin(&s, dir, "checkpoint", 0644) < 0)
		sys_fail(errno, "unable to write the checkpoint");
	out_add(&s.out, now.text.p, now.text.n);
	if (save_commit(&s) < 0)
		sys_fail(errno, "unable to write the checkpoint");
}

static void say(void)
{
	struct buf *b = out_record("tiles");

	jsonw_str(b, "ledger", now.checkpoint.origin);
	jsonw_int(b, "size", (int64_t)now.checkpoint.size);
	digest_member(b, "root_hash", now.checkpoint.root);
	jsonw_int(b, "written", (int64_t)written);
	jsonw_int(b, "kept", (int64_t)kept);
	if (filter_dry_run())
		jsonw_bool(b, "dry_run", true);
	emit_out();
}

static bool is_root(void)
{
	unsigned char root[DIGEST_LEN];

	merkle_root(&merkle, root);
	return memcmp(root, now.checkpoint.root, DIGEST_LEN) == 0;
}

static void make_tiles(const char *ledger)
{
	merkle_init(&merkle, digest);
	leaves_each(ledger, now.checkpoint.size, digest, look, NULL);
	if (!is_root()) {
		finding(CODE_FORK, (struct span){0}, "the ledger is not the one of the checkpoint");
		forked = true;
	}
	if (forked)
		return;
	tiles_begin(&tiles, digest, put, NULL);
	merkle_init(&merkle, digest);
	leaves_each(ledger, now.checkpoint.size, digest, leaf, NULL);
	tiles_end(&tiles);
	if (!is_root())
		bad_input("unable to serve the ledger: it changed while it was read");
	if (forked)
		return;
	if (!filter_dry_run())
		publish();
	say();
}

/* Not as a person's file is read: who may write beside the ledger may lay a fifo there. */
static void read_beside(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || slurp_fd(fd, NOTE_BYTES, &now.text) < 0)
		sys_fail(errno, "unable to read the checkpoint %s", path);
	close(fd);
	note_file_parse(&now, buf_span(&now.text), path);
}

static void start(int argc, char **argv)
{
	struct buf beside = {0};

	(void)argc;
	buf_printf(&beside, "%s.checkpoint", argv[0]);
	if (checkpoint_path)
		note_file_read(&now, checkpoint_path);
	else
		read_beside(buf_cstr(&beside));
	err_place(NULL, 0);
	digest = digest_new();
	if (!filter_dry_run() && mkdir(argv[1], 0755) < 0 && errno != EEXIST)
		sys_fail(errno, "unable to make %s", argv[1]);
	dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 && !(filter_dry_run() && errno == ENOENT))
		sys_fail(errno, "unable to open %s", argv[1]);
	read_served();
	if (!forked)
		make_tiles(argv[0]);
	beneath_parent_close(&parent);
	digest_free(digest);
	note_file_free(&now);
	note_file_free(&before);
	buf_free(&beside);
	if (dir >= 0)
		close(dir);
}

static const struct opt opts[] = {
	{.name = "checkpoint",
	 .value = "CHECKPOINT",
	 .summary = "the checkpoint to be served (default: LEDGER.checkpoint)",
	 .kind = OPT_STR,
	 .target = &checkpoint_path},
	{0},
};

static const struct filter self = {
	.name = "cp-ledger-tiles",
	.summary = "write a ledger as static files for any web server",
	.args = "LEDGER DIR",
	.reads = "",
	.writes = "tiles finding",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_DRY_RUN | FILTER_OWN_INPUT,
	.operands_min = 2,
	.operands_max = 2,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
