/* cp-ledger-append: puts events into a ledger, and says so when they are on disk. */
#include "data/canon.h"
#include "data/jsonw.h"
#include "filter/effect.h"
#include "filter/share.h"
#include "ledger/book.h"
#include "ledger/dedupe.h"
#include "ledger/rotate.h"
#include "store/kinds.h"

#include <errno.h>
#include <unistd.h>

enum { BATCH_BYTES = 1 << 20 };

static const char *author;
static bool streaming, by_option;
static int64_t batch_most = 10000;
static struct book book;
static struct kinds *kinds;
static struct spool *bodies, *acks;
static struct dedupe *dedupe;
static struct buf canonical;
static uint64_t waiting, waiting_bytes;
static bool refused;

/* --- one event --- */

/* An event that cannot be appended: while batches are committed one by one, nothing can take the others back. */
static void refuse(enum code code, const struct record *r, const char *why, struct span more)
{
	if (streaming)
		bad_input("unable to append: %s%.*s", why, (int)more.n, more.p);
	refused = true;
	finding(code, (struct span){0}, "line %lu: %s%.*s", r->number, why, (int)more.n, more.p);
}

struct judged {
	const struct record *record;
	unsigned faults;
};

static void schema_fault(void *ctx, struct span instance, struct span keyword, const char *reason)
{
	struct judged *j = ctx;
	struct buf text = {0};

	if (j->faults++ < 8) {
		schema_text(&text, instance, keyword, reason);
		refuse(CODE_SCHEMA, j->record, "", buf_span(&text));
	}
	buf_free(&text);
}

static bool fits(const struct record *r, struct span type)
{
	const struct event_fact *f = event_fact(type);
	struct judged j = {.record = r};
	const struct schema *s;
	char kind[EVENT_KIND];

	if (!f) {
		refuse(CODE_EVENT, r, "no such event_type: ", type);
		return false;
	}
	if (f->by == OWN) {
		refuse(CODE_EVENT, r, "only the ledger's own programs write ", type);
		return false;
	}
	if (!(f->ledgers & book.opening.type)) {
		refuse(CODE_EVENT, r, "it does not belong into this type of ledger: ", type);
		return false;
	}
	s = kinds_get(kinds, event_kind(type, kind));
	if (!s)
		bad_input("unable to append: there is no schema of the event %.*s", (int)type.n, type.p);
	return schema_apply(s, &r->json, 0, schema_fault, &j);
}

static bool begins(struct span text, const char *with)
{
	return text.n >= strlen(with) && memcmp(text.p, with, strlen(with)) == 0;
}

/* What append itself adds; nobody else may. */
static void check_members(const struct record *r)
{
	static const char *const own[] = {"entry_hash", "entry_id", "prev_hash", "seq", "timestamp", "uid"};
	struct buf scratch = {0};
	struct span said;

	for (unsigned i = 0; i < sizeof own / sizeof *own; i++)
		if (record_get(r, own[i]))
			bad_input("unable to append: an event may not bring its %s", own[i]);
	if (r->json.depth > ENTRY_DEPTH)
		bad_input("unable to append: the event is too deep");
	if (by_option && record_str(r, "author", &said, &scratch) && !span_is(said, author))
		bad_input("unable to append: its author is not the one of --author");
	/* Those of cp-ledger-anchor and cp-ledger-init: taken by somebody else they would keep a child from being told
	 * of. */
	if (record_str(r, "dedupe_key", &said, &scratch) && (begins(said, "opened:") || begins(said, "position:")))
		bad_input("unable to append: a dedupe_key that begins with opened: or position: is the ledger's own");
	buf_free(&scratch);
}

static void commit(void);

static void step(struct record *r)
{
	struct buf scratch = {0};
	struct span type;

	if (!record_is(r, "event"))
		bad_input("unable to append a record of kind %.*s: only events go into a ledger", (int)r->kind.n,
			  r->kind.p);
	if (!record_str(r, "event_type", &type, &scratch))
		bad_input("unable to append: the event has no event_type");
	check_members(r);
	if (fits(r, type)) {
		buf_reset(&canonical);
		if (!canon_jcs_without(&canonical, &r->json, 0, "kind"))
			bad_input("unable to append: it cannot be written as canonical JSON");
		spool_add(bodies, buf_span(&canonical));
		waiting++;
		waiting_bytes += canonical.n;
	}
	buf_free(&scratch);
	if (streaming && !filter_dry_run() && (waiting >= (uint64_t)batch_most || waiting_bytes >= BATCH_BYTES))
		commit();
}

/* --- a batch --- */

static void add_ack(const struct book_ack *ack)
{
	static struct buf b;

	buf_reset(&b);
	jsonw_open(&b, NULL);
	jsonw_cstr(&b, "kind", "ack");
	book_ack_write(&b, &book, ack);
	jsonw_close(&b);
	spool_add(acks, buf_span(&b));
}

