#include "schema/pattern.h"

#include "schema/internal.h"

#include <stdlib.h>

struct pattern {
	struct regex *regex;
};

struct pattern *pattern_new(struct span text, const char **why)
{
	struct regex *list = NULL, *made = regex_new(&list, text, why);
	struct pattern *p;

	if (!made) {
		regex_free_all(list);
		return NULL;
	}
	p = xcalloc(1, sizeof *p);
	p->regex = made;
	return p;
}

enum pattern_result pattern_search(struct pattern *p, struct span text)
{
	switch (regex_search(p->regex, text)) {
	case REGEX_MATCH:
		return PATTERN_FOUND;
	case REGEX_NO_MATCH:
		return PATTERN_ABSENT;
	default:
		return PATTERN_LIMIT;
	}
}

void pattern_free(struct pattern *p)
{
	if (!p)
		return;
	regex_free_all(p->regex);
	free(p);
}
