#include "record/order.h"

int record_order(struct record *r, struct buf *key, const char **why)
{
	struct buf scratch = {0};
	struct span plane, path;
	uint32_t at = record_get(r, "plane");
	int found = record_path(r, &path, why);

	if (found <= 0)
		return found;
	if (record_str(r, "plane", &plane, &scratch)) {
		buf_span_add(key, plane);
	} else if (at && r->json.node[at].type != JSON_NULL) {
		*why = "plane is no string";
		return -1;
	}
	buf_free(&scratch);
	/* No path holds a NUL; a plane that did would still only be sorted, never trusted. */
	buf_char(key, '\0');
	buf_span_add(key, path);
	if (record_is(r, "dir"))
		buf_char(key, '/');
	return 1;
}
