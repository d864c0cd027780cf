#include "audit/check.h"

#include "base/crew.h"
#include "base/err.h"
#include "store/kinds.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* LOOSE_BYTES: a line of an earlier format is no longer than a record. */
enum { PIECE_BYTES = 256 * 1024, LOOSE_BYTES = 1 << 20, SLOTS_PER_JOB = 3 };

struct fault {
	enum code code;
	uint64_t line;
	int64_t seq;
	size_t detail, end; /* in the piece's texts */
};

/* Some lines of one part. Lines are counted from 1 here, and told from where the piece begins. */
struct piece {
	struct check *check;
	char *text;
	size_t n, cap;
	bool tail;             /* ends the part */
	struct chain chain;
	struct fault *fault;
	size_t faults, faults_cap;
	struct buf texts;
	struct buf collected;  /* lines with LF */
	struct kinds *kinds;
	unsigned schema_faults;
};

struct check {
	struct check_ask ask;
	struct crew *crew;
	void **slot;
	size_t slots;
	struct piece *filling;     /* NULL: the next slot */
	struct piece *joining;     /* whose seam is judged */
	struct chain whole;
	struct opening opening;
	struct buf first_line;
	bool decided, told, began; /* told: by a line, or by who asks */
	enum chain_format format;
	struct loose *loose;
	struct json json;
	uint64_t *wanted;
	size_t wanted_n;
	/* the part under way */
	char *source;
	uint64_t base;             /* lines of it told so far, and those before its first */
	bool part_first_known, skipping;
	struct chain_link part_first;
	uint64_t bytes;
};

/* Steps through whole lines: false behind the last. */
static bool next_line(const char *text, size_t n, size_t *at, struct span *line)
{
	const char *lf = *at < n ? memchr(text + *at, '\n', n - *at) : NULL;

	if (!lf)
		return false;
	*line = (struct span){text + *at, (size_t)(lf - text) - *at};
	*at += line->n + 1;
	return true;
}

/* --- in a worker --- */

static void note_fault(void *ctx, enum code code, uint64_t line, int64_t seq, const char *detail)
{
	struct piece *p = ctx;
	size_t at = p->texts.n;

	if (p->faults == p->faults_cap) {
		p->faults_cap = p->faults_cap ? 2 * p->faults_cap : 8;
		p->fault = xreallocarray(p->fault, p->faults_cap, sizeof *p->fault);
	}
	buf_str(&p->texts, detail);
	buf_char(&p->texts, '\0');
	p->fault[p->faults++] = (struct fault){code, line, seq, at, p->texts.n};
}

struct schema_place {
	struct piece *piece;
	uint64_t line;
	int64_t seq;
	unsigned told;
};

static void schema_fault(void *ctx, struct span instance, struct span keyword, const char *reason)
{
	struct schema_place *s = ctx;
	struct buf text = {0};

	if (s->told++)
		return;
	schema_text(&text, instance, keyword, reason);
	note_fault(s->piece, CODE_SCHEMA, s->line, s->seq, buf_cstr(&text));
	buf_free(&text);
}

static void judge_schema(struct piece *p, const struct entry *e, uint64_t line)
{
	struct schema_place place = {p, line, e->seq, 0};
	const struct schema *s;
	char kind[EVENT_KIND];

	if (!event_fact(e->event_type)) /* which is a fault already */
		return;
	if (!p->kinds)
		p->kinds = kinds_new(p->check->ask.schemas, SCHEMA_REFUSE);
	s = kinds_get(p->kinds, event_kind(e->event_type, kind));
	if (!s)
		note_fault(p, CODE_SCHEMA, line, e->seq, "there is no schema of its event_type");
	else
		schema_apply(s, &e->json, 0, schema_fault, &place);
}

/* What a segment says of its ledger must be what GENESIS says. */
static void judge_opening(struct piece *p, const struct entry *e, uint64_t line)
{
	struct opening mine = {.kind = OPENING_OTHER};
	const struct opening *o = &p->check->opening;

	opening_parse(&mine, e->line);
	if (mine.kind == OPENING_SEGMENT && o->kind != OPENING_OTHER &&
	    (!span_eq(mine.ledger, o->ledger) || mine.type != o->type || !span_eq(mine.tier, o->tier) ||
	     memcmp(mine.genesis, o->genesis, DIGEST_LEN) != 0))
		note_fault(p, CODE_SEGMENT, line, e->seq, "it is of another ledger than the first entry");
	else if (mine.kind != OPENING_SEGMENT)
		note_fault(p, CODE_SEGMENT, line, e->seq,
			   mine.why ? mine.why : "it does not say of which ledger it is");
	opening_free(&mine);
}

