#include "chain/chain.h"

#include "base/num.h"

#include <stdlib.h>

static void fault(struct chain *c, enum code code, uint64_t line, int64_t seq, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
static void fault(struct chain *c, enum code code, uint64_t line, int64_t seq, const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	c->fault(c->ctx, code, line, seq, buf_cstr(&text));
	buf_free(&text);
}

void chain_begin(struct chain *c, enum chain_from from)
{
	if (!c->d)
		c->d = digest_new();
	c->first = c->last = (struct chain_link){.line = 0};
	c->tally = (struct chain_tally){.lines = 0};
	c->range_open = c->broken = false;
	c->cut_n = 0;
	merkle_init(&c->range, c->d);
	if (from == CHAIN_PIECE)
		return;
	c->last = (struct chain_link){.read = true, .hashed = true, .seq_known = true, .start = true, .seq = -1};
	memcpy(c->last.hash, entry_genesis_hash, DIGEST_TEXT);
	c->range_open = true;
}

void chain_free(struct chain *c)
{
	digest_free(c->d);
	entry_free(&c->entry);
	free(c->cut);
	*c = (struct chain){.fault = NULL};
}

/* --- one line to the next --- */

/* One finding for one place, however many members show it. */
static void judge_place(struct chain *c, const struct chain_link *before, const struct chain_link *now)
{
	bool linked = !before->hashed || memcmp(now->prev, before->hash, DIGEST_TEXT) == 0;
	/* What stands behind a line that is no entry is judged alike wherever a piece was cut. */
	bool counted = !before->read || !before->seq_known || now->seq == before->seq + 1;

	if (before->start && !now->genesis) {
		fault(c, CODE_GENESIS, now->line, now->seq, "the first entry is no GENESIS");
		c->broken = true;
		return;
	}
	if (linked && counted && !(now->genesis && !before->start))
		return;
	c->broken = true;
	c->tally.breaks++;
	if (now->genesis && !before->start)
		fault(c, CODE_GENESIS, now->line, now->seq, "a second GENESIS: the chain begins anew");
	else if (linked)
		fault(c, CODE_SEQ, now->line, now->seq, "seq %lld follows %lld", (long long)now->seq,
		      (long long)before->seq);
	else if (counted)
		fault(c, CODE_LINK, now->line, now->seq, "its prev_hash is not the entry_hash of the entry before it");
	else
		fault(c, CODE_LINK, now->line, now->seq,
		      "seq %lld follows %lld, and its prev_hash is not the entry_hash of the entry before it",
		      (long long)now->seq, (long long)before->seq);
}

static void judge_step(struct chain *c, const struct chain_link *before, const struct chain_link *now)
{
	if (!now->read)
		return;
	judge_place(c, before, now);
	if (!before->read)
		return;
	if (!before->start && memcmp(now->stamp, before->stamp, ENTRY_STAMP) < 0)
		fault(c, CODE_TIME, now->line, now->seq,
		      "its timestamp %.*s is before %.*s, that of the entry before it", ENTRY_STAMP, now->stamp,
		      ENTRY_STAMP, before->stamp);
	if (before->sealed && !now->opens)
		fault(c, CODE_SEGMENT, now->line, now->seq, "it stands behind SEGMENT_SEALED, but is no SEGMENT_START");
	else if (now->opens && !before->sealed)
		fault(c, CODE_SEGMENT, now->line, now->seq, "a SEGMENT_START that follows no SEGMENT_SEALED");
}

/* --- roots that were asked for or are claimed --- */

static struct chain_cut *add_cut(struct chain *c, uint64_t size)
{
	struct chain_cut *cut;

	if (c->cut_n == c->cut_cap) {
		c->cut_cap = c->cut_cap ? 2 * c->cut_cap : 4;
		c->cut = xreallocarray(c->cut, c->cut_cap, sizeof *c->cut);
	}
	cut = &c->cut[c->cut_n++];
	cut->size = size;
	cut->line = 0;
	cut->have_head = cut->claimed = cut->broken = false;
	cut->range = c->range;
	return cut;
}

static bool is_wanted(const struct chain *c, uint64_t size)
{
	size_t low = 0, high = c->wanted_n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->wanted[middle] < size)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->wanted_n && c->wanted[low] == size;
}

static void note_wanted(struct chain *c, const struct chain_link *now)
{
	struct chain_cut *cut;

	if (!c->wanted_n || !now->read || !is_wanted(c, (uint64_t)now->seq + 1))
		return;
	cut = add_cut(c, (uint64_t)now->seq + 1);
	cut->line = now->line;
	cut->have_head = now->hashed;
	memcpy(cut->head, now->hash, DIGEST_TEXT);
}

