#include "apply/history.h"

#include "audit/verify.h"
#include "chain/entry.h"
#include "filter/filter.h"
#include "filter/share.h"

#include <unistd.h>

#define LEDGER "ledger/packages.jsonl"

struct looking {
	struct history *h;
	struct span txn;
	struct entry entry;
};

struct span history_text(const struct json *entry, const char *key)
{
	uint32_t at = entry->n ? json_get(entry, 0, key) : 0;

	return at && entry->node[at].type == JSON_STRING ? json_text(entry, at) : (struct span){"", 0};
}

static void keep(struct json *j, struct buf *text, struct span line)
{
	buf_reset(text);
	buf_span_add(text, line);
	if (!json_parse(j, text->p, text->n, JSON_RECORD))
		bad_input("unable to trust the ledger: %s", j->error);
}

static void collected(void *ctx, struct span line)
{
	struct looking *l = ctx;
	struct span type;

	if (entry_read(&l->entry, line) || !span_eq(history_text(&l->entry.json, "txn"), l->txn))
		return;
	type = history_text(&l->entry.json, "event_type");
	if (span_is(type, "INSTALL_STARTED"))
		keep(&l->h->started, &l->h->started_text, line);
	else if (span_is(type, "INSTALL_ABORTED"))
		l->h->aborted = true;
	else if (span_is(type, "INSTALLED") || span_is(type, "UPGRADED") || span_is(type, "UNINSTALLED"))
		keep(&l->h->completed, &l->h->completed_text, line);
}

/* --- the ledger --- */

struct walking {
	void (*each)(void *ctx, struct span line);
	void *ctx;
	uint64_t faults;
};

static void hand_on(void *ctx, struct span line)
{
	struct walking *w = ctx;

	w->each(w->ctx, line);
}

static void fault(void *ctx, enum code code, enum severity severity, const struct finding_place *place,
		  const char *detail)
{
	struct walking *w = ctx;

	w->faults += severity == SEVERITY_ERROR;
	finding_at(code, severity, place, "%s", detail);
}

bool history_walk(const char *root_path, void (*each)(void *ctx, struct span line), void *ctx)
{
	struct walking w = {.each = each, .ctx = ctx};
	struct check_ask ask = {.profile = PROFILE_V1,
				.schemas = share_schemas(),
				.ctx = &w,
				.fault = fault,
				.collect = "",
				.collected = hand_on};
	struct progress none = {0};
	struct verified v;
	struct buf path = {0};

	buf_printf(&path, "%s/" LEDGER, root_path);
	verify_ledger(buf_cstr(&path), &ask, &none, &v);
	verify_end(&v);
	close(ask.schemas);
	buf_free(&path);
	return w.faults == 0;
}

void history_read(struct history *h, const char *root_path, struct span txn)
{
	struct looking l = {.h = h, .txn = txn};

	*h = (struct history){.aborted = false};
	if (!history_walk(root_path, collected, &l))
		bad_input("unable to recover: %s/" LEDGER " does not hold", root_path);
	entry_free(&l.entry);
}

void history_free(struct history *h)
{
	json_free(&h->started);
	json_free(&h->completed);
	buf_free(&h->started_text);
	buf_free(&h->completed_text);
}