static void more(void *ctx, const struct entry *e, uint64_t line)
{
	struct piece *p = ctx;
	const struct check_ask *ask = &p->check->ask;

	if (ask->schemas >= 0)
		judge_schema(p, e, line);
	if (span_is(e->event_type, "SEGMENT_START"))
		judge_opening(p, e, line);
	if (ask->collect && e->event_type.n >= strlen(ask->collect) &&
	    memcmp(e->event_type.p, ask->collect, strlen(ask->collect)) == 0) {
		buf_span_add(&p->collected, e->line);
		buf_char(&p->collected, '\n');
	}
}

static void follow_piece(void *slot)
{
	struct piece *p = slot;
	uint64_t number = 0;
	struct span line;
	size_t at = 0;

	chain_begin(&p->chain, CHAIN_PIECE);
	while (next_line(p->text, p->n, &at, &line))
		chain_line(&p->chain, line, ++number);
}

/* --- in the calling thread --- */

static void say(struct check *c, enum code code, uint64_t line, int64_t seq, const char *detail)
{
	c->ask.fault(c->ask.ctx, code, code_severity(code), &(struct finding_place){c->source, c->base + line, seq},
		     detail);
}

/* A fault of a seam, or of an earlier format. */
static void tell(void *ctx, enum code code, uint64_t line, int64_t seq, const char *detail)
{
	struct check *c = ctx;

	if (c->joining)
		note_fault(c->joining, code, line, seq, detail);
	else
		say(c, code, line, seq, detail);
}

static int by_line(const void *x, const void *y)
{
	const struct fault *a = x, *b = y;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->detail < b->detail ? -1 : a->detail > b->detail;
}

/* What the piece, its seam and its roots have shown, in the order of the lines. */
static void tell_faults(struct check *c, struct piece *p, const struct chain_link *before)
{
	if (p->faults)
		qsort(p->fault, p->faults, sizeof *p->fault, by_line);
	for (size_t i = 0; i < p->faults; i++) {
		struct fault *f = &p->fault[i];

		/* A piece does not know where it stands until it has read an entry. */
		if (f->seq < 0 && before->seq_known)
			f->seq = before->seq + (int64_t)f->line;
		say(c, f->code, f->line, f->seq, p->texts.p + f->detail);
	}
}

static void tell_resolved(void *ctx, const struct chain_cut *cut, const unsigned char *root)
{
	struct check *c = ctx;

	unsigned char head[DIGEST_LEN];
	bool known = cut->have_head && digest_parse((struct span){cut->head, DIGEST_TEXT}, head);

	c->ask.resolved(c->ask.ctx, cut->size, known ? head : NULL, root);
}

static void tell_collected(struct check *c, const struct buf *lines)
{
	struct span line;
	size_t at = 0;

	while (next_line(lines->p, lines->n, &at, &line))
		c->ask.collected(c->ask.ctx, line);
}

/* Takes the oldest piece into the whole. */
static void join_piece(struct check *c, struct piece *p)
{
	if (p->chain.tally.lines && !c->part_first_known) {
		c->part_first = p->chain.first;
		c->part_first_known = true;
	}
	struct chain_link before = c->whole.last;

	c->joining = p;
	chain_join(&c->whole, &p->chain, c->ask.resolved ? tell_resolved : NULL);
	c->joining = NULL;
	tell_faults(c, p, &before);
	tell_collected(c, &p->collected);
	c->base += p->chain.tally.lines;
	p->faults = 0;
	buf_reset(&p->texts);
	buf_reset(&p->collected);
}

static bool drain_one(struct check *c, bool wait)
{
	struct piece *p = crew_take(c->crew, wait);

	if (!p)
		return false;
	join_piece(c, p);
	crew_release(c->crew);
	return true;
}

static void open_crew(struct check *c)
{
	unsigned jobs = c->ask.jobs;

	c->slots = jobs ? (size_t)jobs * SLOTS_PER_JOB : 1;
	c->slot = xcalloc(c->slots, sizeof *c->slot);
	for (size_t i = 0; i < c->slots; i++) {
		struct piece *p = xcalloc(1, sizeof *p);

		p->check = c;
		p->cap = PIECE_BYTES;
		p->text = xmalloc(p->cap);
		p->chain.fault = note_fault;
		p->chain.more = more;
		p->chain.ctx = p;
		p->chain.tree = c->ask.tree;
		c->slot[i] = p;
	}
	c->crew = crew_open(jobs, c->slot, c->slots, follow_piece);
	if (!c->crew)
		die_errno("unable to start threads");
}