static bool member_int(const struct entry *e, const char *key, int64_t *out)
{
	uint32_t at = json_get(&e->json, 0, key);

	return at && json_int(&e->json, at, 0, NUM_MAX_SAFE, out);
}

static bool member_hash(const struct entry *e, const char *key, unsigned char out[DIGEST_LEN])
{
	struct span text;

	return entry_text(&e->json, 0, key, &text) && digest_parse(text, out);
}

const char *chain_frontier(const struct entry *e, struct digest *d, struct merkle *m)
{
	const struct json *j = &e->json;
	uint32_t at = json_get(j, 0, "frontier");
	unsigned char node[MERKLE_NODES][DIGEST_LEN], claimed[DIGEST_LEN], root[DIGEST_LEN];
	unsigned n = 0;

	if (!at || j->node[at].type != JSON_ARRAY || j->node[at].count > MERKLE_NODES)
		return "it has no frontier";
	for (uint32_t i = json_first(j, at); i != j->node[at].end; i = json_next(j, i))
		if (j->node[i].type != JSON_STRING || !digest_parse(json_text(j, i), node[n++]))
			return "its frontier has something else than hashes";
	if (!merkle_resume(m, d, (uint64_t)e->seq, (const unsigned char (*)[DIGEST_LEN])node, n))
		return "its frontier has not as many hashes as its size asks for";
	merkle_root(m, root);
	if (!member_hash(e, "root_hash", claimed) || memcmp(claimed, root, DIGEST_LEN) != 0)
		return "its root_hash is not that of its frontier";
	return NULL;
}

/* Both kinds of SEGMENT entry claim the root of all entries before them. */
static void judge_segment(struct chain *c, struct chain_link *now)
{
	const struct entry *e = &c->entry;
	struct merkle frontier;
	struct chain_cut *cut;
	int64_t first, last, size;
	const char *why = NULL;
	unsigned char root[DIGEST_LEN];

	if (!member_int(e, "tree_size", &size) || size != e->seq || !member_hash(e, "root_hash", root) ||
	    !member_int(e, "first_seq", &first))
		why = "it has not the tree_size, root_hash and first_seq of its place";
	else if (now->sealed && (!member_int(e, "last_seq", &last) || last != e->seq || first > last))
		why = "its first_seq and last_seq are not those of its place";
	else if (now->opens && first != e->seq)
		why = "its first_seq is not its own";
	else if (now->opens)
		why = chain_frontier(e, c->d, &frontier);
	if (why) {
		fault(c, CODE_SEGMENT, now->line, now->seq, "%s", why);
		return;
	}
	now->sealed_first = first;
	if (!c->tree)
		return;
	cut = add_cut(c, (uint64_t)size);
	cut->line = now->line;
	cut->claimed = true;
	memcpy(cut->root, root, DIGEST_LEN);
}

/* --- one line --- */

static void judge_hash(struct chain *c, struct chain_link *now)
{
	const struct entry *e = &c->entry;

	memcpy(now->prev, e->prev_hash.p, DIGEST_TEXT);
	if (!e->entry_hash.p) {
		c->tally.unhashed++;
		fault(c, CODE_UNHASHED, now->line, now->seq, "it has no entry_hash");
		return;
	}
	now->hashed = true;
	memcpy(now->hash, e->entry_hash.p, DIGEST_TEXT);
	if (entry_hash_holds(c->d, e)) {
		c->tally.hash_ok++;
		return;
	}
	c->tally.altered++;
	fault(c, CODE_ALTERED, now->line, now->seq, "its content is not what its entry_hash says");
}

static void judge_id(struct chain *c, const struct chain_link *now)
{
	char room[DIGEST_TEXT];
	struct buf want = {.p = room, .cap = sizeof room};

	if (!c->law.prefix)
		return;
	entry_id_write(&want, c->law.prefix, c->entry.timestamp, c->entry.seq);
	if (!span_eq(buf_span(&want), c->entry.entry_id))
		fault(c, CODE_ID, now->line, now->seq, "its entry_id is not %.*s", (int)want.n, want.p);
}

static void judge_event(struct chain *c, struct chain_link *now)
{
	struct span type = c->entry.event_type;
	const struct event_fact *f = c->event && span_is(type, c->event->name) ? c->event : event_fact(type);
	struct genesis g;
	const char *why;

	c->event = f;
	if (!f) {
		fault(c, CODE_EVENT, now->line, now->seq, "its event_type %.*s is unknown", (int)type.n, type.p);
		return;
	}
	if (c->law.type && !(f->ledgers & c->law.type))
		fault(c, CODE_EVENT, now->line, now->seq, "%s does not belong into a ledger of type %s", f->name,
		      ledger_type_name((enum ledger_type)c->law.type));
	if (f->by != OWN)
		return;
	now->genesis = strcmp(f->name, "GENESIS") == 0;
	now->opens = strcmp(f->name, "SEGMENT_START") == 0;
	now->sealed = strcmp(f->name, "SEGMENT_SEALED") == 0;
	if (now->genesis && (why = genesis_read(&g, &c->entry)))
		fault(c, CODE_GENESIS, now->line, now->seq, "%s", why);
	if (now->opens || now->sealed)
		judge_segment(c, now);
}

