#include "record/term.h"

bool term_ok(const char *term)
{
	return term[0] != '=' && strchr(term, '=');
}

static bool member_is(const struct json *j, uint32_t at, struct span want, struct buf *scratch)
{
	struct json given = {0};
	bool same = false;

	switch (j->node[at].type) {
	case JSON_STRING:
		return span_eq(json_string(j, at, scratch), want);
	case JSON_NUMBER:
		if (json_parse(&given, want.p, want.n, JSON_DOCUMENT) && given.node[0].type == JSON_NUMBER)
			same = json_equal(j, at, &given, 0);
		json_free(&given);
		return same;
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_NULL:
		return span_eq(json_text(j, at), want);
	default:
		return false;
	}
}

bool term_holds(const struct json *j, uint32_t at, const char *term, struct buf *scratch)
{
	const char *eq = strchr(term, '=');
	uint32_t member = json_get_span(j, at, (struct span){term, (size_t)(eq - term)});

	return member && member_is(j, member, span_of(eq + 1), scratch);
}
