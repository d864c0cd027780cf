#include "data/glob.h"

#include "base/text.h"

/* What is no UTF-8 stands behind all that is. */
enum { NO_CHARACTER = 0x110000 };

/* The character at `at`; *at moves behind it. */
static int32_t character(struct span s, size_t *at)
{
	uint32_t cp = (unsigned char)s.p[*at];
	size_t n = cp < 0x80 ? 1 : utf8_decode(s.p + *at, s.n - *at, &cp);

	if (n == 0) {
		cp = NO_CHARACTER + (unsigned char)s.p[*at];
		n = 1;
	}
	*at += n;
	return (int32_t)cp;
}

/* One character of the pattern, maybe quoted; *at moves behind it. -1: the pattern ends. */
static int32_t pattern_character(struct span p, size_t *at)
{
	if (*at < p.n && p.p[*at] == '\\')
		++*at;
	return *at < p.n ? character(p, at) : -1;
}

static const char *set_start_bad(struct span p, size_t at)
{
	return at < p.n && p.p[at] == '^' ? "has a set that begins with ^, where ! is meant or \\^" : NULL;
}

static const char *range_bad(struct span p, size_t at, int32_t low, int32_t high)
{
	if (p.p[at] == '[' && at + 1 < p.n && memchr(":.=", p.p[at + 1], 3))
		return "has a class of characters";
	return low == '/' || high == '/' ? "has a / in a set" : high < low ? "has a range that runs backwards" : NULL;
}

/* Reads the set whose `[` is at `at`. Returns its length or 0 with *bad; *hit: c is a member. A `]` that comes first is
 * a member, as in POSIX. */
static size_t set_read(struct span p, size_t at, int32_t c, bool *hit, const char **bad)
{
	size_t i = at + 1;
	bool negated = i < p.n && p.p[i] == '!', found = false, first = true;
	i += negated;
	*bad = set_start_bad(p, i);
	if (*bad)
		return 0;
	for (; i < p.n && (first || p.p[i] != ']'); first = false) {
		size_t start = i;
		int32_t low = pattern_character(p, &i), high = low;
		if (i + 1 < p.n && p.p[i] == '-' && p.p[i + 1] != ']') {
			i++;
			high = pattern_character(p, &i);
		}
		if (low < 0 || high < 0)
			break;
		*bad = range_bad(p, start, low, high);
		if (*bad)
			return 0;
		found |= low <= c && c <= high;
	}
	*bad = "has a set without its ]";
	*hit = found != negated;
	return i < p.n && p.p[i] == ']' ? i + 1 - at : 0;
}

/* Matches the character at *i, which moves behind it; returns how many bytes of the pattern stand for it, 0 when they
 * do not. */
static size_t match_character(struct span p, size_t at, struct span s, size_t *i)
{
	const char *bad;
	bool hit = false;
	size_t n, end = at;
	int32_t c = character(s, i);

	switch (p.p[at]) {
	case '?':
		return 1;
	case '[':
		n = set_read(p, at, c, &hit, &bad);
		return hit ? n : 0;
	default:
		return pattern_character(p, &end) == c ? end - at : 0;
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
		size_t next = i, used = at < p.n ? match_character(p, at, s, &next) : 0;
		if (used) {
			at += used;
			i = next;
		} else if (star != SIZE_MAX) {
			at = star;
			character(s, &star_i);
			i = star_i;
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
			at += p.n + 1;
			if (at > pattern.n)
				return i <= path.n;
			star = at;
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
