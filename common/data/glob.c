#include "data/glob.h"

/* One byte of a set, maybe quoted; *at moves behind it. -1: the pattern ends. */
static int set_byte(struct span p, size_t *at)
{
	if (*at < p.n && p.p[*at] == '\\')
		++*at;
	return *at < p.n ? (unsigned char)p.p[(*at)++] : -1;
}

/* Reads the set whose `[` is at `at`. Returns its length or 0 with *bad; *hit: c is a member. A `]` that comes first is
 * a member, as in POSIX. */
static size_t set_read(struct span p, size_t at, int c, bool *hit, const char **bad)
{
	size_t i = at + 1;
	bool negated = i < p.n && p.p[i] == '!', found = false, first = true;
	i += negated;
	for (; i < p.n && (first || p.p[i] != ']'); first = false) {
		int low = set_byte(p, &i), high = low;
		if (i + 1 < p.n && p.p[i] == '-' && p.p[i + 1] != ']') {
			i++;
			high = set_byte(p, &i);
		}
		if (low < 0 || high < 0)
			break;
		*bad = low == '/' || high == '/' ? "has a / in a set" :
		       high < low ? "has a range that runs backwards" : NULL;
		if (*bad)
			return 0;
		found |= low <= c && c <= high;
	}
	*bad = "has a set without its ]";
	*hit = found != negated;
	return i < p.n && p.p[i] == ']' ? i + 1 - at : 0;
}

/* Matches one byte; returns how many bytes of the pattern stand for it, 0 when they do not. */
static size_t match_byte(struct span p, size_t at, char c)
{
	const char *bad;
	bool hit = false;
	switch (p.p[at]) {
	case '?':
		return 1;
	case '[': {
		size_t n = set_read(p, at, (unsigned char)c, &hit, &bad);
		return hit ? n : 0;
	}
	case '\\':
		return at + 1 < p.n && p.p[at + 1] == c ? 2 : 0;
	default:
		return p.p[at] == c;
	}
}

/* Only the last `*` seen is ever moved: what lies before it matched in the shortest way, and a longer one gains
 * nothing. */
static bool match_component(struct span p, struct span s)
{
	size_t at = 0, i = 0, star = SIZE_MAX, star_i = 0;
	while (i < s.n) {
		if (at < p.n && p.p[at] == '*') {
			star = ++at;
			star_i = i;
			continue;
		}
		size_t used = at < p.n ? match_byte(p, at, s.p[i]) : 0;
		if (used) {
			at += used;
			i++;
		} else if (star != SIZE_MAX) {
			at = star;
			i = ++star_i;
		} else {
			return false;
		}
	}
	while (at < p.n && p.p[at] == '*')
		at++;
	return at == p.n;
}

/* The component at `at`; the next one begins at at + n + 1, and there is none when that lies behind the text's end. */
static struct span component(struct span text, size_t at)
{
	const char *slash = memchr(text.p + at, '/', text.n - at);
	return (struct span){text.p + at, slash ? (size_t)(slash - text.p) - at : text.n - at};
}

/* The same rule one level up: only the last `**` is moved, component by component. */
bool glob_match(struct span pattern, struct span path)
{
	if (pattern.n == 0)
		return false;
	size_t at = 0, i = path.n ? 0 : 1, star = SIZE_MAX, star_i = 0;
	while (at <= pattern.n || i <= path.n) {
		struct span p = at <= pattern.n ? component(pattern, at) : (struct span){0};
		if (at <= pattern.n && span_is(p, "**")) {
			star = at += p.n + 1;
			star_i = i;
			continue;
		}
		struct span s = i <= path.n ? component(path, i) : (struct span){0};
		if (at <= pattern.n && i <= path.n && match_component(p, s)) {
			at += p.n + 1;
			i += s.n + 1;
			continue;
		}
		if (star == SIZE_MAX || star_i > path.n)
			return false;
		star_i += component(path, star_i).n + 1;
		i = star_i;
		at = star;
	}
	return true;
}

static const char *component_bad(struct span p)
{
	const char *bad;
	bool hit;
	if (p.n == 0)
		return "has an empty component";
	if (span_is(p, ".") || span_is(p, ".."))
		return "has a . or .. component";
	for (size_t at = 0; at < p.n;) {
		size_t n = 1;
		if (p.p[at] == '[') {
			n = set_read(p, at, -1, &hit, &bad);
			if (n == 0)
				return bad;
		} else if (p.p[at] == '\\') {
			if (at + 1 == p.n)
				return "has a \\ with nothing to quote";
			n = 2;
		} else if (p.p[at] == '*' && at + 1 < p.n && p.p[at + 1] == '*' && p.n > 2) {
			return "has a ** that is no whole component";
		}
		at += n;
	}
	return NULL;
}

const char *glob_bad(struct span pattern)
{
	if (pattern.n == 0)
		return "is empty";
	if (memchr(pattern.p, '\0', pattern.n))
		return "holds a NUL";
	if (pattern.p[0] == '/')
		return "is absolute";
	for (size_t at = 0; at <= pattern.n;) {
		struct span p = component(pattern, at);
		const char *bad = component_bad(p);
		if (bad)
			return bad;
		at += p.n + 1;
	}
	return NULL;
}
