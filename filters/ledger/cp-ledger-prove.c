/* cp-ledger-prove: proves to whoever trusts a checkpoint that an entry, or an older checkpoint, is in it. */
#include "audit/notes.h"
#include "base/num.h"
#include "filter/filter.h"
#include "audit/leaves.h"

static const char *checkpoint_path, *old_path;
static int64_t seq = -1;
static struct merkle_prover prover;

static void leaf(void *ctx, struct span line, const unsigned char hash[DIGEST_LEN])
{
	(void)ctx;
	(void)line;
	merkle_prover_leaf(&prover, hash);
}

/* What is asked for; status 1 when the checkpoint cannot know it. */
static bool begin(struct digest *d, const struct note_file *f, struct proof_text *p)
{
	struct note_file old;

	if (!old_path) {
		p->index = seq < 0 ? f->checkpoint.size - 1 : (uint64_t)seq;
		if (p->index < f->checkpoint.size)
			merkle_prove_inclusion(&prover, d, p->index, f->checkpoint.size);
		return p->index < f->checkpoint.size;
	}
	note_file_read(&old, old_path);
	if (!span_eq(old.checkpoint.origin, f->checkpoint.origin))
		bad_input("unable to prove: the two checkpoints are of different ledgers");
	err_place(NULL, 0);
	p->consistency = true;
	p->index = old.checkpoint.size;
	note_file_free(&old);
	if (!p->index || p->index > f->checkpoint.size)
		return false;
	merkle_prove_consistency(&prover, d, p->index, f->checkpoint.size);
	return true;
}

static void start(int argc, char **argv)
{
	struct digest *d = digest_new();
	struct note_file f;
	struct proof_text p = {.consistency = false};
	unsigned char root[DIGEST_LEN];
	struct buf text = {0};

	(void)argc;
	if (seq >= 0 && old_path)
		bad_usage("unable to prove both: --seq and --old stand alone");
	note_file_read(&f, checkpoint_path);
	err_place(NULL, 0);
	if (!begin(d, &f, &p)) {
		complain("unable to prove: the checkpoint, of %llu entries, does not reach so far",
			 (unsigned long long)f.checkpoint.size);
		filter_abandon(STATUS_NO);
	}
	leaves_each(argv[0], f.checkpoint.size, d, leaf, NULL);
	merkle_root(&prover.whole, root);
	if (memcmp(root, f.checkpoint.root, DIGEST_LEN) != 0) {
		complain("unable to prove: the ledger %s is not the one of the checkpoint", argv[0]);
		filter_abandon(STATUS_NO);
	}
	p.proof = prover.proof;
	p.note = buf_span(&f.text);
	proof_write(&text, &p);
	emit_text(buf_span(&text));
	buf_free(&text);
	note_file_free(&f);
	digest_free(d);
}

static const struct opt opts[] = {
	{.name = "checkpoint",
	 .value = "CHECKPOINT",
	 .summary = "the signed checkpoint that the proof leads to",
	 .kind = OPT_STR,
	 .target = &checkpoint_path,
	 .required = true},
	{.name = "seq",
	 .value = "SEQ",
	 .summary = "prove that this entry is in it (default: the last)",
	 .kind = OPT_INT,
	 .target = &seq,
	 .min = 0,
	 .max = NUM_MAX_SAFE},
	{.name = "old",
	 .value = "CHECKPOINT",
	 .summary = "prove that this older checkpoint is a part of it",
	 .kind = OPT_STR,
	 .target = &old_path},
	{0},
};

static const struct filter self = {
	.name = "cp-ledger-prove",
	.summary = "prove that an entry or an older checkpoint is in a ledger",
	.args = "LEDGER",
	.reads = "",
	.writes = "",
	.opts = opts,
	.role = ROLE_SOURCE,
	.flags = FILTER_TEXT,
	.operands_min = 1,
	.operands_max = 1,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
