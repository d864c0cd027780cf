#include "data/canon.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { NUMBER_TEXT = 40, DIGITS = 17 };

/* --- numbers --- */

/* A double as its shortest decimal: digits without trailing zeros, value = 0.DIGITS * 10^point. */
struct shortest {
	char digit[DIGITS + 1];
	int n, point;
};

/* Reads what snprintf("%.*e") wrote. */
static void shortest_read(struct shortest *s, const char *text)
{
	const char *e = strchr(text, 'e');
	int exponent = 0;

	s->n = 0;
	for (const char *p = text; p < e; p++)
		if (*p != '.')
			s->digit[s->n++] = *p;
	while (s->n > 1 && s->digit[s->n - 1] == '0')
		s->n--;
	for (const char *p = e + 2; *p; p++)
		exponent = exponent * 10 + (*p - '0');
	s->point = (e[1] == '-' ? -exponent : exponent) + 1;
}

static bool round_trip(double v, int digits, char text[NUMBER_TEXT])
{
	snprintf(text, NUMBER_TEXT, "%.*e", digits - 1, v);
	return strtod(text, NULL) == v;
}

/* Just above a power of two doubles lie twice as far apart as below it. There the nearest 16 digits may read back as
 * another double while the next ones up read back as this one. */
static bool next_up(double v, char text[NUMBER_TEXT])
{
	int i = 16;

	while (i >= 0 && (text[i] == '9' || text[i] == '.'))
		text[i] = text[i] == '.' ? '.' : '0', i--;
	if (i < 0)
		return false;
	text[i]++;
	return strtod(text, NULL) == v;
}

/* v > 0 and finite. */
static void shortest_of(struct shortest *s, double v)
{
	char text[NUMBER_TEXT];
	int exponent, digits = 15; /* a normal double that has 15 digits or fewer shows them, padded, in 15 */

	if (v < DBL_MIN)
		digits = 1;
	while (digits < DIGITS && !round_trip(v, digits, text)) {
		if (digits == 16 && frexp(v, &exponent) == 0.5 && next_up(v, text))
			break;
		digits++;
	}
	if (digits == DIGITS)
		round_trip(v, DIGITS, text);
	shortest_read(s, text);
}

static void zeros(struct buf *b, int n)
{
	while (n-- > 0)
		buf_char(b, '0');
}

bool canon_number(struct buf *b, double v)
{
	struct shortest s = {.n = 0};

	if (!isfinite(v))
		return false;
	if (v == 0) {
		buf_char(b, '0');
		return true;
	}
	if (v < 0)
		buf_char(b, '-');
	shortest_of(&s, fabs(v));
	if (s.point > 21 || s.point <= -6) {
		buf_char(b, s.digit[0]);
		if (s.n > 1) {
			buf_char(b, '.');
			buf_add(b, s.digit + 1, (size_t)s.n - 1);
		}
		buf_printf(b, "e%+d", s.point - 1);
	} else if (s.point <= 0) {
		buf_str(b, "0.");
		zeros(b, -s.point);
		buf_add(b, s.digit, (size_t)s.n);
	} else if (s.point >= s.n) {
		buf_add(b, s.digit, (size_t)s.n);
		zeros(b, s.point - s.n);
	} else {
		buf_add(b, s.digit, (size_t)s.point);
		buf_char(b, '.');
		buf_add(b, s.digit + s.point, (size_t)(s.n - s.point));
	}
	return true;
}

/* --- members in order --- */

struct member {
	struct span key; /* unescaped */
	uint32_t at;
};

/* UTF-16 code units sort as bytes of UTF-8 do, but that U+E000 to U+FFFF come behind the surrogates. */
static int key_cmp(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)a.p[i], d = (unsigned char)b.p[i];

		if (c == d)
			continue;
		if (c >= 0xee && d >= 0xee && (c >= 0xf0) != (d >= 0xf0))
			return c >= 0xf0 ? -1 : 1;
		return c < d ? -1 : 1;
	}
	return a.n < b.n ? -1 : a.n > b.n;
}

static int utf16_cmp(const void *x, const void *y)
{
	return key_cmp(((const struct member *)x)->key, ((const struct member *)y)->key);
}

static int byte_cmp(const void *x, const void *y)
{
	return span_cmp(((const struct member *)x)->key, ((const struct member *)y)->key);
}

