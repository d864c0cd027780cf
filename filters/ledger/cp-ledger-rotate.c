/* cp-ledger-rotate: seals what a ledger holds so far and begins its next file. */
#include "audit/notes.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "ledger/record.h"
#include "ledger/rotate.h"
#include "seal/secret.h"

static const char *author, *key_path;

static void say(struct book *b, const struct rotation *r)
{
	struct segment part = {r->first, r->last, SEGMENT_PLAIN};
	struct buf name = {0};
	struct buf *out = out_record("segment");

	source_label(&name, span_of(b->place.segments));
	buf_char(&name, '/');
	segment_name(&name, &part);
	jsonw_str(out, "ledger", b->opening.ledger);
	jsonw_str(out, "file", buf_span(&name));
	jsonw_int(out, "first_seq", (int64_t)r->first);
	jsonw_int(out, "last_seq", (int64_t)r->last);
	digest_member(out, "root_hash", r->at.root);
	jsonw_int(out, "tree_size", (int64_t)r->at.size);
	jsonw_str(out, "head_hash", (struct span){r->at.head, DIGEST_TEXT});
	if (b->dry)
		jsonw_bool(out, "dry_run", true);
	emit_out();
	buf_free(&name);
}

static void start(int argc, char **argv)
{
	struct sign_key *key = key_path ? key_file_read(key_path) : NULL;
	struct rotation r = {.first = 0};
	struct book b;

	(void)argc;
	book_finish_rotation = rotate_finish;
	book_open(&b, argv[0], filter_dry_run());
	b.author = author_name(author);
	book_begin(&b);
	rotate_now(&b, key, &r);
	book_commit(&b);
	say(&b, &r);
	sign_key_free(key);
	book_close(&b);
}

static const struct opt opts[] = {
	{.name = "key",
	 .value = "KEY",
	 .summary = "sign a checkpoint of the sealed segment",
	 .kind = OPT_STR,
	 .target = &key_path},
	{.name = "author",
	 .value = "NAME",
	 .summary = "who says so (default: uid:N)",
	 .kind = OPT_STR,
	 .target = &author},
	{0},
};

static const struct filter self = {
	.name = "cp-ledger-rotate",
	.summary = "seal what a ledger holds and begin its next file",
	.args = "LEDGER",
	.reads = "",
	.writes = "segment",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_DRY_RUN | FILTER_OWN_INPUT,
	.operands_min = 1,
	.operands_max = 1,
	.start = start,
};

int main(int argc, char **argv)
{
	secret_guard();
	return filter_main(argc, argv, &self);
}
