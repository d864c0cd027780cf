/* cp-ledger-adopt: seals a ledger of an earlier format and begins one in ours that is bound to it. */
#include "audit/child.h"
#include "audit/verify.h"
#include "base/text.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "ledger/genesis.h"
#include "ledger/rotate.h"
#include "os/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static struct genesis_ask ask;
static const char *type_name, *profile_name;

/* What is wrong with it is counted, and stands in GENESIS; cp-chain-check tells it line by line. */
static void count(void *ctx, enum code code, enum severity severity, const struct finding_place *place,
		  const char *detail)
{
	(void)code;
	(void)place;
	(void)detail;
	*(uint64_t *)ctx += severity == SEVERITY_ERROR;
}

static enum check_profile profile(void)
{
	if (!profile_name)
		return PROFILE_AUTO;
	return strcmp(profile_name, "seed") == 0 ? PROFILE_SEED : PROFILE_LEGACY;
}

static int take_lock(struct place *p)
{
	int lock = place_lock(p);

	if (lock < 0 || lock_exclusive_at(lock, PLACE_WRITE, true) < 0)
		sys_fail(errno, "unable to lock %s", p->path);
	return lock;
}

static void name_sealed(struct buf *name, const unsigned char hash[DIGEST_LEN])
{
	char hex[12];

	hex_encode(hash, sizeof hex / 2, hex);
	buf_str(name, "legacy-");
	buf_add(name, hex, sizeof hex);
	buf_str(name, ".jsonl");
}

/* Both names of one file: what a kill between them left is taken up again. */
static void begin(struct place *p, int fd, struct genesis_legacy *l, struct book *parent)
{
	struct durable d = {.known = true};
	struct digest *digest = digest_new();
	struct buf line = {0}, name = {0}, file = {0};
	struct book_ack ack;
	struct book b = {.dry = filter_dry_run()};

	name_sealed(&name, l->hash);
	buf_printf(&file, "%s/%s", p->segments, buf_cstr(&name));
	l->file = buf_cstr(&file);
	ask.legacy = l;
	genesis_write(&line, &ask, digest, &ack);
	opening_parse(&b.opening, (struct span){line.p, line.n - 1});
	if (!b.dry) {
		rotate_swap(p, fd, buf_span(&line), buf_cstr(&name));
		d.offset = line.n;
		memcpy(d.head_hash, ack.hash, DIGEST_TEXT);
		if (durable_write(p, &d) < 0)
			warn("unable to write %s: %s", place_name(p, ".durable"), strerror(errno));
	}
	book_ack_write(out_record("ack"), &b, &ack);
	emit_out();
	if (parent) { /* the ledger above learns of it */
		child_opened(parent, &b.opening, ask.author, &ack);
		book_ack_write(out_record("ack"), parent, &ack);
		emit_out();
	}
	opening_free(&b.opening);
	digest_free(digest);
	buf_free(&line);
	buf_free(&name);
	buf_free(&file);
}

static void adopt(struct place *p, struct book *parent)
{
	struct progress none = {.on = false};
	struct digest *digest = digest_new();
	struct genesis_legacy l = {.file = NULL};
	struct verified v;
	uint64_t faults = 0;
	int fd, lock = filter_dry_run() ? -1 : take_lock(p);
	struct check_ask how = {.profile = PROFILE_AUTO, .schemas = -1, .ctx = &faults, .fault = count};

	fd = place_file(p, O_RDONLY);
	if (fd < 0 || fsync(fd) < 0 || digest_fd(digest, fd, l.hash, NULL) < 0)
		sys_fail(errno, "unable to read the ledger %s", p->path);
	/* What a line says of itself counts more than --profile. */
	verify_ledger_locked(p->path, &how, &none, &v);
	if (profile() != PROFILE_AUTO && !(v.result.format == FORMAT_V1 && v.result.told)) {
		verify_end(&v);
		faults = 0;
		how.profile = profile();
		verify_ledger_locked(p->path, &how, &none, &v);
	}
	if (v.result.format == FORMAT_V1) {
		complain("unable to adopt %s: it is no ledger of an earlier format (--profile names one)", p->path);
		filter_raise(STATUS_NO);
	} else {
		l.format = v.result.format;
		l.found = v.result.loose;
		l.head = v.result.loose_head;
		begin(p, fd, &l, parent);
		if (faults)
			warn("sealed as it is, with %llu faults that GENESIS counts", (unsigned long long)faults);
	}
	verify_end(&v);
	digest_free(digest);
	close(fd);
	if (lock >= 0)
		close(lock);
}

static void start(int argc, char **argv)
{
	struct book parent;
	struct place p;

	(void)argc;
	book_finish_rotation = rotate_finish;
	ledger_type_of(span_of(type_name), &ask.type);
	ask.author = author_name(ask.author);
	genesis_check(&ask);
	if (place_open(&p, argv[0], true) < 0)
		sys_fail(errno, "unable to open the ledger %s", argv[0]);
	/* GENESIS will name it. */
	if (!utf8_valid(p.name, strlen(p.name)))
		bad_usage("unable to adopt %s: its name is not UTF-8", argv[0]);
	if (!ask.parent) {
		adopt(&p, NULL);
	} else if (child_parent_open(&parent, ask.parent, ask.origin, ask.author, filter_dry_run())) {
		adopt(&p, &parent);
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
	{.name = "profile",
	 .value = "legacy|seed",
	 .summary = "its format (default: what its lines say)",
	 .kind = OPT_CHOICE,
	 .target = &profile_name},
	{.name = "parent",
	 .value = "PARENT",
	 .summary = "the ledger above, which is bound to and told",
	 .kind = OPT_STR,
	 .target = &ask.parent},
	{.name = "author",
	 .value = "NAME",
	 .summary = "who says so (default: uid:N)",
	 .kind = OPT_STR,
	 .target = &ask.author},
	{0},
};

static const struct filter self = {
	.name = "cp-ledger-adopt",
	.summary = "seal a ledger of an earlier format and begin one bound to it",
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