/* The members of object `at` but `without`, sorted; *n of them. `keys` holds what had to be unescaped. */
static struct member *sorted(const struct json *j, uint32_t at, const char *without,
			     int (*cmp)(const void *, const void *), struct buf *keys, uint32_t *n)
{
	struct member *m = xcalloc((size_t)j->node[at].count + 1, sizeof *m);

	*n = 0;
	buf_room(keys, j->node[at].len); /* unescaping never grows, so no span moves */
	for (uint32_t k = json_first(j, at); k != j->node[at].end; k = json_next_member(j, k)) {
		struct span key = json_text(j, k);

		if (j->node[k].flags & JSON_ESCAPED) {
			size_t start = keys->n;

			json_unescape(keys, key.p, key.n);
			key = (struct span){keys->p + start, keys->n - start};
		}
		if (!without || !span_is(key, without))
			m[(*n)++] = (struct member){key, k + 1};
	}
	qsort(m, *n, sizeof *m, cmp);
	return m;
}

static void string(struct buf *b, const struct json *j, uint32_t at)
{
	struct buf scratch = {0};

	json_quote(b, json_string(j, at, &scratch));
	buf_free(&scratch);
}

/* --- RFC 8785 --- */

static bool number(struct buf *b, const struct json *j, uint32_t at)
{
	struct buf copy = {0};
	bool good;

	buf_span_add(&copy, json_text(j, at));
	good = canon_number(b, strtod(buf_cstr(&copy), NULL));
	buf_free(&copy);
	return good;
}

static bool jcs(struct buf *b, const struct json *j, uint32_t at, const char *without);

static bool jcs_object(struct buf *b, const struct json *j, uint32_t at, const char *without)
{
	struct buf keys = {0};
	uint32_t n;
	struct member *m = sorted(j, at, without, utf16_cmp, &keys, &n);
	bool good = true;

	buf_char(b, '{');
	for (uint32_t i = 0; i < n && good; i++) {
		if (i)
			buf_char(b, ',');
		json_quote(b, m[i].key);
		buf_char(b, ':');
		good = jcs(b, j, m[i].at, NULL);
	}
	buf_char(b, '}');
	free(m);
	buf_free(&keys);
	return good;
}

static bool jcs_array(struct buf *b, const struct json *j, uint32_t at)
{
	buf_char(b, '[');
	for (uint32_t c = json_first(j, at); c != j->node[at].end; c = json_next(j, c)) {
		if (c != json_first(j, at))
			buf_char(b, ',');
		if (!jcs(b, j, c, NULL))
			return false;
	}
	buf_char(b, ']');
	return true;
}

static bool jcs(struct buf *b, const struct json *j, uint32_t at, const char *without)
{
	switch (j->node[at].type) {
	case JSON_NUMBER:
		return number(b, j, at);
	case JSON_STRING:
		string(b, j, at);
		return true;
	case JSON_ARRAY:
		return jcs_array(b, j, at);
	case JSON_OBJECT:
		return jcs_object(b, j, at, without);
	default:
		buf_span_add(b, json_text(j, at));
		return true;
	}
}

bool canon_jcs_without(struct buf *b, const struct json *j, uint32_t at, const char *without)
{
	size_t start = b->n;

	if (jcs(b, j, at, without))
		return true;
	b->n = start;
	return false;
}

bool canon_jcs(struct buf *b, const struct json *j, uint32_t at)
{
	return canon_jcs_without(b, j, at, NULL);
}

/* --- is it RFC 8785 already? --- */

static bool same_text(struct span source, struct buf *canonical)
{
	bool same = span_eq(source, buf_span(canonical));

	buf_free(canonical);
	return same;
}

static bool escaped_is_jcs(const struct json *j, uint32_t at)
{
	struct buf b = {0};

	string(&b, j, at);
	return same_text(json_source(j, at), &b);
}

static inline bool string_is_jcs(const struct json *j, uint32_t at)
{
	return !(j->node[at].flags & JSON_ESCAPED) || escaped_is_jcs(j, at);
}

static bool number_is_jcs(const struct json *j, uint32_t at)
{
	struct span text = json_text(j, at);
	struct buf b = {0};
	size_t i = 0;

	while (i < text.n && text.p[i] <= '9' && text.p[i] != '.' && text.p[i] != '+')
		i++;
	if (i == text.n && text.n <= 16) /* an integer; minus zero does not survive the parser */
		return true;
	if (!number(&b, j, at)) {
		buf_free(&b);
		return false;
	}
	return same_text(text, &b);
}

