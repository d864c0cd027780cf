#include "trust/witness.h"

#include "audit/evidence.h"
#include "audit/seen.h"
#include "audit/verify.h"
#include "base/crew.h"
#include "filter/filter.h"
#include "os/clock.h"
#include "trust/keyring.h"

#include <stdlib.h>

/* No signature is shorter; hashes, ids and times are. */
enum { SHORTEST = 80, MARK = 16 };

struct sight {
	unsigned char mark[MARK]; /* of the string's SHA-256 */
	int64_t at;
};

struct witness {
	int64_t until, latest;
	const char *ledger;
	struct span plane; /* whose ledger it must be; n 0: of any */
	struct digest *digest;
	struct sight *sight;
	size_t n, cap;
	struct buf scratch;
	struct json json;
	struct evidence evidence;
};

static void mark(const struct witness *w, struct span text, unsigned char out[MARK])
{
	unsigned char sum[DIGEST_LEN];

	digest_bytes(w->digest, text.p, text.n, sum);
	memcpy(out, sum, MARK);
}

static void see(struct witness *w, struct span text, int64_t at)
{
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 256;
		w->sight = xreallocarray(w->sight, w->cap, sizeof *w->sight);
	}
	mark(w, text, w->sight[w->n].mark);
	w->sight[w->n++].at = at;
}

static void collected(void *ctx, struct span line)
{
	struct witness *w = ctx;
	struct json *j = &w->json;
	struct span stamp;
	int64_t at;

	/* What cannot be read is a fault, which is told apart. */
	if (!json_parse(j, line.p, line.n, JSON_RECORD) || !entry_text(j, 0, "timestamp", &stamp) ||
	    !clock_parse(stamp, &at) || at > w->until)
		return;
	w->latest = at > w->latest ? at : w->latest;
	for (uint32_t i = 0; i < j->n; i++)
		if (j->node[i].type == JSON_STRING && j->node[i].len >= SHORTEST)
			see(w, json_string(j, i, &w->scratch), at);
}

static void fault(void *ctx, enum code code, enum severity severity, const struct finding_place *place,
		  const char *detail)
{
	(void)ctx;
	if (severity != SEVERITY_ERROR)
		return;
	err_place(place ? place->source : NULL, place ? place->line : 0);
	bad_input("unable to trust the ledger: %s: %s", code_name(code), detail ? detail : code_text(code));
}

static int by_mark_and_time(const void *a, const void *b)
{
	const struct sight *x = a, *y = b;
	int c = memcmp(x->mark, y->mark, MARK);

	return c ? c : (x->at > y->at) - (x->at < y->at);
}

/* One that names no plane may be of any. */
static void check_plane(const struct witness *w, const struct opening *o)
{
	struct span plane;

	if (w->plane.n && entry_text(&o->entry.json, 0, "plane_uid", &plane) && !span_eq(plane, w->plane)) {
		err_place(w->ledger, 0);
		bad_input("unable to trust the ledger: it is another plane's");
	}
}

/* What an earlier check saw must still be in it: whoever writes it anew gives it other times. */
static void opened(void *ctx, struct check *c, const struct opening *o)
{
	struct witness *w = ctx;
	struct evidence_item *i;
	struct seen seen = {.known = false};

	if (o->kind == OPENING_GENESIS) {
		check_plane(w, o);
		seen_read(&seen, o);
	}
	if (seen.known) {
		i = evidence_add(&w->evidence, LEVEL_LOCAL, "an earlier check", seen.size);
		i->has_head = digest_parse((struct span){seen.head, DIGEST_TEXT}, i->head);
	}
	evidence_want(&w->evidence, c);
}

static void resolved(void *ctx, uint64_t size, const unsigned char *head, const unsigned char *root)
{
	struct witness *w = ctx;

	evidence_resolved(&w->evidence, size, head, root);
}

struct witness *witness_open(const char *ledger, int64_t until, struct span plane_uid)
{
	struct witness *w = xcalloc(1, sizeof *w);
	struct progress progress = {0};
	struct verified v;
	const struct check_ask ask = {
		.profile = PROFILE_V1,
		.schemas = -1,
		.jobs = crew_jobs(),
		.ctx = w,
		.fault = fault,
		.opened = opened,
		.resolved = resolved,
		.collect = "",
		.collected = collected,
	};

	w->until = until;
	w->ledger = ledger;
	w->plane = plane_uid;
	w->latest = INT64_MIN;
	w->digest = digest_new();
	verify_ledger(ledger, &ask, &progress, &v);
	if (!v.result.whole) {
		err_place(ledger, 0);
		bad_input("unable to trust the ledger: it does not begin at GENESIS");
	}
	evidence_judge(&w->evidence, &v.result, &ask, ledger);
	verify_end(&v);
	err_place(NULL, 0);
	if (w->n)
		qsort(w->sight, w->n, sizeof *w->sight, by_mark_and_time);
	return w;
}

int64_t witness_time(const struct witness *w, struct span text)
{
	unsigned char wanted[MARK];
	size_t low = 0, high = w->n;

	if (text.n < SHORTEST)
		return KEY_TIME_UNKNOWN;
	mark(w, text, wanted);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(w->sight[middle].mark, wanted, MARK) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < w->n && memcmp(w->sight[low].mark, wanted, MARK) == 0 ? w->sight[low].at : KEY_TIME_UNKNOWN;
}

int64_t witness_latest(const struct witness *w)
{
	return w->latest;
}

void witness_close(struct witness *w)
{
	if (!w)
		return;
	digest_free(w->digest);
	free(w->sight);
	buf_free(&w->scratch);
	json_free(&w->json);
	evidence_free(&w->evidence);
	free(w);
}
