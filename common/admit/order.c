#include "admit/order.h"

#include "admit/ring.h"
#include "admit/vouch.h"
#include "chain/entry.h"
#include "data/ident.h"
#include "filter/filter.h"
#include "os/clock.h"
#include "witness/believe.h"

#include <errno.h>
#include <unistd.h>

#define ORDER_LEDGER "planes/ho2/ledger/workorder.jsonl"

struct ordering {
	const struct order_ask *ask;
	struct pins pins;
	struct keyfile file;
	struct vouch vouch;
	struct entry entry;
	struct buf ledger;
	/* What the ledger of orders says of this one. */
	bool known;
	const char *why;          /* NULL: it is approved */
	struct buf proposers;     /* each followed by NUL */
	bool anonymous;           /* there is one more, whose name cannot be compared */
	struct buf payload;       /* hash of what was proposed */
	struct order_answer *out;
	/* What the ledger of packages says: transactions that it started, but for those that came to nothing. */
	struct buf started;
};

static bool text(const struct json *j, const char *key, struct span *out)
{
	*out = (struct span){0};
	return entry_text(j, 0, key, out);
}

static bool says(const struct json *j, const char *key, struct span wanted)
{
	struct span is;

	return wanted.n && text(j, key, &is) && span_eq(is, wanted);
}

static void list_add(struct buf *list, struct span s)
{
	buf_span_add(list, s);
	buf_char(list, '\0');
}

/* The next of a list from *at on. */
static bool list_next(const struct buf *list, size_t *at, struct span *out)
{
	if (*at >= list->n)
		return false;
	*out = span_of(list->p + *at);
	*at += out->n + 1;
	return true;
}

static void list_drop(struct buf *list, struct span s)
{
	struct buf rest = {0};
	struct span each;

	/* What has no name is never known to have come to nothing. */
	for (size_t at = 0; list_next(list, &at, &each);)
		if (!each.n || !span_eq(each, s))
			list_add(&rest, each);
	buf_free(list);
	*list = rest;
}

static bool list_has(const struct buf *list, struct span s)
{
	struct span each;

	for (size_t at = 0; list_next(list, &at, &each);)
		if (span_eq(each, s))
			return true;
	return false;
}

/* --- the ledger of orders --- */

/* Whoever a program or a token said it is: `hmac:ann` is ann. */
static void add_proposer(struct ordering *o, struct span author)
{
	const char *colon = author.n ? memchr(author.p, ':', author.n) : NULL;

	list_add(&o->proposers, author);
	if (colon)
		list_add(&o->proposers, (struct span){colon + 1, (size_t)(author.p + author.n - colon) - 1});
}

static void propose(struct ordering *o, const struct json *j)
{
	const struct trusted_key *key;
	struct span hash, who;

	if (text(j, "author", &who))
		add_proposer(o, who);
	else
		o->anonymous = true;
	if (text(j, "approver", &who))
		add_proposer(o, who);
	if (text(j, "signed_by", &who) && (key = keyring_find(&o->file.ring, who)) && key->owner.n)
		list_add(&o->proposers, key->owner);
	text(j, "payload_hash", &hash);
	if (!o->payload.n)
		o->why = "it is not approved";
	else if (!span_eq(buf_span(&o->payload), hash))
		o->why = "it was proposed again with another content";
	buf_reset(&o->payload);
	buf_span_add(&o->payload, hash);
}

static bool expired(const struct json *j, int64_t now)
{
	struct span stamp;
	int64_t at;

	if (!json_get(j, 0, "expires_at"))
		return false;
	return !text(j, "expires_at", &stamp) || !clock_parse(stamp, &at) || at <= now;
}

/* Does the approval name the package? Both hashes that it names must be right. */
static const char *names_another(const struct order_ask *ask, const struct json *j)
{
	bool archive = json_get(j, 0, "archive_hash") != 0, plan = json_get(j, 0, "plan_hash") != 0;

	if (!says(j, "package_id", ask->package_id))
		return "it is not for this package";
	if (!says(j, "version", ask->version))
		return "it is not for this version of the package";
	if (!archive && !plan)
		return "it names neither the archive nor the plan";
	if (archive && !says(j, "archive_hash", ask->archive_hash))
		return "it is for another archive";
	if (plan && !says(j, "plan_hash", ask->plan_hash))
		return "it is for another plan";
	return NULL;
}

static const char *judge_approval(struct ordering *o, const struct json *j, const char *why)
{
	const struct trusted_key *key = o->vouch.key;

	if (why)
		return why;
	if (!o->payload.n || !says(j, "payload_hash", buf_span(&o->payload)))
		return "what was approved is not what was proposed";
	if (!key->owner.n)
		return "nobody knows whose the key is that approved it";
	if (o->anonymous || list_has(&o->proposers, key->owner))
		return "who proposed it approved it";
	if (expired(j, o->ask->now))
		return "it has expired";
	return names_another(o->ask, j);
}

static void approve(struct ordering *o, const struct json *j, const char *why)
{
	why = judge_approval(o, j, why);
	/* One approval that counts stands beside others that do not. */
	if (!why) {
		buf_reset(&o->out->approver);
		buf_span_add(&o->out->approver, o->vouch.key->owner);
		buf_reset(&o->out->signed_by);
		buf_span_add(&o->out->signed_by, o->vouch.key->id);
	}
	if (!why || o->why)
		o->why = why;
}

