/* A ledger of an earlier format: every line is counted once, and whoever finds nothing wrong has hashed all of it.
 * Two lines that change places, and a line that comes twice, do not pass unseen. */
#include "chain/loose.h"

#include <stdint.h>
#include <stdlib.h>

enum { LINES = 64 };

static void note(void *ctx, enum code code, uint64_t line, int64_t seq, const char *detail)
{
	if (!detail || !*detail || !line || seq != -1 || code >= CODE_COUNT)
		abort();
	++*(uint64_t *)ctx;
}

static uint64_t follow(enum loose_rule rule, const struct span *line, unsigned n, struct loose_tally *t)
{
	uint64_t faults = 0;
	struct loose *l = loose_new(rule, note, &faults);

	for (unsigned i = 0; i < n; i++)
		loose_line(l, line[i], i + 1);
	*t = *loose_tally(l);
	if (t->lines != n || t->hash_ok + t->altered + t->unhashed + t->malformed != n || t->roots > n)
		abort();
	if (!faults && n && (t->hash_ok != n || t->roots != 1 || t->forks || t->missing_parents || !loose_head(l).n))
		abort();
	if (t->altered + t->unhashed + t->malformed > faults)
		abort();
	loose_free(l);
	return faults;
}

static void change(enum loose_rule rule, struct span *line, unsigned n)
{
	struct loose_tally t;
	struct span kept;

	if (n < 2 || follow(rule, line, n, &t))
		return;
	for (unsigned i = 0; i + 1 < n; i++) {
		kept = line[i];
		line[i] = line[i + 1];
		line[i + 1] = kept;
		if (!follow(rule, line, n, &t))
			abort();
		line[i + 1] = line[i];
		if (!follow(rule, line, n, &t)) /* the second twice, the first gone */
			abort();
		line[i] = kept;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	struct span line[LINES];
	struct json j = {0};
	enum chain_format format;
	unsigned n = 0;

	for (size_t at = 0; at < size && n < LINES;) {
		const char *lf = memchr(p + at, '\n', size - at);
		size_t end = lf ? (size_t)(lf - p) : size;

		line[n++] = (struct span){p + at, end - at};
		chain_format_of(&j, line[n - 1], &format);
		at = end + 1;
	}
	json_free(&j);
	change(LOOSE_LEGACY, line, n);
	change(LOOSE_SEED, line, n);
	return 0;
}
