#include "data/semver.h"

#include "base/num.h"

/* A text being read. */
struct cursor {
	const char *p, *end;
};

static bool at_char(const struct cursor *c, char want)
{
	return c->p < c->end && *c->p == want;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_identifier(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

static const char *read_number(struct cursor *c, uint64_t *out)
{
	const char *start = c->p;

	while (c->p < c->end && is_digit(*c->p))
		c->p++;
	if (c->p == start)
		return "lacks a number";
	if (*start == '0' && c->p - start > 1)
		return "has a leading zero";
	return num_u64(start, (size_t)(c->p - start), (uint64_t)NUM_MAX_SAFE, out) ? NULL : "has a number over 2^53-1";
}

/* Identifiers separated by dots. */
static const char *read_identifiers(struct cursor *c, bool pre, struct span *out)
{
	const char *first = c->p;

	for (;;) {
		const char *start = c->p;
		bool number = true;

		for (; c->p < c->end && is_identifier(*c->p); c->p++)
			number &= is_digit(*c->p);
		if (c->p == start)
			return "has an empty identifier";
		if (pre && number && *start == '0' && c->p - start > 1)
			return "has a leading zero";
		if (!at_char(c, '.'))
			break;
		c->p++;
	}
	*out = (struct span){first, (size_t)(c->p - first)};
	return NULL;
}

/* `-pre` and `+build`, where they are. */
static const char *read_qualifiers(struct cursor *c, struct semver *v)
{
	const char *bad = NULL;

	if (at_char(c, '-')) {
		c->p++;
		bad = read_identifiers(c, true, &v->pre);
	}
	if (!bad && at_char(c, '+')) {
		c->p++;
		bad = read_identifiers(c, false, &v->build);
	}
	return bad;
}

const char *semver_parse(struct semver *v, struct span text)
{
	struct cursor c = {text.p, text.p + text.n};
	const char *bad = NULL;

	*v = (struct semver){.number = {0, 0, 0}};
	if (text.n > SEMVER_BYTES)
		return "is longer than 256 bytes";
	for (int i = 0; i < 3 && !bad; i++) {
		if (i && !at_char(&c, '.'))
			return "lacks one of its three numbers";
		c.p += i > 0;
		bad = read_number(&c, &v->number[i]);
	}
	if (!bad)
		bad = read_qualifiers(&c, v);
	return bad ? bad : c.p == c.end ? NULL : "has something behind its end";
}

/* --- precedence --- */

static struct span next_identifier(struct span *rest)
{
	const char *dot = memchr(rest->p, '.', rest->n);
	struct span id = {rest->p, dot ? (size_t)(dot - rest->p) : rest->n};
	size_t used = id.n + (dot != NULL);

	*rest = (struct span){rest->p + used, rest->n - used};
	return id;
}

static bool is_number(struct span id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!is_digit(id.p[i]))
			return false;
	return true;
}

static int identifier_cmp(struct span a, struct span b)
{
	bool x = is_number(a), y = is_number(b);

	if (x != y)
		return x ? -1 : 1;
	if (x && a.n != b.n) /* no leading zeros: the longer number is the greater one */
		return a.n < b.n ? -1 : 1;
	return span_cmp(a, b);
}

static int pre_cmp(struct span a, struct span b)
{
	if (!a.n || !b.n)
		return (a.n == 0) - (b.n == 0);
	while (a.n && b.n) {
		int c = identifier_cmp(next_identifier(&a), next_identifier(&b));

		if (c)
			return c;
	}
	return (a.n > 0) - (b.n > 0);
}

static int numbers_cmp(const struct semver *a, const struct semver *b)
{
	for (int i = 0; i < 3; i++)
		if (a->number[i] != b->number[i])
			return a->number[i] < b->number[i] ? -1 : 1;
	return 0;
}

int semver_cmp(const struct semver *a, const struct semver *b)
{
	int c = numbers_cmp(a, b);

	return c ? c : pre_cmp(a->pre, b->pre);
}

/* --- ranges --- */

enum op { OP_EQUAL, OP_LESS, OP_LESS_EQUAL, OP_GREATER, OP_GREATER_EQUAL, OP_CARET, OP_TILDE };

/* One alternative, while it is read: what is known of the version (NULL: only the syntax is judged). */
struct set {
	const struct semver *v;
	bool holds;     /* every bound so far */
	bool names_pre; /* a bound names a pre-release of the version's numbers */
	bool bounded;   /* there is a bound at all */
};

/* A version of which the first `known` numbers are given. */
struct partial {
	struct semver at;
	unsigned known;
};

static bool op_holds(enum op op, int c)
{
	switch (op) {
	case OP_LESS:
		return c < 0;
	case OP_LESS_EQUAL:
		return c <= 0;
	case OP_GREATER:
		return c > 0;
	case OP_GREATER_EQUAL:
		return c >= 0;
	default:
		return c == 0;
	}
}

/* `>=0.0.0` is no bound: pre-releases of 0.0.0 are judged by what else there is. */
static void bound(struct set *s, enum op op, const struct semver *at)
{
	const struct semver zero = {.number = {0, 0, 0}};

	if (op == OP_GREATER_EQUAL && !at->pre.n && numbers_cmp(at, &zero) == 0)
		return;
	s->bounded = true;
	if (!s->v)
		return;
	s->holds &= op_holds(op, semver_cmp(s->v, at));
	s->names_pre |= at->pre.n && numbers_cmp(s->v, at) == 0;
}

/* Number `i` goes up by one, what is behind it becomes 0. */
static const char *step(struct semver *v, unsigned i)
{
	if (v->number[i]++ == (uint64_t)NUM_MAX_SAFE)
		return "has a number over 2^53-1";
	for (unsigned k = i + 1; k < 3; k++)
		v->number[k] = 0;
	v->pre = (struct span){0};
	return NULL;
}

/* Everything below the version that follows when number `i` goes up, its pre-releases too. */
static const char *below_next(struct set *s, const struct semver *v, unsigned i)
{
	struct semver next = *v;
	const char *bad = step(&next, i);

	next.pre = SPAN("0");
	if (!bad)
		bound(s, OP_LESS, &next);
	return bad;
}

/* From v on, as long as number `i` is the same. */
static const char *within(struct set *s, const struct semver *v, unsigned i)
{
	bound(s, OP_GREATER_EQUAL, v);
	return below_next(s, v, i);
}

/* What only a whole version can be compared with: `>1.2` is `>=1.3.0`. */
static const char *partial_compare(struct set *s, enum op op, const struct partial *p)
{
	static const struct semver lowest = {.pre = {"0", 1}};
	struct semver at = p->at;
	const char *bad = NULL;

	if (!p->known) {
		if (op == OP_LESS || op == OP_GREATER)
			bound(s, OP_LESS, &lowest);
		return NULL;
	}
	switch (op) {
	case OP_GREATER:
		bad = step(&at, p->known - 1);
		if (!bad)
			bound(s, OP_GREATER_EQUAL, &at);
		return bad;
	case OP_LESS:
		at.pre = SPAN("0");
		bound(s, OP_LESS, &at);
		return NULL;
	case OP_LESS_EQUAL:
		return below_next(s, &at, p->known - 1);
	case OP_GREATER_EQUAL:
		bound(s, OP_GREATER_EQUAL, &at);
		return NULL;
	default:
		return within(s, &at, p->known - 1);
	}
}

/* Of the numbers that are given, the first that is not 0, else the last. */
static unsigned caret_number(const struct partial *p)
{
	unsigned i = 0;

	while (i + 1 < p->known && p->at.number[i] == 0)
		i++;
	return i;
}

static const char *compare(struct set *s, enum op op, const struct partial *p)
{
	if (op == OP_CARET)
		return p->known ? within(s, &p->at, caret_number(p)) : NULL;
	if (op == OP_TILDE)
		return p->known ? within(s, &p->at, p->known > 1) : NULL;
	if (p->known < 3)
		return partial_compare(s, op, p);
	bound(s, op, &p->at);
	return NULL;
}

static void skip_blanks(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t'))
		c->p++;
}

static const char *read_partial(struct cursor *c, struct partial *p)
{
	bool wild = false;
	unsigned i = 0;

	*p = (struct partial){.known = 0};
	do {
		c->p += i > 0;
		if (at_char(c, 'x') || at_char(c, 'X') || at_char(c, '*')) {
			wild = true;
			c->p++;
			continue;
		}
		const char *bad = read_number(c, &p->at.number[i]);
		if (bad)
			return bad;
		if (wild)
			return "has a number behind a wildcard";
		p->known++;
	} while (++i < 3 && at_char(c, '.'));
	if (i == 3) {
		const char *bad = read_qualifiers(c, &p->at);
		if (bad)
			return bad;
	}
	return wild && p->at.pre.n ? "has a pre-release of a wildcard" : NULL;
}

static enum op read_op(struct cursor *c)
{
	static const struct {
		const char *text;
		enum op op;
	} ops[] = {{"<=", OP_LESS_EQUAL}, {">=", OP_GREATER_EQUAL}, {"<", OP_LESS}, {">", OP_GREATER},
		   {"=", OP_EQUAL},       {"^", OP_CARET},          {"~", OP_TILDE}};

	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		size_t n = strlen(ops[i].text);

		if ((size_t)(c->end - c->p) >= n && memcmp(c->p, ops[i].text, n) == 0) {
			c->p += n;
			skip_blanks(c);
			return ops[i].op;
		}
	}
	return OP_EQUAL;
}

