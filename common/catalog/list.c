#include "catalog/list.h"

#include "data/ident.h"
#include "data/semver.h"

static struct span trim(struct span s)
{
	while (s.n && s.p[0] == ' ')
		s = (struct span){s.p + 1, s.n - 1};
	while (s.n && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

static bool begins_id(struct span s)
{
	s = trim(s);
	return s.n == 0 || (s.p[0] >= 'A' && s.p[0] <= 'Z');
}

/* Bytes before the comma at or behind `from`. */
static size_t piece(struct span s, size_t from)
{
	const char *comma = from < s.n ? memchr(s.p + from, ',', s.n - from) : NULL;

	return comma ? (size_t)(comma - s.p) : s.n;
}

bool list_next(struct span *rest, struct span *id, struct span *range)
{
	struct span item = *rest;
	size_t end;

	if (!rest->p || rest->n == 0)
		return false;
	for (end = piece(item, 0); end < item.n; end = piece(item, end + 1)) {
		struct span next = {item.p + end + 1, piece(item, end + 1) - end - 1};

		if (begins_id(next))
			break;
	}
	/* A comma at the end has an empty piece behind it. */
	*rest = end + 1 < item.n ? (struct span){item.p + end + 1, item.n - end - 1} : (struct span){item.p, 0};
	if (end + 1 == item.n)
		*rest = (struct span){" ", 1};
	item = trim((struct span){item.p, end});
	const char *blank = item.n ? memchr(item.p, ' ', item.n) : NULL;
	size_t n = blank ? (size_t)(blank - item.p) : item.n;
	*id = (struct span){item.p, n};
	*range = trim((struct span){item.p + n, item.n - n});
	return true;
}

static bool id_ok(struct span id, bool packages)
{
	if (packages)
		return ident_is(IDENT_PACKAGE, id);
	if (id.n == 0 || id.n > IDENT_MAX)
		return false;
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];

		if (!(c >= 'A' && c <= 'Z') && !(i && ((c >= '0' && c <= '9') || c == '-')))
			return false;
	}
	return true;
}

const char *list_bad(struct span list, bool packages)
{
	struct span id, range;

	while (list_next(&list, &id, &range)) {
		if (!id_ok(id, packages))
			return "holds what is no id";
		if (semver_range_bad(range))
			return "holds what is no range of versions";
	}
	return NULL;
}
