/* Whatever is accepted indexes its whole text: nodes nest, slices lie within, keys differ, and it equals itself. */
#include "data/json.h"

#include <stdint.h>
#include <stdlib.h>

static void check_node(const struct json *j, uint32_t at, size_t n)
{
	const struct json_node *node = &j->node[at];
	uint32_t count = 0;

	if (node->end <= at || node->end > j->n || (size_t)node->off + node->len > n)
		abort();
	if (node->type == JSON_ARRAY)
		for (uint32_t c = json_first(j, at); c != node->end; c = json_next(j, c), count++)
			if (c > node->end)
				abort();
	if (node->type == JSON_OBJECT)
		for (uint32_t k = json_first(j, at); k != node->end; k = json_next_member(j, k), count++)
			if (k > node->end || j->node[k].type != JSON_STRING)
				abort();
	if (count != node->count)
		abort();
}

static void check_members(const struct json *j, uint32_t at)
{
	struct buf scratch = {0};

	if (j->node[at].type == JSON_OBJECT && j->node[at].count < 50)
		for (uint32_t k = json_first(j, at); k != j->node[at].end; k = json_next_member(j, k))
			if (json_get_span(j, at, json_string(j, k, &scratch)) != k + 1)
				abort();
	buf_free(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json j = {0}, again = {0};
	struct buf quoted = {0}, scratch = {0};
	bool record = json_parse(&j, (const char *)data, size, JSON_RECORD);
	bool good = json_parse(&j, (const char *)data, size, JSON_DOCUMENT);

	if (record && !good)
		abort();
	if (!good && (!j.error || j.error_offset > size))
		abort();
	for (uint32_t at = 0; good && at < j.n; at++) {
		check_node(&j, at, size);
		check_members(&j, at);
		if (j.node[at].type != JSON_STRING)
			continue;
		buf_reset(&quoted);
		json_quote(&quoted, json_string(&j, at, &scratch));
		if (!json_parse(&again, quoted.p, quoted.n, JSON_DOCUMENT) || !json_equal(&j, at, &again, 0))
			abort();
	}
	if (good && !json_equal(&j, 0, &j, 0))
		abort();
	json_free(&j);
	json_free(&again);
	buf_free(&quoted);
	buf_free(&scratch);
	return 0;
}