static void judge_entry(struct chain *c, struct chain_link *now)
{
	const struct entry *e = &c->entry;

	now->read = now->seq_known = true;
	now->seq = e->seq;
	memcpy(now->stamp, e->timestamp.p, ENTRY_STAMP);
	c->tally.entries++;
	judge_hash(c, now);
	judge_id(c, now);
	judge_event(c, now);
	if (c->more)
		c->more(c->ctx, e, now->line);
	if (span_is(e->prev_hash, entry_genesis_hash))
		c->tally.roots++;
}

void chain_line(struct chain *c, struct span line, uint64_t number)
{
	struct chain_link now = {.line = number};
	const char *why = entry_read(&c->entry, line);
	size_t cuts = c->cut_n;

	c->tally.lines++;
	if (why) {
		c->tally.malformed++;
		c->broken = true;
		now.seq_known = c->last.seq_known;
		now.seq = c->last.seq + 1;
		fault(c, CODE_MALFORMED, number, now.seq_known ? now.seq : -1, "%s", why);
	} else {
		judge_entry(c, &now);
	}
	if (c->tally.lines > 1 || c->last.start)
		judge_step(c, &c->last, &now);
	if (c->tally.lines == 1)
		c->first = now;
	c->last = now;
	if (c->tree && !c->range_open && now.read) {
		merkle_init_at(&c->range, c->d, (uint64_t)now.seq);
		c->range_open = true;
	}
	if (c->tree && c->range_open)
		merkle_leaf(&c->range, line.p, line.n);
	note_wanted(c, &now);
	for (; cuts < c->cut_n; cuts++)
		c->cut[cuts].broken = c->broken;
}

/* --- pieces --- */

static void add_tally(struct chain_tally *a, const struct chain_tally *b)
{
	a->lines += b->lines;
	a->entries += b->entries;
	a->hash_ok += b->hash_ok;
	a->altered += b->altered;
	a->unhashed += b->unhashed;
	a->malformed += b->malformed;
	a->breaks += b->breaks;
	a->roots += b->roots;
}

/* The tree of a and of the piece up to the cut. */
static void resolve(struct chain *a, const struct chain_cut *cut, chain_resolved *resolved)
{
	struct merkle whole = a->range;
	unsigned char root[DIGEST_LEN];
	bool one = a->tree && !a->broken && !cut->broken;

	if (one) {
		merkle_join(&whole, &cut->range);
		one = !whole.begin && whole.leaves == cut->size;
	}
	if (one)
		merkle_root(&whole, root);
	if (!cut->claimed && resolved)
		resolved(a->ctx, cut, one ? root : NULL);
	if (cut->claimed && one && memcmp(root, cut->root, DIGEST_LEN) != 0)
		fault(a, CODE_SEGMENT, cut->line, (int64_t)cut->size,
		      "its root_hash is not that of the entries before it");
}

void chain_join(struct chain *a, struct chain *next, chain_resolved *resolved)
{
	bool begun = a->tally.lines || a->last.start;

	if (!next->tally.lines)
		return;
	if (begun && next->first.read)
		judge_step(a, &a->last, &next->first);
	/* Its own leaves say where they stand; where that is not behind ours there is no one tree. */
	if (a->tree && !a->broken && a->range_open && next->range.begin != a->range.begin + a->range.leaves)
		a->broken = true;
	if (a->tree && !a->range_open && !begun) {
		merkle_init_at(&a->range, a->d, next->range.begin);
		a->range_open = true;
	}
	/* What is wrong further on in the piece says nothing about what stands before it. */
	for (size_t i = 0; i < next->cut_n; i++)
		resolve(a, &next->cut[i], resolved);
	a->broken |= next->broken;
	if (a->tree && !a->broken)
		merkle_join(&a->range, &next->range);
	if (!begun || a->last.start)
		a->first = next->first;
	if (!next->last.seq_known && a->last.seq_known) { /* no line of the piece is an entry */
		next->last.seq_known = true;
		next->last.seq = a->last.seq + (int64_t)next->tally.lines;
	}
	a->last = next->last;
	add_tally(&a->tally, &next->tally);
}

bool chain_root(const struct chain *c, unsigned char out[DIGEST_LEN])
{
	if (!c->tree || c->broken || c->range.begin || !c->range.leaves)
		return false;
	merkle_root(&c->range, out);
	return true;
}