/* The key of a canonical body, as it is written; n 0: it has none. */
static struct span dedupe_key(const struct json *body)
{
	uint32_t at = json_get(body, 0, "dedupe_key");

	return at ? json_text(body, at) : (struct span){0};
}

/* True: the key is taken, and the entry is the same. */
static bool known_already(const struct json *body, struct span who, const struct dedupe_hit *h)
{
	struct book_ack ack = {.again = true};
	unsigned char sum[DIGEST_LEN];

	if (!h || !h->found)
		return false;
	entry_body_sum(book.digest, body, who, sum);
	if (memcmp(sum, h->body, DIGEST_LEN) != 0) {
		book_abort(&book);
		complain("unable to append: the dedupe_key %.*s stands for another entry, seq %lld", (int)h->key.n,
			 h->key.p, (long long)h->seq);
		filter_abandon(STATUS_NO);
	}
	ack.seq = h->seq;
	memcpy(ack.hash, h->hash, DIGEST_TEXT);
	memcpy(ack.stamp, h->stamp, ENTRY_STAMP);
	add_ack(&ack);
	return true;
}

static void add_body(const struct json *body, struct span who)
{
	struct span key = dedupe_key(body);
	struct dedupe_hit *h = key.n ? dedupe_find(dedupe, key) : NULL;
	struct book_ack ack = {0};

	if (known_already(body, who, h))
		return;
	if (json_get(body, 0, "author"))
		who.n = 0;
	if (!book_add(&book, body, who, ack.hash, NULL)) {
		book_abort(&book);
		bad_input("unable to append: the entry would be longer than 65,535 bytes");
	}
	ack.seq = book.seq;
	memcpy(ack.stamp, book.stamp, ENTRY_STAMP);
	add_ack(&ack);
	if (!h)
		return;
	h->found = true;
	h->seq = ack.seq;
	memcpy(h->hash, ack.hash, DIGEST_TEXT);
	memcpy(h->stamp, ack.stamp, ENTRY_STAMP);
	entry_body_sum(book.digest, body, who, h->body); /* whose author is its own where it has one */
}

/* Before the lock what may take long, under it what must be exact. */
static void look_for_keys(void)
{
	struct json body = {0};
	struct span line;

	dedupe = dedupe_new();
	while (spool_next(bodies, &line)) {
		body_parse(&body, line);
		if (dedupe_key(&body).n)
			dedupe_want(dedupe, dedupe_key(&body));
	}
	spool_rewind(bodies);
	json_free(&body);
	if (!dedupe_empty(dedupe))
		dedupe_look(dedupe, &book.place, NULL);
}

static void append_all(void)
{
	struct span who = span_of(author), line;
	struct snapshot all = {.settled = true};
	struct json body = {0};

	look_for_keys();
	book_begin(&book);
	all.size = book.start;
	if (!dedupe_empty(dedupe))
		dedupe_look(dedupe, &book.place, &all);
	while (spool_next(bodies, &line)) {
		body_parse(&body, line);
		add_body(&body, who);
	}
	book_commit(&book);
	json_free(&body);
	dedupe_free(dedupe);
}

static void commit(void)
{
	struct span line;

	if (!waiting)
		return;
	acks = spool_new();
	append_all();
	while (spool_next(acks, &line))
		emit_line(line);
	spool_free(acks);
	spool_free(bodies);
	bodies = spool_new();
	waiting = waiting_bytes = 0;
}

static void idle(void)
{
	if (streaming && !filter_dry_run())
		commit();
}

static void finish(bool complete)
{
	if (complete && !refused)
		commit();
	spool_free(bodies);
	kinds_free(kinds);
	buf_free(&canonical);
	book_close(&book);
}

static void start(int argc, char **argv)
{
	(void)argc;
	by_option = author != NULL;
	author = author_name(author);
	book_finish_rotation = rotate_finish;
	book_open(&book, argv[0], filter_dry_run());
	book.author = author;
	kinds = kinds_new(share_schemas(), SCHEMA_REFUSE);
	bodies = spool_new();
}

static const struct opt opts[] = {
	{.name = "author", .value = "NAME", .summary = "who says so (default: uid:N, or what the event says)",
	 .kind = OPT_STR, .target = &author},
	{.name = "stream", .summary = "commit batch by batch while the stream goes on", .target = &streaming},
	{.name = "batch", .value = "N", .summary = "with --stream: at most so many entries in one commit (10000)",
	 .kind = OPT_INT, .target = &batch_most, .min = 1, .max = 1000000},
	{0},
};

static const struct filter self = {
	.name = "cp-ledger-append",
	.summary = "put events into a ledger",
	.args = "LEDGER",
	.reads = "event",
	.writes = "ack finding",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_DRY_RUN | FILTER_FINDINGS_OK | FILTER_SINGLE,
	.operands_min = 1,
	.operands_max = 1,
	.start = start,
	.step = step,
	.idle = idle,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
