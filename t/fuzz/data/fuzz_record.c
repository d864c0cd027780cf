/* Whatever is a record keeps being one when a member is added or taken away, and its path is one. */
#include "data/relpath.h"
#include "record/finding.h"
#include "record/record.h"

#include <stdint.h>
#include <stdlib.h>

static void check_path(struct record *r)
{
	struct span path;
	const char *why = NULL;
	struct buf line = {0};
	struct record found = {0};
	int got = record_path(r, &path, &why);

	if (got < 0 && !why)
		abort();
	if (got > 0) {
		if (relpath_bad(path))
			abort();
		finding_write(&line, CODE_SCHEMA, SEVERITY_ERROR, path, NULL, "x", "fuzz");
		if (record_parse(&found, buf_span(&line)) || !record_is(&found, "finding"))
			abort();
	}
	record_free(&found);
	buf_free(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record r = {0}, again = {0};
	struct buf line = {0};

	if (!record_parse(&r, (struct span){(const char *)data, size})) {
		check_path(&r);
		if (!record_get(&r, "zz")) {
			record_splice(&line, &r, SPAN("\"zz\":\"1\""));
			if (record_parse(&again, buf_span(&line)) || !span_eq(again.kind, r.kind) ||
			    !record_get(&again, "zz"))
				abort();
		}
	}
	record_free(&r);
	record_free(&again);
	buf_free(&line);
	return 0;
}
