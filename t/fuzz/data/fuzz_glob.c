/* `pattern LF path`: matching ends, and is what trying every way says, as far as that can be tried. */
#include "base/text.h"
#include "data/glob.h"

#include <stdint.h>
#include <stdlib.h>

enum { SHORT = 24 };

/* The definition, with no thought for time; sets are left to the matcher of one component. `start`: p begins one. */
static bool naive(struct span p, struct span s, bool start);

static struct span from(struct span s, size_t n)
{
	return (struct span){s.p + n, s.n - n};
}

static size_t width(struct span s)
{
	uint32_t cp;
	size_t n = utf8_decode(s.p, s.n, &cp);

	return n ? n : 1;
}

static bool spans(struct span p, struct span s)
{
	const char *slash;

	if (p.n == 2)
		return s.n > 0;
	if (naive(from(p, 3), s, true))
		return true;
	slash = memchr(s.p, '/', s.n);
	return slash && naive(p, from(s, (size_t)(slash - s.p) + 1), true);
}

static bool naive(struct span p, struct span s, bool start)
{
	if (start && p.n >= 2 && p.p[0] == '*' && p.p[1] == '*')
		return spans(p, s);
	if (p.n && p.p[0] == '*')
		return naive(from(p, 1), s, false) || (s.n && s.p[0] != '/' && naive(p, from(s, width(s)), false));
	if (!p.n || !s.n)
		return !p.n && !s.n;
	if (p.p[0] == '?')
		return s.p[0] != '/' && naive(from(p, 1), from(s, width(s)), false);
	if (p.p[0] == '\\')
		p = from(p, 1);
	return width(p) == width(s) && memcmp(p.p, s.p, width(p)) == 0 &&
	       naive(from(p, width(p)), from(s, width(s)), p.p[0] == '/');
}

static bool is_path(struct span s)
{
	if (!s.n || s.p[0] == '/' || s.p[s.n - 1] == '/')
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i] == '/' && s.p[i - 1] == '/')
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *lf = size ? memchr(text, '\n', size) : NULL;
	struct span pattern, path;
	bool hit;

	if (!lf)
		return 0;
	pattern = (struct span){text, (size_t)(lf - text)};
	path = (struct span){lf + 1, size - pattern.n - 1};
	hit = glob_match(pattern, path);
	if (glob_bad(pattern) || !is_path(path) || pattern.n > SHORT || path.n > SHORT ||
	    memchr(pattern.p, '[', pattern.n))
		return 0;
	if (hit != naive(pattern, path, true))
		abort();
	return 0;
}
