/* cp-files-json: MANIFEST.json, written and checked. */
#include "data/jsonw.h"
#include "filter/effect.h"
#include "model/owner.h"
#include "model/state.h"
#include "os/beneath.h"
#include "seal/merkle.h"
#include "store/adopt.h"
#include "tree/inventory.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool check;
static const char *file; /* NULL: the plane's own */
static struct adopt tree;
static struct inventory *written;
static struct inventory_in *existing;
static struct owner_join *join;
static struct merkle seen; /* with --check: what is on disk */
static struct buf leaf;
static bool countless; /* something on disk has no leaf */

static int open_existing(void)
{
	const char *name = file ? file : INVENTORY_FILE;
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, root = -1, fd;

	if (!file)
		root = open(filter_root(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = file ? open(file, flags) : root < 0 ? -1 : beneath_open(root, SPAN(INVENTORY_FILE), flags, 0);
	if (fd < 0 && errno == ENOENT)
		bad_input("unable to find the inventory %s: there is none", name);
	if (fd < 0)
		sys_fail(errno, "unable to open the inventory %s", name);
	if (root >= 0)
		close(root);
	return fd;
}

static bool next_listed(void *ctx, struct owned *o)
{
	struct disk d;

	(void)ctx;
	if (!inventory_next(existing, &d))
		return false;
	*o = (struct owned){.path = d.path, .hash = d.hash, .mode = d.mode};
	return true;
}

static void report(void *ctx, enum code c, struct span path, const char *detail)
{
	(void)ctx;
	if (c == CODE_ORPHAN || c == CODE_MISSING)
		finding(c, path, "%s",
			c == CODE_ORPHAN ? "on disk, but not in the inventory" : "in the inventory, but absent");
	else if (detail)
		finding(c, path, "%s", detail);
	else
		finding(c, path, NULL);
}

static void start(int argc, char **argv)
{
	file = argc ? argv[0] : NULL;
	if (!check) {
		written = inventory_new();
		return;
	}
	existing = inventory_open(open_existing(), file ? file : INVENTORY_FILE);
	join = owner_join_new((struct owner_ends){.next = next_listed, .report = report});
	merkle_init(&seen, digest_new());
}

static void compare(struct record *r)
{
	struct disk d;
	const char *why;
	int is = disk_of(r, &d, &why);

	if (is > 0 && !file && span_is(d.path, INVENTORY_FILE))
		return;
	if (is > 0)
		why = owner_join_disk(join, &d);
	if (is && why)
		bad_input("unable to trust the stream: a %.*s record %s", (int)r->kind.n, r->kind.p, why);
	if (is <= 0 || (d.type != DISK_FILE && d.type != DISK_SPECIAL))
		return;
	buf_reset(&leaf);
	if (state_leaf(&leaf, &d))
		countless = true;
	else
		merkle_leaf(&seen, leaf.p, leaf.n);
}

static void step(struct record *r)
{
	struct disk d;

	if (check)
		compare(r);
	else if (adopt_next(&tree, r, &d) && (file || !span_is(d.path, INVENTORY_FILE)))
		inventory_add(written, &d);
}

static struct buf *open_out(void)
{
	struct buf *b = out_record("inventory");

	if (file)
		jsonw_bytes(b, "file", span_of(file));
	else
		jsonw_cstr(b, "path", INVENTORY_FILE);
	return b;
}

static void close_out(struct buf *b, uint64_t count, const char *root, const char *hash)
{
	jsonw_int(b, "count", (int64_t)count);
	jsonw_str(b, "root_hash", (struct span){root, DIGEST_TEXT});
	jsonw_str(b, "hash", (struct span){hash, DIGEST_TEXT});
}

static void finish_check(void)
{
	const struct inventory_sums *said;
	struct span path = SPAN(INVENTORY_FILE);
	unsigned char sum[DIGEST_LEN];
	char root[DIGEST_TEXT];

	if (file)
		path = (struct span){0};
	owner_join_finish(join);
	said = inventory_sums(existing);
	merkle_root(&seen, sum);
	digest_text(sum, root);
	if ((uint64_t)said->said_count != said->count)
		finding(CODE_REGISTRY, path, "it counts %lld entries and has %llu", (long long)said->said_count,
			(unsigned long long)said->count);
	if (memcmp(said->said_root, said->root, DIGEST_TEXT) != 0)
		finding(CODE_REGISTRY, path, "its root_hash is not the root of its entries");
	else if (!filter_findings() && !countless && memcmp(said->root, root, DIGEST_TEXT) != 0)
		finding(CODE_REGISTRY, path, "its sizes are not those on disk");
	if (!filter_findings()) {
		close_out(open_out(), said->count, said->root, said->hash);
		emit_out();
	}
	owner_join_free(join);
	inventory_in_free(existing);
}

static void finish_write(void)
{
	char root[DIGEST_TEXT], hash[DIGEST_TEXT];
	bool changed;
	struct buf *b;

	adopt_finish(&tree);
	if (tree.refused)
		return;
	if (!inventory_count(written)) {
		complain("unable to list the tree: there is no file in it");
		filter_raise(STATUS_NO);
		return;
	}
	inventory_close(written, root, hash);
	changed = inventory_save(written, file ? AT_FDCWD : effect_begin(false), file ? file : INVENTORY_FILE);
	b = open_out();
	close_out(b, inventory_count(written), root, hash);
	jsonw_bool(b, "changed", changed);
	if (filter_dry_run())
		jsonw_bool(b, "dry_run", true);
	emit_out();
	inventory_free(written);
}

static void finish(bool complete)
{
	if (complete && check)
		finish_check();
	else if (complete)
		finish_write();
}

static const struct opt opts[] = {
	{.name = "check", .summary = "compare the tree with the file that is there", .kind = OPT_FLAG,
	 .target = &check},
	{0},
};

static const struct filter self = {
	.name = "cp-files-json",
	.summary = "write or check MANIFEST.json, the inventory of a tree",
	.args = "[FILE]",
	.reads = "plane file dir special excluded",
	.writes = "inventory finding",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_ROOT | FILTER_DRY_RUN,
	.operands_max = 1,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