/* Where the value that must start at byte `off` ends; 0: it is not canonical, or does not start there. */
static size_t jcs_end(const struct json *j, uint32_t at, size_t off);

/* The same for the members of most records: strings without escapes and short integers. */
static inline size_t plain_end(const struct json *j, uint32_t at, size_t off)
{
	const struct json_node *n = &j->node[at];

	if (n->type == JSON_STRING && !n->flags)
		return n->off == off + 1 ? off + n->len + 2 : 0;
	return jcs_end(j, at, off);
}

/* Most keys differ in their first byte. */
static inline bool in_order(struct span a, struct span b)
{
	if (a.n && b.n && a.p[0] != b.p[0] && !((a.p[0] | b.p[0]) & 0x80))
		return a.p[0] < b.p[0];
	return key_cmp(a, b) < 0;
}

static size_t jcs_object_end(const struct json *j, uint32_t at, size_t off)
{
	const struct json_node *node = j->node;
	struct buf one = {0}, two = {0};
	struct span last = {0};
	size_t pos = off + 1;

	for (uint32_t k = at + 1; k != node[at].end && pos; k = node[k + 1].end) {
		struct span key = {j->text + node[k].off, node[k].len};

		pos += k != at + 1;
		if (node[k].off != pos + 1 || !string_is_jcs(j, k)) {
			pos = 0;
			break;
		}
		if (node[k].flags & JSON_ESCAPED)
			key = json_string(j, k, last.p == one.p ? &two : &one);
		pos = !last.p || in_order(last, key) ? plain_end(j, k + 1, pos + node[k].len + 3) : 0;
		last = key;
	}
	buf_free(&one);
	buf_free(&two);
	return pos ? pos + 1 : 0;
}

static size_t jcs_array_end(const struct json *j, uint32_t at, size_t off)
{
	size_t pos = off + 1;

	for (uint32_t c = json_first(j, at); c != j->node[at].end && pos; c = json_next(j, c))
		pos = jcs_end(j, c, pos + (c != json_first(j, at)));
	return pos ? pos + 1 : 0;
}

static size_t jcs_end(const struct json *j, uint32_t at, size_t off)
{
	const struct json_node *n = &j->node[at];

	if (n->off != off + (n->type == JSON_STRING))
		return 0;
	switch (n->type) {
	case JSON_STRING:
		return string_is_jcs(j, at) ? off + n->len + 2 : 0;
	case JSON_NUMBER:
		return number_is_jcs(j, at) ? off + n->len : 0;
	case JSON_ARRAY:
		off = jcs_array_end(j, at, off);
		break;
	case JSON_OBJECT:
		off = jcs_object_end(j, at, off);
		break;
	default:
		return off + n->len;
	}
	/* What lies between the members and the bracket would be a blank. */
	return off == (size_t)n->off + n->len ? off : 0;
}

bool canon_is_jcs(const struct json *j, size_t n)
{
	return jcs_end(j, 0, 0) == n;
}

/* --- the earlier implementation's rule --- */

static void legacy_object(struct buf *b, const struct json *j, uint32_t at, const char *without)
{
	struct buf keys = {0};
	uint32_t n;
	struct member *m = sorted(j, at, without, byte_cmp, &keys, &n);

	buf_char(b, '{');
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			buf_str(b, ", ");
		json_quote(b, m[i].key);
		buf_str(b, ": ");
		canon_legacy(b, j, m[i].at, NULL);
	}
	buf_char(b, '}');
	free(m);
	buf_free(&keys);
}

void canon_legacy(struct buf *b, const struct json *j, uint32_t at, const char *without)
{
	switch (j->node[at].type) {
	case JSON_STRING:
		string(b, j, at);
		break;
	case JSON_ARRAY:
		buf_char(b, '[');
		for (uint32_t c = json_first(j, at); c != j->node[at].end; c = json_next(j, c)) {
			if (c != json_first(j, at))
				buf_str(b, ", ");
			canon_legacy(b, j, c, NULL);
		}
		buf_char(b, ']');
		break;
	case JSON_OBJECT:
		legacy_object(b, j, at, without);
		break;
	default:
		buf_span_add(b, json_text(j, at));
	}
}
