#include "apply/history.h"

#include "audit/verify.h"
#include "chain/entry.h"
#include "filter/filter.h"
#include "filter/share.h"

#include <unistd.h>

struct looking {
	struct history *h;
	struct span txn;
	struct entry entry;
	uint64_t faults;
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

static void fault(void *ctx, enum code code, enum severity severity, const struct finding_place *place,
		  const char *detail)
{
	struct looking *l = ctx;

	l->faults += severity == SEVERITY_ERROR;
	finding_at(code, severity, place, "%s", detail);
}

void history_read(struct history *h, const char *root_path, struct span txn)
{
	struct looking l = {.h = h, .txn = txn};
	struct check_ask ask = {.profile = PROFILE_V1,
				.schemas = share_schemas(),
				.ctx = &l,
				.fault = fault,
				.collect = "",
				.collected = collected};
	struct progress none = {0};
	struct verified v;
	struct buf path = {0};

	*h = (struct history){.aborted = false};
	buf_printf(&path, "%s/ledger/packages.jsonl", root_path);
	verify_ledger(buf_cstr(&path), &ask, &none, &v);
	verify_end(&v);
	close(ask.schemas);
	if (l.faults)
		bad_input("unable to recover: %s does not hold", buf_cstr(&path));
	entry_free(&l.entry);
	buf_free(&path);
}

void history_free(struct history *h)
{
	json_free(&h->started);
	json_free(&h->completed);
	buf_free(&h->started_text);
	buf_free(&h->completed_text);
}
