#include "chain/loose.h"

#include "base/text.h"
#include "data/canon.h"

#include <stdlib.h>

enum { SLOTS = 1 << 10 };

/* The hashes that were seen, by open addressing; an all-zero one is a free slot. */
struct known {
	unsigned char (*slot)[DIGEST_LEN];
	bool *parent; /* has a child */
	size_t n, cap;
};

struct loose {
	enum loose_rule rule;
	chain_fault *fault;
	void *ctx;
	struct digest *d;
	struct json json;
	struct buf canonical, head;
	struct loose_tally tally;
	struct known known;
	unsigned char last[DIGEST_LEN];
	bool have_last;
};

struct loose *loose_new(enum loose_rule rule, chain_fault *fault, void *ctx)
{
	struct loose *l = xcalloc(1, sizeof *l);

	l->rule = rule;
	l->fault = fault;
	l->ctx = ctx;
	l->d = digest_new();
	return l;
}

const struct loose_tally *loose_tally(const struct loose *l) { return &l->tally; }
struct span loose_head(const struct loose *l) { return buf_span(&l->head); }

void loose_free(struct loose *l)
{
	if (!l)
		return;
	digest_free(l->d);
	json_free(&l->json);
	buf_free(&l->canonical);
	buf_free(&l->head);
	free(l->known.slot);
	free(l->known.parent);
	free(l);
}

/* --- hashes that were seen --- */

static bool is_free(const unsigned char *slot)
{
	static const unsigned char zeros[DIGEST_LEN];

	return memcmp(slot, zeros, DIGEST_LEN) == 0;
}

/* Where it stands, or the free slot where it would. */
static size_t find(const struct known *k, const unsigned char hash[DIGEST_LEN])
{
	uint64_t at;

	memcpy(&at, hash, sizeof at);
	for (at &= k->cap - 1; !is_free(k->slot[at]) && memcmp(k->slot[at], hash, DIGEST_LEN) != 0;)
		at = (at + 1) & (k->cap - 1);
	return (size_t)at;
}

static void grow(struct known *k)
{
	struct known old = *k;

	k->cap = old.cap ? old.cap * 2 : SLOTS;
	k->slot = xcalloc(k->cap, DIGEST_LEN);
	k->parent = xcalloc(k->cap, sizeof *k->parent);
	for (size_t i = 0; i < old.cap; i++) {
		size_t at;

		if (is_free(old.slot[i]))
			continue;
		at = find(k, old.slot[i]);
		memcpy(k->slot[at], old.slot[i], DIGEST_LEN);
		k->parent[at] = old.parent[i];
	}
	free(old.slot);
	free(old.parent);
}

static void remember(struct known *k, const unsigned char hash[DIGEST_LEN])
{
	if (k->n * 2 >= k->cap)
		grow(k);
	memcpy(k->slot[find(k, hash)], hash, DIGEST_LEN);
	k->n++;
}

/* --- lines --- */

static void say(struct loose *l, enum code code, uint64_t line, const char *detail)
{
	l->fault(l->ctx, code, line, -1, detail);
}

/* 64 hex digits with or without "sha256:". */
static bool loose_hash(struct span text, unsigned char out[DIGEST_LEN])
{
	return digest_parse(text, out) || (text.n == 2 * DIGEST_LEN && hex_decode(text.p, text.n, out));
}

static bool hash_holds(struct loose *l, const unsigned char claimed[DIGEST_LEN], struct span prev)
{
	unsigned char sum[DIGEST_LEN];

	buf_reset(&l->canonical);
	if (l->rule == LOOSE_LEGACY)
		canon_legacy(&l->canonical, &l->json, 0, "entry_hash");
	else if (canon_jcs_without(&l->canonical, &l->json, 0, "entry_hash"))
		buf_span_add(&l->canonical, prev);
	else
		return false;
	digest_bytes(l->d, l->canonical.p, l->canonical.n, sum);
	return memcmp(sum, claimed, DIGEST_LEN) == 0;
}