struct check *check_new(const struct check_ask *ask)
{
	struct check *c = xcalloc(1, sizeof *c);

	c->ask = *ask;
	c->opening.kind = OPENING_OTHER;
	c->whole.fault = tell;
	c->whole.ctx = c;
	c->whole.tree = ask->tree;
	open_crew(c);
	return c;
}

static int by_size(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return a < b ? -1 : a > b;
}

void check_want(struct check *c, uint64_t size)
{
	c->wanted = xreallocarray(c->wanted, c->wanted_n + 1, sizeof *c->wanted);
	c->wanted[c->wanted_n++] = size;
}

/* --- the beginning: which format, which ledger --- */

static void begin_loose(struct check *c)
{
	c->loose = loose_new(c->format == FORMAT_LEGACY ? LOOSE_LEGACY : LOOSE_SEED, tell, c);
}

/* A chain that begins behind GENESIS can still have a root, where its first entry says what came before. */
static void begin_late(struct check *c)
{
	struct merkle before;

	chain_begin(&c->whole, c->ask.partial || c->opening.kind == OPENING_SEGMENT ? CHAIN_PIECE : CHAIN_WHOLE);
	if (c->opening.kind != OPENING_SEGMENT)
		return;
	if (!c->ask.partial)
		tell(c, CODE_SEGMENT, 1, (int64_t)c->opening.first_seq, "the segments before it are missing");
	if (c->ask.tree && !chain_frontier(&c->opening.entry, c->whole.d, &before)) {
		before.d = c->whole.d;
		c->whole.range = before;
		c->whole.range_open = true;
	}
}

static void begin_chain(struct check *c, struct span line)
{
	buf_span_add(&c->first_line, line);
	opening_parse(&c->opening, buf_span(&c->first_line));
	if (c->opening.kind == OPENING_GENESIS)
		chain_begin(&c->whole, CHAIN_WHOLE);
	else
		begin_late(c);
	if (c->opening.kind != OPENING_OTHER && c->ask.opened)
		c->ask.opened(c->ask.ctx, c, &c->opening);
	if (c->wanted_n)
		qsort(c->wanted, c->wanted_n, sizeof *c->wanted, by_size);
	for (size_t i = 0; i < c->slots; i++) {
		struct piece *p = c->slot[i];

		if (c->opening.kind != OPENING_OTHER)
			p->chain.law = (struct chain_law){ledger_type_prefix(c->opening.type), c->opening.type};
		p->chain.wanted = c->wanted;
		p->chain.wanted_n = c->wanted_n;
	}
}

/* The first line that is an object says which format it is; before one is found the strictest is taken. */
static void decide(struct check *c, const struct piece *p)
{
	static const enum chain_format given[] = {[PROFILE_V1] = FORMAT_V1, [PROFILE_SEED] = FORMAT_SEED,
						  [PROFILE_LEGACY] = FORMAT_LEGACY};
	struct span first = {0}, line;
	size_t at = 0;

	c->decided = true;
	c->format = FORMAT_V1;
	next_line(p->text, p->n, &at, &first);
	line = first;
	c->told = c->ask.profile != PROFILE_AUTO;
	if (c->told)
		c->format = given[c->ask.profile];
	else
		while (!(c->told = chain_format_of(&c->json, line, &c->format)) &&
		       next_line(p->text, p->n, &at, &line))
			;
	if (c->format == FORMAT_V1)
		begin_chain(c, first);
	else
		begin_loose(c);
}

static void follow_loose(struct check *c, struct piece *p)
{
	struct span line;
	size_t at = 0;

	for (; next_line(p->text, p->n, &at, &line); c->base++)
		loose_line(c->loose, line, 1);
}

/* --- feeding --- */

void check_part(struct check *c, const char *source, uint64_t line)
{
	free(c->source);
	c->source = xstrdup(source);
	c->base = line - 1;
	c->part_first_known = false;
	c->skipping = false;
}

static struct piece *filling(struct check *c)
{
	while (!c->filling) {
		c->filling = crew_slot(c->crew);
		if (!c->filling)
			drain_one(c, true);
		else {
			c->filling->n = 0;
			c->filling->cap = PIECE_BYTES;
		}
	}
	return c->filling;
}

char *check_room(struct check *c, size_t *n)
{
	struct piece *p = filling(c);

	*n = p->cap - p->n;
	return p->text + p->n;
}

