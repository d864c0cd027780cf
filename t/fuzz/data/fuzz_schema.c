/* `schema LF instance`: loading and applying end, report only what fails, and say the same twice. */
#include "schema/schema.h"

#include <stdint.h>
#include <stdlib.h>

static void count(void *ctx, struct span instance, struct span keyword, const char *reason)
{
	if ((instance.n && instance.p[0] != '/') || !keyword.n || !reason)
		abort();
	++*(unsigned *)ctx;
}

static void try(enum schema_unknown unknown, const char *text, size_t n, const struct json *j)
{
	struct schema_set *set = schema_set_new(unknown);
	struct schema *s = schema_load(set, text, n, "http://example.com/fuzz");
	unsigned faults = 0;

	if (!s || !schema_link(set)) {
		if (!*schema_error(set))
			abort();
	} else if (j) {
		bool good = schema_apply(s, j, 0, count, &faults);

		if (good != (faults == 0) || good != schema_apply(s, j, 0, NULL, NULL))
			abort();
	}
	schema_set_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *lf = size ? memchr(text, '\n', size) : NULL;
	size_t n = lf ? (size_t)(lf - text) : size;
	struct json j = {0};
	bool has = lf && size < 20000 && json_parse(&j, lf + 1, size - n - 1, JSON_DOCUMENT);

	try(SCHEMA_REFUSE, text, n, has ? &j : NULL);
	try(SCHEMA_ANNOTATE, text, n, has ? &j : NULL);
	json_free(&j);
	return 0;
}
