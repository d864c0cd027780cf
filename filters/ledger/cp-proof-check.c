/* cp-proof-check: does a proof hold? Needs neither ledger nor network. */
#include "audit/notes.h"
#include "chain/entry.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "os/in.h"

#include <errno.h>

static const char *vkey, *entry_path, *leaf_text, *old_path;
static struct opt_list witnesses;
static struct digest *digest;

/* The leaf that is asked about: of an entry's line, whose LF does not belong to it. */
static void read_leaf(unsigned char out[DIGEST_LEN])
{
	struct buf text = {0};

	if (leaf_text) {
		if (!digest_parse(span_of(leaf_text), out))
			bad_usage("unable to use --leaf %s: not sha256: and 64 hex digits", leaf_text);
		return;
	}
	if (slurp(entry_path, 1 << 20, &text) < 0)
		sys_fail(errno, "unable to read the entry %s", entry_path);
	err_place(entry_path, 0);
	if (text.n && text.p[text.n - 1] == '\n')
		text.n--;
	if (!text.n || memchr(text.p, '\n', text.n))
		bad_input("unable to use the entry: not one line");
	err_place(NULL, 0);
	merkle_hash_leaf(digest, text.p, text.n, out);
	buf_free(&text);
}

static bool holds(const struct proof_text *p, const struct note_file *f)
{
	unsigned char leaf[DIGEST_LEN];
	struct note_file old;
	bool good;

	if (!p->consistency) {
		read_leaf(leaf);
		return merkle_included(digest, leaf, p->index, f->checkpoint.size, &p->proof, f->checkpoint.root);
	}
	note_file_read(&old, old_path);
	if (!span_eq(old.checkpoint.origin, f->checkpoint.origin))
		bad_input("unable to check: the two checkpoints are of different ledgers");
	note_file_level(&old, vkey, &(struct opt_list){.n = 0});
	err_place(NULL, 0);
	good = old.checkpoint.size == p->index && merkle_consistent(digest, p->index, old.checkpoint.root,
								    f->checkpoint.size, f->checkpoint.root, &p->proof);
	note_file_free(&old);
	return good;
}

static void say(const struct proof_text *p, const struct note_file *f, enum rollback_level level)
{
	struct buf *b = out_record("proof");

	jsonw_cstr(b, "proves", p->consistency ? "consistency" : "inclusion");
	jsonw_str(b, "ledger", f->checkpoint.origin);
	jsonw_int(b, p->consistency ? "old_size" : "seq", (int64_t)p->index);
	jsonw_int(b, "size", (int64_t)f->checkpoint.size);
	digest_member(b, "root_hash", f->checkpoint.root);
	jsonw_bool(b, "holds", !filter_findings());
	jsonw_bool(b, "witnessed", level == LEVEL_WITNESSED);
	emit_out();
}

static void check_usage(const struct proof_text *p)
{
	if (p->consistency && !old_path)
		bad_usage("unable to check a proof of consistency without --old");
	if (!p->consistency && !entry_path == !leaf_text)
		bad_usage("unable to check a proof of inclusion: one of --entry and --leaf is wanted");
	if (p->consistency ? entry_path || leaf_text : old_path != NULL)
		bad_usage("unable to check: --old is for proofs of consistency, --entry and --leaf for those of "
			  "inclusion");
}

static void start(int argc, char **argv)
{
	struct buf text = {0};
	struct proof_text p;
	struct note_file f = {.text = {0}};
	enum rollback_level level;
	const char *why;

	(void)argc;
	if (slurp(argv[0], NOTE_BYTES, &text) < 0)
		sys_fail(errno, "unable to read the proof %s", argv[0]);
	err_place(argv[0], 0);
	why = proof_parse(&p, buf_span(&text));
	if (why)
		bad_input("unable to read the proof: %s", why);
	check_usage(&p);
	note_file_parse(&f, p.note, argv[0]);
	err_place(NULL, 0);
	digest = digest_new();
	level = note_file_level(&f, vkey, &witnesses);
	if (!holds(&p, &f))
		finding(CODE_PROOF, (struct span){0}, p.consistency ? "the older checkpoint is not a part of the newer"
								    : "the entry is not where the proof says");
	say(&p, &f, level);
	digest_free(digest);
	buf_free(&text);
}

static const struct opt opts[] = {
	{.name = "vkey",
	 .value = "VKEY",
	 .summary = "the key that signed the checkpoint: its text, or a file",
	 .kind = OPT_STR,
	 .target = &vkey,
	 .required = true},
	{.name = "entry", .value = "FILE", .summary = "the line of the entry", .kind = OPT_STR, .target = &entry_path},
	{.name = "leaf", .value = "HASH", .summary = "or its leaf hash", .kind = OPT_STR, .target = &leaf_text},
	{.name = "old",
	 .value = "CHECKPOINT",
	 .summary = "the older checkpoint, of a proof of consistency",
	 .kind = OPT_STR,
	 .target = &old_path},
	{.name = "witness",
	 .value = "VKEY",
	 .summary = "a witness that must have signed it too",
	 .kind = OPT_LIST,
	 .target = &witnesses},
	{0},
};

static const struct filter self = {
	.name = "cp-proof-check",
	.summary = "check a proof of inclusion or consistency, without the ledger",
	.args = "PROOF",
	.reads = "",
	.writes = "proof finding",
	.opts = opts,
	.role = ROLE_SOURCE,
	.operands_min = 1,
	.operands_max = 1,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
