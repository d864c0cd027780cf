#include "audit/above.h"

struct reading {
	struct above *above;
	const struct check_ask *ask;
	const struct opening *child;
	const char *source;
	struct evidence *of_child;
	struct evidence own; /* what GENESIS says of it */
	struct entry entry;
	uint64_t faults;
};

static void fault(void *ctx, enum code code, enum severity severity, const struct finding_place *place,
		  const char *detail)
{
	struct reading *r = ctx;

	r->faults += severity == SEVERITY_ERROR;
	r->ask->fault(r->ask->ctx, code, severity, place, detail);
}

static void tell(struct reading *r, const char *detail)
{
	r->ask->fault(r->ask->ctx, CODE_PARENT, SEVERITY_ERROR, &(struct finding_place){r->source, 1, 0}, detail);
}

static void resolved(void *ctx, uint64_t size, const unsigned char *head, const unsigned char *root)
{
	struct reading *r = ctx;

	evidence_resolved(&r->own, size, head, root);
}

static bool hash_of(const struct json *j, uint32_t at, const char *key, unsigned char out[DIGEST_LEN])
{
	struct span text;

	return entry_text(j, at, key, &text) && digest_parse(text, out);
}

/* CHILD_OPENED and CHILD_CHECKPOINT entries about this child. */
static void collected(void *ctx, struct span line)
{
	struct reading *r = ctx;
	const struct json *j = &r->entry.json;
	unsigned char hash[DIGEST_LEN];
	struct evidence_item *i;
	struct span name;
	int64_t size;

	if (entry_read(&r->entry, line) || !entry_text(j, 0, "ledger", &name) || !span_eq(name, r->child->ledger))
		return;
	if (span_is(r->entry.event_type, "CHILD_OPENED") && hash_of(j, 0, "genesis_hash", hash)) {
		bool same = memcmp(hash, r->child->genesis, DIGEST_LEN) == 0;

		r->above->opened |= same;
		r->above->other |= !same;
	}
	if (!span_is(r->entry.event_type, "CHILD_CHECKPOINT") ||
	    !json_int(j, json_get(j, 0, "size"), 1, INT64_MAX, &size))
		return;
	i = evidence_add(r->of_child, LEVEL_ANCHORED, "the ledger above", (uint64_t)size);
	i->has_root = hash_of(j, 0, "root_hash", i->root);
	i->has_head = hash_of(j, 0, "head_hash", i->head);
}

/* How GENESIS says that the ledger above stood. */
static bool read_position(const struct opening *o, struct span *name, struct evidence_item *i)
{
	const struct json *j = &o->entry.json;
	uint32_t at = json_get(j, 0, "parent");
	int64_t size;

	if (!at || j->node[at].type != JSON_OBJECT || !entry_text(j, at, "ledger", name) ||
	    !hash_of(j, at, "head_hash", i->head) || !hash_of(j, at, "root_hash", i->root) ||
	    !json_int(j, json_get(j, at, "size"), 1, INT64_MAX, &size))
		return false;
	i->size = (uint64_t)size;
	i->has_head = i->has_root = true;
	return true;
}

/* A ledger may have been begun without one above it, and anchored later. */
static bool is_bound(const struct opening *o)
{
	uint32_t at = json_get(&o->entry.json, 0, "parent");

	return at && o->entry.json.node[at].type != JSON_NULL;
}

static void opened(void *ctx, struct check *c, const struct opening *o)
{
	struct reading *r = ctx;
	struct evidence_item said = {.size = 0}, *i;
	struct span name = {0};

	if (!is_bound(r->child))
		return;
	if (!read_position(r->child, &name, &said)) {
		tell(r, "its GENESIS does not say how the ledger above stood");
		return;
	}
	if (!span_eq(name, o->ledger)) {
		tell(r, "its GENESIS is bound to another ledger above");
		return;
	}
	i = evidence_add(&r->own, LEVEL_UNCHECKED, "the ledger beneath it", said.size);
	said.from = i->from;
	*i = said;
	evidence_want(&r->own, c);
}

void above_read(struct above *a, const char *parent, const struct opening *child, const struct check_ask *ask,
		const char *source, struct progress *progress, struct evidence *evidence)
{
	struct reading r = {.above = a, .ask = ask, .child = child, .source = source, .of_child = evidence};
	struct check_ask own = *ask;
	struct verified v;

	*a = (struct above){.opened = false};
	own.profile = PROFILE_V1;
	own.partial = false;
	own.tree = true;
	own.ctx = &r;
	own.fault = fault;
	own.opened = opened;
	own.resolved = resolved;
	own.collect = "CHILD_";
	own.collected = collected;
	verify_ledger(parent, &own, progress, &v);
	evidence_judge(&r.own, &v.result, &own, parent);
	a->holds = !r.faults;
	for (size_t i = 0; !a->holds && i < evidence->n; i++)
		if (evidence->item[i].level == LEVEL_ANCHORED)
			evidence->item[i].level = LEVEL_UNCHECKED;
	verify_end(&v);
	evidence_free(&r.own);
	entry_free(&r.entry);
}
