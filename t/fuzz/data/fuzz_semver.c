/* `version LF version LF range`: versions are what they were made of and in one order; a version that satisfies a range
 * satisfies it with any other beside it. */
#include "data/semver.h"

#include <stdint.h>
#include <stdlib.h>

static void rebuilt(const struct semver *v, struct span text)
{
	struct buf b = {0};

	buf_printf(&b, "%llu.%llu.%llu", (unsigned long long)v->number[0], (unsigned long long)v->number[1],
		   (unsigned long long)v->number[2]);
	if (v->pre.n)
		buf_printf(&b, "-%.*s", (int)v->pre.n, v->pre.p);
	if (v->build.n)
		buf_printf(&b, "+%.*s", (int)v->build.n, v->build.p);
	if (!span_eq(buf_span(&b), text))
		abort();
	buf_free(&b);
}

static int sign(int c)
{
	return (c > 0) - (c < 0);
}

/* The version and its range of one must agree with the order. */
static void compared(const struct semver *a, const struct semver *b, struct span text)
{
	static const struct {
		const char *op;
		bool holds[3]; /* a before, equal to, behind b */
	} ops[] = {{"<", {true, false, false}}, {"<=", {true, true, false}}, {">=", {false, true, true}},
		   {"=", {false, true, false}}, {"", {false, true, false}},  {">", {false, false, true}}};
	int c = sign(semver_cmp(a, b));

	if (sign(semver_cmp(b, a)) != -c)
		abort();
	for (size_t i = 0; i < sizeof ops / sizeof *ops && !a->pre.n && !b->pre.n; i++) {
		struct buf range = {0};

		buf_printf(&range, "%s%.*s", ops[i].op, (int)text.n, text.p);
		if (semver_satisfies(a, buf_span(&range)) != ops[i].holds[c + 1])
			abort();
		buf_free(&range);
	}
}

static void ranged(const struct semver *v, struct span range)
{
	bool good = !semver_range_bad(range), in = semver_satisfies(v, range);
	struct buf more = {0};

	if (in && !good)
		abort();
	buf_printf(&more, "%.*s || 1.2.3-never", (int)range.n, range.p);
	if (good && memchr(range.p, 0, range.n) == NULL && in && !semver_satisfies(v, buf_span(&more)))
		abort();
	buf_free(&more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size;
	const char *lf = size ? memchr(p, '\n', size) : NULL, *lf2;
	struct span text[2], range;
	struct semver v[2];

	if (!lf || !(lf2 = memchr(lf + 1, '\n', (size_t)(end - lf - 1))))
		return 0;
	text[0] = (struct span){p, (size_t)(lf - p)};
	text[1] = (struct span){lf + 1, (size_t)(lf2 - lf - 1)};
	range = (struct span){lf2 + 1, (size_t)(end - lf2 - 1)};
	for (int i = 0; i < 2; i++) {
		if (semver_parse(&v[i], text[i])) {
			semver_range_bad(range);
			return 0;
		}
		rebuilt(&v[i], text[i]);
		ranged(&v[i], range);
	}
	compared(&v[0], &v[1], text[1]);
	return 0;
}