static bool begins_chain(struct span prev)
{
	unsigned char hash[DIGEST_LEN];

	return !prev.n || (loose_hash(prev, hash) && is_free(hash));
}

static void judge_parent(struct loose *l, struct span prev, uint64_t line)
{
	unsigned char parent[DIGEST_LEN];
	size_t at = 0;
	bool known;

	if (begins_chain(prev)) {
		if (l->tally.roots++ || l->tally.lines > 1)
			say(l, CODE_LINK, line, "it restarts the chain");
		return;
	}
	if (!loose_hash(prev, parent)) {
		say(l, CODE_LINK, line, "its parent is no hash");
		return;
	}
	known = l->known.cap && !is_free(l->known.slot[at = find(&l->known, parent)]);
	if (!known) {
		l->tally.missing_parents++;
		say(l, CODE_LINK, line, "its parent is not here");
		return;
	}
	if (l->known.parent[at]) {
		l->tally.forks++;
		say(l, CODE_LINK, line, "its parent has another child already: the chain forks");
	} else if (!l->have_last || memcmp(parent, l->last, DIGEST_LEN) != 0) {
		say(l, CODE_LINK, line, "its parent is not the entry before it");
	}
	l->known.parent[at] = true;
}

static void judge_hash(struct loose *l, struct span claimed, struct span prev, uint64_t line)
{
	unsigned char hash[DIGEST_LEN];

	if (!loose_hash(claimed, hash) || is_free(hash)) {
		l->tally.altered++;
		say(l, CODE_ALTERED, line, "its entry_hash is no hash");
		return;
	}
	if (hash_holds(l, hash, prev)) {
		l->tally.hash_ok++;
	} else {
		l->tally.altered++;
		say(l, CODE_ALTERED, line, "its content is not what its entry_hash says");
	}
	remember(&l->known, hash);
	memcpy(l->last, hash, DIGEST_LEN);
	l->have_last = true;
	buf_reset(&l->head);
	buf_span_add(&l->head, claimed);
}

void loose_line(struct loose *l, struct span line, uint64_t number)
{
	const char *prev_name = l->rule == LOOSE_LEGACY ? "previous_hash" : "prev_hash";
	struct span claimed, prev = {0};
	bool linked;

	l->tally.lines++;
	/* RFC 8785 writes numbers that differ only beyond a double alike: such a one could be changed unseen. */
	if (!json_parse(&l->json, line.p, line.n, l->rule == LOOSE_SEED ? JSON_RECORD : JSON_DOCUMENT) ||
	    l->json.node[0].type != JSON_OBJECT) {
		l->tally.malformed++;
		l->have_last = false;
		say(l, CODE_MALFORMED, number, l->json.error ? l->json.error : "no object");
		return;
	}
	if (json_get(&l->json, 0, "seq")) {
		l->tally.malformed++;
		l->have_last = false;
		say(l, CODE_MALFORMED, number, "it has a seq: it is of format cp-ledger/1");
		return;
	}
	linked = entry_text(&l->json, 0, prev_name, &prev);
	if (!entry_text(&l->json, 0, "entry_hash", &claimed)) {
		l->tally.unhashed++;
		l->have_last = false;
		say(l, CODE_UNHASHED, number, "it has no entry_hash");
		return;
	}
	if (!linked && json_get(&l->json, 0, prev_name) &&
	    l->json.node[json_get(&l->json, 0, prev_name)].type != JSON_NULL)
		prev = SPAN("?");
	judge_parent(l, prev, number);
	judge_hash(l, claimed, prev, number);
}

/* --- formats --- */

bool chain_format_of(struct json *j, struct span line, enum chain_format *out)
{
	if (!json_parse(j, line.p, line.n, JSON_DOCUMENT) || j->node[0].type != JSON_OBJECT)
		return false;
	if (json_get(j, 0, "seq") || json_get(j, 0, "format"))
		*out = FORMAT_V1;
	else if (json_get(j, 0, "previous_hash"))
		*out = FORMAT_LEGACY;
	else
		*out = json_get(j, 0, "prev_hash") ? FORMAT_SEED : FORMAT_LEGACY;
	return true;
}
