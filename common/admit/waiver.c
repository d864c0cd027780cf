#include "admit/waiver.h"

#include "admit/vouch.h"
#include "chain/entry.h"
#include "filter/filter.h"
#include "os/clock.h"
#include "witness/believe.h"

struct waiving {
	const struct waiver_ask *ask;
	struct vouch vouch;
	struct entry entry;
	struct buf ledger;
	const char *why;
};

static void named(void *ctx, struct span ledger)
{
	struct waiving *w = ctx;

	buf_span_add(&w->ledger, ledger);
	w->vouch.ledger = buf_span(&w->ledger);
}

static bool says(const struct json *j, const char *key, struct span wanted)
{
	struct span is;

	return entry_text(j, 0, key, &is) && span_eq(is, wanted);
}

static bool covers(const struct json *j, const char *code)
{
	uint32_t at = json_get(j, 0, "codes");

	for (uint32_t c = at ? json_first(j, at) : 0; c && c != j->node[at].end; c = json_next(j, c))
		if (span_is(json_text(j, c), code))
			return true;
	return !at;
}

static bool expired(const struct json *j, int64_t now)
{
	struct span text;
	int64_t at;

	return !entry_text(j, 0, "expires_at", &text) || !clock_parse(text, &at) || at <= now;
}

static void each(void *ctx, struct span line)
{
	struct waiving *w = ctx;
	const struct json *j = &w->entry.json;
	const char *why;

	if (entry_read(&w->entry, line) || !json_get(j, 0, "nonce"))
		return;
	why = vouch_bad(&w->vouch, j); /* of each: nonces count once */
	if (!span_is(w->entry.event_type, "WAIVER") || !says(j, "archive_hash", w->ask->archive_hash) ||
	    !says(j, "document_hash", w->ask->document_hash) || !covers(j, w->ask->code))
		return;
	if (!why && expired(j, w->ask->now))
		why = "it has expired";
	if (!why && span_eq(w->vouch.key->id, w->ask->signed_by))
		why = "it is of the key that signed the package";
	if (w->why) /* one that counts is enough; else the last one says why not */
		w->why = why;
}

const char *waiver_missing(const struct waiver_ask *ask)
{
	struct waiving w = {.ask = ask,
			    .vouch = {.ring = ask->ring, .role = "wo_approver", .plane_uid = ask->plane_uid,
				      .now = ask->now},
			    .why = "there is none"};
	struct believe b = {.plane_uid = ask->plane_uid, .type = L_INTENT, .ctx = &w, .named = named, .entry = each};

	believe_of_plane(&b, ask->root_path, "ledger/governance.jsonl");
	vouch_free(&w.vouch);
	entry_free(&w.entry);
	buf_free(&w.ledger);
	return w.why;
}
