/* Types of ledgers and types of events: which may stand where (CP-LEDGER-001). The one table of events is events.def.
 */
#ifndef CP_CHAIN_EVENT_H
#define CP_CHAIN_EVENT_H

#include "base/buf.h"

/* Bits. */
enum ledger_type {
	L_INTENT = 1, L_PACKAGE = 2, L_WORKORDER = 4, L_EXEC = 8, L_EVIDENCE = 16, L_OBSERVE = 32, L_ANY = 63,
};

bool ledger_type_of(struct span name, enum ledger_type *out); /* by "L-PACKAGE" */
const char *ledger_type_name(enum ledger_type t);
/* The first part of its entries' ids: PKGLOG of L-PACKAGE. */
const char *ledger_type_prefix(enum ledger_type t);
bool tier_ok(struct span name); /* ho3, ho2, ho1 */

enum event_by { CALLERS, OWN };

struct event_fact {
	const char *name;
	unsigned ledgers; /* bits of enum ledger_type */
	enum event_by by;
};

const struct event_fact *event_fact(struct span name); /* NULL: unknown */
/* The kind whose schema an event of that type keeps: "event-task_start". */
enum { EVENT_KIND = 80 };
struct span event_kind(struct span type, char room[EVENT_KIND]);

/* How much a ledger's age and length are vouched for, the least first (6-ledger: rollback level). */
enum rollback_level { LEVEL_UNCHECKED, LEVEL_LOCAL, LEVEL_ANCHORED, LEVEL_WITNESSED };
const char *rollback_level_name(enum rollback_level l);
bool rollback_level_of(struct span name, enum rollback_level *out);

#endif
