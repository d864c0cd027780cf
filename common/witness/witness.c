#include "witness/witness.h"

#include "witness/believe.h"
#include "chain/entry.h"
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
	struct digest *digest;
	struct sight *sight;
	size_t n, cap;
	struct buf scratch;
	struct json json;
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

static int by_mark_and_time(const void *a, const void *b)
{
	const struct sight *x = a, *y = b;
	int c = memcmp(x->mark, y->mark, MARK);

	return c ? c : (x->at > y->at) - (x->at < y->at);
}

struct witness *witness_open(const char *ledger, int64_t until, struct span plane_uid)
{
	struct witness *w = xcalloc(1, sizeof *w);

	w->until = until;
	w->latest = INT64_MIN;
	w->digest = digest_new();
	believe_ledger(&(struct believe){
		.path = ledger, .plane_uid = plane_uid, .schemas = -1, .ctx = w, .entry = collected});
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
	free(w);
}
