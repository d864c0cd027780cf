/* The canonical form parses and is its own canonical form; the earlier rule's also keeps every number's text.
 * What is said to be canonical is what the writer writes. */
#include "data/canon.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json j = {0}, back = {0};
	struct buf once = {0}, twice = {0}, legacy = {0};

	if (json_parse(&j, (const char *)data, size, JSON_DOCUMENT)) {
		canon_legacy(&legacy, &j, 0, NULL);
		if (!json_parse(&back, legacy.p, legacy.n, JSON_DOCUMENT) || !json_equal(&j, 0, &back, 0))
			abort();
		canon_legacy(&twice, &back, 0, NULL);
		if (!span_eq(buf_span(&legacy), buf_span(&twice)))
			abort();
		buf_reset(&twice);
		if (canon_jcs(&once, &j, 0)) {
			if (!json_parse(&back, once.p, once.n, JSON_DOCUMENT) || !canon_jcs(&twice, &back, 0))
				abort();
			if (!span_eq(buf_span(&once), buf_span(&twice)))
				abort();
		} else if (once.n) {
			abort();
		}
	}
	if (json_parse(&j, (const char *)data, size, JSON_RECORD)) {
		buf_reset(&once);
		if (!canon_jcs(&once, &j, 0))
			abort();
		if (canon_is_jcs(&j, size) != span_eq(buf_span(&once), (struct span){(const char *)data, size}))
			abort();
	}
	json_free(&j);
	json_free(&back);
	buf_free(&once);
	buf_free(&twice);
	buf_free(&legacy);
	return 0;
}
