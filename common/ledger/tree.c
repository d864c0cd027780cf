#include "ledger/tree.h"

#include "filter/filter.h"
#include "seal/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void first_fault(void *ctx, enum code code, uint64_t line, int64_t seq, const char *detail)
{
	struct buf *why = ctx;

	(void)seq;
	if (!why->n)
		buf_printf(why, "line %llu: %s: %s", (unsigned long long)line, code_name(code), detail);
}

static void begin(struct chain *c, const struct opening *o, struct digest *d, struct buf *why)
{
	struct merkle before;
	const char *bad;

	if (o->kind == OPENING_GENESIS) {
		chain_begin(c, CHAIN_WHOLE);
		return;
	}
	chain_begin(c, CHAIN_PIECE);
	bad = chain_frontier(&o->entry, d, &before);
	if (bad) {
		buf_printf(why, "line 1: %s", bad);
		return;
	}
	before.d = c->d;
	c->range = before;
	c->range_open = true;
}

bool tree_follow(int fd, const struct opening *o, uint64_t bytes, struct digest *d, struct position *p, struct buf *why)
{
	struct chain c = {
		.law = {ledger_type_prefix(o->type), o->type}, .fault = first_fault, .ctx = why, .tree = true};
	struct in in;
	struct span line;
	uint64_t seen = 0, number = 0;

	buf_reset(why);
	begin(&c, o, d, why);
	if (lseek(fd, 0, SEEK_SET) < 0)
		sys_fail(errno, "unable to read the ledger");
	in_open(&in, fd, ENTRY_BYTES);
	while (!why->n && seen < bytes) {
		enum in_result got = in_line(&in, &line);

		if (got == IN_ERROR)
			sys_fail(errno, "unable to read the ledger");
		if (got != IN_LINE || seen + line.n + 1 > bytes)
			buf_printf(why, "line %llu: it is cut", (unsigned long long)number + 1);
		else
			chain_line(&c, line, ++number);
		seen += line.n + 1;
	}
	in_close(&in);
	if (!why->n && !chain_root(&c, p->root))
		buf_str(why, "it has no root");
	if (!why->n) {
		p->size = (uint64_t)c.last.seq + 1;
		p->tree = c.range;
		p->tree.d = d;
		memcpy(p->head, c.last.hash, DIGEST_TEXT);
	}
	chain_free(&c);
	return !why->n;
}

void tree_of(struct place *p, struct digest *d, struct opening *o, struct position *pos)
{
	struct snapshot s;
	struct durable durable;
	struct buf why = {0};
	int fd;

	durable_read(p, &durable); /* before the file, which may grow meanwhile */
	fd = place_file(p, O_RDONLY);
	if (fd < 0 || snapshot_take(p, fd, &s) < 0 || opening_read(fd, s.size, o) < 0)
		sys_fail(errno, "unable to read the ledger %s", p->path);
	err_place(p->path, 0);
	if (o->kind == OPENING_OTHER || o->kind == OPENING_EMPTY)
		bad_input("unable to take it for a ledger of format cp-ledger/1: %s", o->why);
	if (durable.known && (durable.first_seq > o->first_seq ||
			      (durable.first_seq == o->first_seq && durable.offset > s.size)))
		bad_input("unable to trust the ledger: it is shorter than what was synced of it");
	if (durable.known && durable.first_seq == o->first_seq)
		s.size = durable.offset;
	if (!tree_follow(fd, o, s.size, d, pos, &why))
		bad_input("unable to trust the ledger: %s", buf_cstr(&why));
	if (durable.known && durable.first_seq == o->first_seq &&
	    memcmp(pos->head, durable.head_hash, DIGEST_TEXT) != 0)
		bad_input("unable to trust the ledger: the entry that was synced last is not there");
	err_place(NULL, 0);
	buf_free(&why);
	close(fd);
}

void position_sign(struct buf *note, const struct opening *o, const struct position *p, const struct sign_key *key)
{
	struct checkpoint c = {.origin = o->ledger, .size = p->size};
	struct buf text = {0}, origin = {0};

	memcpy(c.root, p->root, DIGEST_LEN);
	checkpoint_write(&text, &c);
	buf_span_add(&origin, o->ledger);
	note_sign(note, buf_span(&text), buf_cstr(&origin), key);
	buf_free(&text);
	buf_free(&origin);
}
