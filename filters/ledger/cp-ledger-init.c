/* cp-ledger-init: begins a ledger with its GENESIS entry. */
#include "audit/child.h"
#include "filter/filter.h"
#include "ledger/genesis.h"
#include "ledger/rotate.h"
#include "os/save.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static struct genesis_ask ask;
static struct opt_list providers;
static const char *type_name;

static void write_file(struct place *p, const struct buf *line, const struct book_ack *ack)
{
	struct durable d = {.known = true, .offset = line->n};
	struct save s;

	if (save_begin(&s, p->dir, p->name, 0644) < 0)
		sys_fail(errno, "unable to make the ledger %s", p->path);
	s.fresh = true;
	out_add(&s.out, line->p, line->n);
	if (save_commit(&s) < 0)
		sys_fail(errno, "unable to make the ledger %s", p->path);
	memcpy(d.head_hash, ack->hash, DIGEST_TEXT);
	if (durable_write(p, &d) < 0)
		warn("unable to write %s: %s", place_name(p, ".durable"), strerror(errno));
}

static void say(const struct book *b, const struct book_ack *ack)
{
	book_ack_write(out_record("ack"), b, ack);
	emit_out();
}

static void make(struct place *p, struct book *parent)
{
	struct book_ack ack = {.seq = 0};
	struct book b = {.dry = filter_dry_run(), .digest = digest_new()};
	struct buf line = {0};

	genesis_write(&line, &ask, b.digest, &ack);
	opening_parse(&b.opening, (struct span){line.p, line.n - 1});
	if (!b.dry)
		write_file(p, &line, &ack);
	say(&b, &ack);
	if (parent) {
		child_opened(parent, &b.opening, ask.author, &ack);
		say(parent, &ack);
	}
	opening_free(&b.opening);
	digest_free(b.digest);
	buf_free(&line);
}

static void start(int argc, char **argv)
{
	struct book parent;
	struct place p;
	const char *why;
	struct stat st;

	(void)argc;
	ledger_type_of(span_of(type_name), &ask.type);
	ask.pins.provider = providers.item;
	ask.pins.providers = providers.n;
	ask.author = author_name(ask.author);
	genesis_check(&ask);
	book_finish_rotation = rotate_finish;
	if (place_open(&p, argv[0], false) < 0)
		sys_fail(errno, "unable to make the ledger %s", argv[0]);
	if (fstatat(p.dir, p.name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		complain("unable to make the ledger %s: there is something of that name", argv[0]);
		filter_raise(STATUS_NO);
	} else if ((why = place_taken(&p))) {
		complain("unable to make the ledger %s: %s", argv[0], why);
		filter_raise(STATUS_NO);
	} else if (!ask.parent) {
		make(&p, NULL);
	} else if (child_parent_open(&parent, ask.parent, ask.origin, ask.author, filter_dry_run())) {
		make(&p, &parent);
		book_close(&parent);
	}
	place_close(&p);
}

static const struct opt opts[] = {
	{.name = "ledger",
	 .value = "ORIGIN",
	 .summary = "its name, the origin of its checkpoints",
	 .kind = OPT_STR,
	 .target = &ask.origin,
	 .required = true},
	{.name = "type",
	 .value = "L-INTENT|L-PACKAGE|L-WORKORDER|L-EXEC|L-EVIDENCE|L-OBSERVE",
	 .summary = "what it holds",
	 .kind = OPT_CHOICE,
	 .target = &type_name,
	 .required = true},
	{.name = "tier",
	 .value = "ho3|ho2|ho1",
	 .summary = "where it belongs",
	 .kind = OPT_CHOICE,
	 .target = &ask.tier,
	 .required = true},
	{.name = "parent",
	 .value = "PARENT",
	 .summary = "the ledger above, which is bound to and told",
	 .kind = OPT_STR,
	 .target = &ask.parent},
	{.name = "rollback-level",
	 .value = "unchecked|local|anchored|witnessed",
	 .summary = "the least that a check of it must reach",
	 .kind = OPT_CHOICE,
	 .target = &ask.level},
	{.name = "plane-uid",
	 .value = "UID",
	 .summary = "pin: the plane's name, for ever",
	 .kind = OPT_STR,
	 .target = &ask.pins.plane_uid},
	{.name = "development",
	 .summary = "pin: the plane is made for development",
	 .kind = OPT_FLAG,
	 .target = &ask.pins.development},
	{.name = "keyring-hash",
	 .value = "HASH",
	 .summary = "pin: the keyring's file",
	 .kind = OPT_STR,
	 .target = &ask.pins.keyring_hash},
	{.name = "keyring-version",
	 .value = "N",
	 .summary = "pin: the keyring's version",
	 .kind = OPT_INT,
	 .target = &ask.pins.keyring_version,
	 .min = 1,
	 .max = 9007199254740991},
	{.name = "provider",
	 .value = "NAME",
	 .summary = "pin: who may say who somebody is",
	 .kind = OPT_LIST,
	 .target = &providers},
	{.name = "jwks-hash",
	 .value = "HASH",
	 .summary = "pin: the file with the keys of an issuer",
	 .kind = OPT_STR,
	 .target = &ask.pins.jwks_hash},
	{.name = "author",
	 .value = "NAME",
	 .summary = "who says so (default: uid:N)",
	 .kind = OPT_STR,
	 .target = &ask.author},
	{0},
};

static const struct filter self = {
	.name = "cp-ledger-init",
	.summary = "begin a ledger",
	.args = "LEDGER",
	.reads = "",
	.writes = "ack",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_DRY_RUN | FILTER_OWN_INPUT,
	.operands_min = 1,
	.operands_max = 1,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
