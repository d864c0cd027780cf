#include "schema/internal.h"

#include <stdlib.h>

enum { DIVISOR_DIGITS = 18 };
#define EXPONENT_MAX ((int64_t)1 << 40)

/* A decimal: the digits between p and end (which may hold a point; none for zero) as an integer, times 10^power. The
 * first and the last digit are not zero. */
struct decimal {
	const char *p, *end;
	int64_t power;
	int64_t digits;
	bool minus;
};

/* False where the exponent is beyond reason. */
static bool exponent_read(const char *p, const char *end, int64_t *out)
{
	bool minus = false;
	int64_t v = 0;

	if (p < end && (*p == '+' || *p == '-'))
		minus = *p++ == '-';
	for (; p < end && v < EXPONENT_MAX; p++)
		v = v * 10 + (*p - '0');
	*out = minus ? -v : v;
	return v < EXPONENT_MAX;
}

static bool decimal_read(struct decimal *d, struct span text)
{
	const char *end = text.p + text.n, *exponent = text.p, *point;

	*d = (struct decimal){.p = text.p, .minus = *text.p == '-'};
	while (exponent < end && *exponent != 'e' && *exponent != 'E')
		exponent++;
	if (exponent < end && !exponent_read(exponent + 1, end, &d->power))
		return false;
	d->p += d->minus;
	d->end = exponent;
	point = memchr(d->p, '.', (size_t)(d->end - d->p));
	if (point)
		d->power -= d->end - point - 1;
	while (d->end > d->p && (d->end[-1] == '0' || d->end[-1] == '.'))
		d->power += *--d->end == '0';
	while (d->p < d->end && (*d->p == '0' || *d->p == '.'))
		d->p++;
	d->digits = d->end - d->p - (point && point > d->p && point < d->end);
	return true;
}

static bool is_zero(const struct decimal *d)
{
	return d->p == d->end;
}

bool number_is_integer(struct span text)
{
	struct decimal d;

	return decimal_read(&d, text) && (is_zero(&d) || d.power >= 0);
}

bool number_count(struct span text, uint64_t *out)
{
	struct decimal d;

	*out = 0;
	if (!decimal_read(&d, text))
		return false;
	if (is_zero(&d))
		return true;
	if (d.minus || d.power < 0 || d.digits + d.power > 16)
		return false;
	for (const char *p = d.p; p < d.end; p++)
		if (*p != '.')
			*out = *out * 10 + (uint64_t)(*p - '0');
	while (d.power--)
		*out *= 10;
	return *out <= UINT64_C(1) << 53;
}

bool number_divisor(struct span text)
{
	struct decimal d;

	return decimal_read(&d, text) && !is_zero(&d) && !d.minus && d.digits <= DIVISOR_DIGITS;
}

static uint64_t times(uint64_t a, uint64_t b, uint64_t m)
{
	return (uint64_t)((unsigned __int128)a * b % m);
}

bool number_is_multiple(struct span text, struct span divisor)
{
	struct decimal a, b;
	uint64_t m = 0, rest = 0, ten;
	int64_t power;

	if (!decimal_read(&a, text) || !decimal_read(&b, divisor))
		return false;
	if (is_zero(&a))
		return true;
	power = a.power - b.power;
	if (power < 0)
		return false; /* a's last digit is not zero, so no power of ten can come out of it */
	for (const char *p = b.p; p < b.end; p++)
		if (*p != '.')
			m = m * 10 + (uint64_t)(*p - '0');
	if (!m)
		return false;
	for (const char *p = a.p; p < a.end; p++)
		if (*p != '.')
			rest = (times(rest, 10, m) + (uint64_t)(*p - '0')) % m;
	for (ten = 10 % m; power; power >>= 1, ten = times(ten, ten, m))
		if (power & 1)
			rest = times(rest, ten, m);
	return rest % m == 0;
}

/* --- one text for each value --- */

static void number_write(struct buf *b, struct span text)
{
	struct decimal d;

	if (!decimal_read(&d, text)) {
		buf_span_add(b, text);
		return;
	}
	if (is_zero(&d)) {
		buf_char(b, '0');
		return;
	}
	if (d.minus)
		buf_char(b, '-');
	for (const char *p = d.p; p < d.end; p++)
		if (*p != '.')
			buf_char(b, *p);
	buf_printf(b, "e%lld", (long long)d.power);
}

/* One member written out: `"key":value`. Keys are quoted, so sorting the texts gives the same for the same object. */
static int member_cmp(const void *x, const void *y)
{
	return span_cmp(*(const struct span *)x, *(const struct span *)y);
}

static void object_write(struct buf *b, const struct json *j, uint32_t at)
{
	uint32_t n = j->node[at].count, i = 0;
	size_t *end = xcalloc((size_t)n + 1, sizeof *end);
	struct span *member = xcalloc((size_t)n + 1, sizeof *member);
	struct buf text = {0}, scratch = {0};

	for (uint32_t k = json_first(j, at); k != j->node[at].end; k = json_next_member(j, k)) {
		json_quote(&text, json_string(j, k, &scratch));
		buf_char(&text, ':');
		value_write(&text, j, k + 1);
		end[++i] = text.n;
	}
	for (i = 0; i < n; i++)
		member[i] = (struct span){text.p + end[i], end[i + 1] - end[i]};
	qsort(member, n, sizeof *member, member_cmp);
	buf_char(b, '{');
	for (i = 0; i < n; i++) {
		buf_span_add(b, member[i]);
		buf_char(b, ',');
	}
	buf_char(b, '}');
	free(end);
	free(member);
	buf_free(&text);
	buf_free(&scratch);
}

void value_write(struct buf *b, const struct json *j, uint32_t at)
{
	struct buf scratch = {0};

	switch (j->node[at].type) {
	case JSON_NUMBER:
		number_write(b, json_text(j, at));
		break;
	case JSON_STRING:
		json_quote(b, json_string(j, at, &scratch));
		buf_free(&scratch);
		break;
	case JSON_ARRAY:
		buf_char(b, '[');
		for (uint32_t c = json_first(j, at); c != j->node[at].end; c = json_next(j, c)) {
			value_write(b, j, c);
			buf_char(b, ',');
		}
		buf_char(b, ']');
		break;
	case JSON_OBJECT:
		object_write(b, j, at);
		break;
	default:
		buf_span_add(b, json_text(j, at));
	}
}
