#include "chain/event.h"

static const struct {
	const char *name, *prefix;
	enum ledger_type type;
} types[] = {
	{"L-INTENT", "INTENT", L_INTENT}, {"L-PACKAGE", "PKGLOG", L_PACKAGE}, {"L-WORKORDER", "WO", L_WORKORDER},
	{"L-EXEC", "EXEC", L_EXEC}, {"L-EVIDENCE", "EVID", L_EVIDENCE}, {"L-OBSERVE", "OBS", L_OBSERVE},
};
enum { TYPES = sizeof types / sizeof *types };

static const struct event_fact events[] = {
#define EVENT(name, ledgers, by) {#name, ledgers, by},
#include "chain/events.def"
#undef EVENT
};
enum { EVENTS = sizeof events / sizeof *events };

static const char *const levels[] = {"unchecked", "local", "anchored", "witnessed"};

bool ledger_type_of(struct span name, enum ledger_type *out)
{
	for (unsigned i = 0; i < TYPES; i++) {
		if (span_is(name, types[i].name)) {
			*out = types[i].type;
			return true;
		}
	}
	return false;
}

static unsigned place(enum ledger_type t)
{
	return (unsigned)__builtin_ctz((unsigned)t);
}

const char *ledger_type_name(enum ledger_type t) { return types[place(t)].name; }
const char *ledger_type_prefix(enum ledger_type t) { return types[place(t)].prefix; }

bool tier_ok(struct span name)
{
	return span_is(name, "ho3") || span_is(name, "ho2") || span_is(name, "ho1");
}

const struct event_fact *event_fact(struct span name)
{
	unsigned low = 0, high = EVENTS;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		int c = span_cmp(name, span_of(events[middle].name));

		if (!c)
			return &events[middle];
		if (c < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

struct span event_kind(struct span type, char room[EVENT_KIND])
{
	size_t n = sizeof "event-" - 1;

	memcpy(room, "event-", n);
	for (size_t i = 0; i < type.n && n < EVENT_KIND; i++)
		room[n++] = type.p[i] >= 'A' && type.p[i] <= 'Z' ? (char)(type.p[i] + 'a' - 'A') : type.p[i];
	return (struct span){room, n};
}

const char *rollback_level_name(enum rollback_level l) { return levels[l]; }

bool rollback_level_of(struct span name, enum rollback_level *out)
{
	for (unsigned i = 0; i < sizeof levels / sizeof *levels; i++) {
		if (span_is(name, levels[i])) {
			*out = (enum rollback_level)i;
			return true;
		}
	}
	return false;
}