/* Hands on what is filled up to `whole` bytes, and keeps what lies behind. */
static void submit(struct check *c, size_t whole)
{
	struct piece *p = c->filling, *next;
	size_t rest = p->n - whole;
	char *text = p->text + whole;

	p->n = whole;
	if (!c->decided)
		decide(c, p);
	c->bytes += whole;
	if (c->loose) {
		follow_loose(c, p);
		memmove(p->text, text, rest);
		p->n = rest;
		return;
	}
	/* The rest is moved before somebody else may touch the slot. */
	c->filling = NULL;
	if (!rest) {
		crew_submit(c->crew);
		while (drain_one(c, false))
			;
		return;
	}
	text = memcpy(xmalloc(rest), text, rest);
	crew_submit(c->crew);
	while (drain_one(c, false))
		;
	next = filling(c);
	memcpy(next->text, text, rest);
	next->n = rest;
	free(text);
}

/* A line that no entry can be: it is told once, and its bytes are passed over. */
static void skip_line(struct check *c)
{
	struct piece *p = c->filling;
	const char *lf = memchr(p->text, '\n', p->n);
	size_t used = lf ? (size_t)(lf - p->text) + 1 : p->n;

	memmove(p->text, p->text + used, p->n - used);
	p->n -= used;
	c->bytes += used;
	c->skipping = !lf;
}

/* What was read of it stands for the line: too long for an entry. */
static void begin_skipping(struct check *c)
{
	struct piece *p = c->filling;

	p->text[ENTRY_BYTES + 1] = '\n';
	p->n = ENTRY_BYTES + 2;
	submit(c, p->n);
	c->skipping = true;
}

void check_added(struct check *c, size_t n)
{
	struct piece *p = c->filling;
	const char *lf;

	p->n += n;
	if (c->skipping)
		skip_line(c);
	if (p->n < p->cap)
		return;
	lf = memrchr(p->text, '\n', p->n);
	if (lf) {
		submit(c, (size_t)(lf - p->text) + 1);
	} else if ((c->loose || !c->decided) && p->cap < LOOSE_BYTES) {
		p->cap *= 2;
		p->text = xrealloc(p->text, p->cap);
	} else {
		begin_skipping(c);
	}
}

size_t check_part_end(struct check *c, struct chain_link *first, struct chain_link *last)
{
	struct piece *p = c->filling;
	const char *lf = p && p->n ? memrchr(p->text, '\n', p->n) : NULL;
	size_t whole = lf ? (size_t)(lf - p->text) + 1 : 0, rest = p ? p->n - whole : 0;

	if (p)
		p->n = whole;
	if (whole)
		submit(c, whole);
	while (drain_one(c, true))
		;
	*first = c->part_first;
	if (!c->part_first_known)
		*first = (struct chain_link){.read = false};
	*last = c->whole.last;
	return rest + c->skipping;
}

void check_gap(struct check *c)
{
	c->whole.last = (struct chain_link){.read = false};
	c->whole.broken = true;
}

void check_finish(struct check *c, struct check_result *r)
{
	struct chain_link *last = &c->whole.last;

	*r = (struct check_result){
		.format = c->format, .told = c->told, .bytes = c->bytes, .tally = c->whole.tally};
	if (c->loose) {
		r->loose = *loose_tally(c->loose);
		r->loose_head = loose_head(c->loose);
		return;
	}
	r->whole = c->opening.kind == OPENING_GENESIS;
	r->first_seq = c->whole.first.seq_known ? (uint64_t)c->whole.first.seq : 0;
	r->size = last->seq_known && !last->start ? (uint64_t)last->seq + 1 : 0;
	r->have_head = last->hashed && !last->start && digest_parse((struct span){last->hash, DIGEST_TEXT}, r->head);
	r->have_root = c->decided && !c->loose && chain_root(&c->whole, r->root);
}

static void free_piece(struct piece *p)
{
	chain_free(&p->chain);
	kinds_free(p->kinds);
	buf_free(&p->texts);
	buf_free(&p->collected);
	free(p->fault);
	free(p->text);
	free(p);
}

void check_free(struct check *c)
{
	crew_close(c->crew);
	for (size_t i = 0; i < c->slots; i++)
		free_piece(c->slot[i]);
	free(c->slot);
	chain_free(&c->whole);
	opening_free(&c->opening);
	buf_free(&c->first_line);
	loose_free(c->loose);
	json_free(&c->json);
	free(c->wanted);
	free(c->source);
	free(c);
}