static void each_order(void *ctx, struct span line)
{
	struct ordering *o = ctx;
	const struct json *j = &o->entry.json;
	const char *why = "it has no nonce";

	if (entry_read(&o->entry, line))
		return;
	if (json_get(j, 0, "nonce"))
		why = vouch_bad(&o->vouch, j); /* of each: nonces count once */
	if (!says(j, "work_order_id", o->ask->work_order_id))
		return;
	o->known = true;
	if (span_is(o->entry.event_type, "PROPOSED"))
		propose(o, j);
	else if (span_is(o->entry.event_type, "APPROVED"))
		approve(o, j, why);
	else if (span_is(o->entry.event_type, "REJECTED"))
		o->why = "it was rejected"; /* by whomever: no is easy to say */
}

static void named(void *ctx, struct span ledger)
{
	struct ordering *o = ctx;

	buf_span_add(&o->ledger, ledger);
	o->vouch.ledger = buf_span(&o->ledger);
}

/* --- the ledger of packages --- */

static void each_package(void *ctx, struct span line)
{
	struct ordering *o = ctx;
	const struct json *j = &o->entry.json;
	struct span type, txn;

	if (entry_read(&o->entry, line))
		return;
	type = o->entry.event_type;
	text(j, "txn", &txn);
	if (span_is(type, "INSTALL_ABORTED") || span_is(type, "INSTALL_FAILED"))
		list_drop(&o->started, txn);
	else if (says(j, "work_order_id", o->ask->work_order_id) &&
		 (span_is(type, "INSTALL_STARTED") || span_is(type, "INSTALLED") || span_is(type, "UPGRADED") ||
		  span_is(type, "UNINSTALLED")))
		list_add(&o->started, txn);
}

static bool is_used_up(const struct ordering *o)
{
	struct span txn;

	for (size_t at = 0; list_next(&o->started, &at, &txn);)
		if (!o->ask->txn.n || !span_eq(txn, o->ask->txn))
			return true;
	return false;
}

/* --- together --- */

static bool deny(const struct order_ask *ask, const char *why)
{
	finding(CODE_ORDER, (struct span){0}, "the work order %.*s: %s", (int)ask->work_order_id.n,
		ask->work_order_id.p, why);
	return false;
}

static bool judge(struct ordering *o, const char *root_path)
{
	struct believe orders = {.plane_uid = buf_span(&o->pins.plane_uid), .type = L_WORKORDER, .ctx = o,
				 .named = named, .entry = each_order};
	struct believe packages = {.plane_uid = buf_span(&o->pins.plane_uid), .type = L_PACKAGE, .ctx = o,
				   .entry = each_package};

	believe_of_plane(&orders, root_path, ORDER_LEDGER);
	if (!o->known && o->ask->development) {
		o->out->unproven = true;
		return true;
	}
	if (o->why)
		return deny(o->ask, o->why);
	/* Who approved it may have proposed it again since. */
	if (o->anonymous || list_has(&o->proposers, buf_span(&o->out->approver)))
		return deny(o->ask, "who proposed it approved it");
	believe_of_plane(&packages, root_path, PINS_LEDGER);
	return is_used_up(o) ? deny(o->ask, "it was used up by a change before") : true;
}

static bool there_is(int root, const char *name)
{
	return faccessat(root, name, F_OK, 0) == 0 || errno != ENOENT;
}

static bool ask_ledgers(int root, const char *root_path, const struct order_ask *ask, struct order_answer *out)
{
	struct ordering o = {.ask = ask, .out = out, .why = "nobody proposed it"};
	const struct pinned_ask plane = {.root = root, .root_path = root_path, .pins = &o.pins, .now = ask->now};
	bool ring = there_is(root, ORDER_LEDGER), good;

	pins_read(&o.pins, root);
	/* Who has no ledger of orders needs no keyring. */
	if (ring)
		admit_ring_open(&o.file, ask->keyring, &plane);
	o.vouch = (struct vouch){.ring = &o.file.ring, .role = "wo_approver",
				 .plane_uid = buf_span(&o.pins.plane_uid), .now = ask->now};
	good = judge(&o, root_path);
	if (ring)
		keyfile_close(&o.file);
	vouch_free(&o.vouch);
	entry_free(&o.entry);
	pins_free(&o.pins);
	buf_free(&o.ledger);
	buf_free(&o.proposers);
	buf_free(&o.payload);
	buf_free(&o.started);
	return good;
}

bool admit_order(int root, const char *root_path, const struct order_ask *ask, struct order_answer *out)
{
	bool given = ask->work_order_id.n > 0;

	*out = (struct order_answer){.unproven = ask->before_genesis};
	if (!given && ask->before_genesis)
		return true;
	if (!given) {
		finding(CODE_ORDER, (struct span){0}, "no work order is given");
		return false;
	}
	if (!ident_is(IDENT_WORK_ORDER, ask->work_order_id)) {
		finding(CODE_ORDER, (struct span){0}, "the work order that is given has no id such as WO-20260131-001");
		return false;
	}
	return ask->before_genesis || ask_ledgers(root, root_path, ask, out);
}
