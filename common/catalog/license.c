#include "catalog/license.h"

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '-';
}

static void blanks(struct span *s)
{
	while (s->n && s->p[0] == ' ')
		*s = (struct span){s->p + 1, s->n - 1};
}

static struct span next(struct span *s)
{
	size_t n = 0;

	blanks(s);
	while (n < s->n && (is_word(s->p[n]) || s->p[n] == ':'))
		n++;
	if (n == 0 && s->n)
		n = 1;
	struct span token = {s->p, n};
	*s = (struct span){s->p + n, s->n - n};
	return token;
}

static bool reserved(struct span t)
{
	return span_is(t, "AND") || span_is(t, "OR") || span_is(t, "WITH");
}

/* A colon only between two references, as DocumentRef-x:LicenseRef-y has it. */
static bool identifier(struct span t)
{
	const char *colon = t.n ? memchr(t.p, ':', t.n) : NULL;

	if (t.n == 0 || !is_word(t.p[0]) || reserved(t))
		return false;
	if (!colon)
		return true;
	struct span left = {t.p, (size_t)(colon - t.p)}, right = {colon + 1, t.n - left.n - 1};
	return left.n > 12 && memcmp(left.p, "DocumentRef-", 12) == 0 && right.n > 11 &&
	       memcmp(right.p, "LicenseRef-", 11) == 0 && !memchr(right.p, ':', right.n);
}

/* An identifier with what may stand right behind it. */
static bool simple(struct span token, struct span *s)
{
	struct span ahead;

	if (!identifier(token))
		return false;
	if (s->n && s->p[0] == '+')
		*s = (struct span){s->p + 1, s->n - 1};
	ahead = *s;
	if (!span_is(next(&ahead), "WITH"))
		return true;
	*s = ahead;
	return identifier(next(s));
}

bool license_is(struct span s)
{
	size_t open = 0;

	for (;;) {
		struct span token = next(&s);

		for (; span_is(token, "("); token = next(&s))
			open++;
		if (!simple(token, &s))
			return false;
		for (token = next(&s); span_is(token, ")"); token = next(&s))
			if (open-- == 0)
				return false;
		if (token.n == 0)
			return open == 0;
		if (!span_is(token, "AND") && !span_is(token, "OR"))
			return false;
	}
}