/* Behind a partial version at the start of an alternative: is this ` - `, the middle of a hyphen range? */
static bool at_hyphen(const struct cursor *c)
{
	struct cursor d = *c;

	skip_blanks(&d);
	return d.p > c->p && at_char(&d, '-') && d.p + 1 < d.end && (d.p[1] == ' ' || d.p[1] == '\t');
}

static const char *hyphen_range(struct cursor *c, struct set *s, const struct partial *from)
{
	struct partial to;
	const char *bad;

	skip_blanks(c);
	c->p++;
	skip_blanks(c);
	bad = read_partial(c, &to);
	if (!bad && from->known)
		bound(s, OP_GREATER_EQUAL, &from->at);
	if (!bad && to.known)
		bad = to.known == 3 ? compare(s, OP_LESS_EQUAL, &to) : below_next(s, &to.at, to.known - 1);
	skip_blanks(c);
	return bad ? bad : c->p == c->end ? NULL : "has something behind a hyphen range";
}

/* Steps over what separates comparators. False: there is nothing of the kind. */
static bool separator(struct cursor *c)
{
	const char *start = c->p;

	skip_blanks(c);
	if (at_char(c, ',')) {
		c->p++;
		skip_blanks(c);
	}
	return c->p > start;
}

static const char *read_set(struct span text, struct set *s)
{
	struct cursor c = {text.p, text.p + text.n};

	skip_blanks(&c);
	for (bool first = true; c.p < c.end; first = false) {
		const char *start = c.p, *bad;
		enum op op = read_op(&c);
		struct partial p;
		bool plain = c.p == start;

		bad = read_partial(&c, &p);
		if (bad)
			return bad;
		if (first && plain && at_hyphen(&c))
			return hyphen_range(&c, s, &p);
		bad = compare(s, op, &p);
		if (bad)
			return bad;
		start = c.p;
		if (c.p < c.end && !separator(&c))
			return "has something that is no version";
		if (c.p == c.end && memchr(start, ',', (size_t)(c.end - start)))
			return "has a comma with nothing behind it";
	}
	return NULL;
}

/* Reads all of a range; *satisfied where a version was given. */
static const char *read_range(struct span range, const struct semver *v, bool *satisfied)
{
	const char *p = range.p, *end = range.p + range.n;
	bool any = false, found = false;

	for (;;) {
		struct set s = {.v = v, .holds = true};
		const char *bar = p;
		const char *bad;

		while (bar < end && !(*bar == '|' && end - bar > 1 && bar[1] == '|'))
			bar++;
		bad = read_set((struct span){p, (size_t)(bar - p)}, &s);
		if (bad)
			return bad;
		any |= !s.bounded;
		found |= v && s.holds && (!v->pre.n || s.names_pre);
		if (bar == end)
			break;
		p = bar + 2;
	}
	*satisfied = any ? v && !v->pre.n : found;
	return NULL;
}

const char *semver_range_bad(struct span range)
{
	bool satisfied;

	return read_range(range, NULL, &satisfied);
}

bool semver_satisfies(const struct semver *v, struct span range)
{
	bool satisfied;

	return !read_range(range, v, &satisfied) && satisfied;
}
