#include "data/json.h"

#include "base/num.h"
#include "base/text.h"
#include "data/canon.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { FEW_MEMBERS = 32, NUMBER_TEXT = 64 };

/* One open array or object while parsing. `seen` is a one-word Bloom filter of its keys: most objects have few
 * members with different ends, so most keys are known to be new without a comparison. */
struct level {
	uint32_t node;
	uint64_t seen;
	bool sort; /* too many members, or an escaped key: judge duplicates by sorting when it closes */
};

struct parser {
	struct json *j;
	const char *p, *end;
	enum json_flags flags;
	struct level level[JSON_DEPTH];
	int depth;
};

static bool fail(struct parser *ps, const char *why)
{
	ps->j->error = why;
	ps->j->error_offset = (size_t)(ps->p - ps->j->text);
	return false;
}

static void more_nodes(struct json *j)
{
	j->cap = j->cap ? j->cap * 2 : 64;
	j->node = xreallocarray(j->node, j->cap, sizeof *j->node);
}

static inline struct json_node *node_new(struct json *j)
{
	if (j->n == j->cap)
		more_nodes(j);
	return &j->node[j->n++];
}

/* Skips bytes that need no look: printable ASCII but the quote and the backslash. */
static const char *plain_run(const char *p, const char *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1f);

	while (end - p >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i odd = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, back)),
					   _mm_cmpeq_epi8(_mm_max_epu8(v, control), control));
		int mask = _mm_movemask_epi8(odd) | _mm_movemask_epi8(v); /* the latter: bytes over 0x7f */

		if (mask)
			return p + __builtin_ctz((unsigned)mask);
		p += 16;
	}
#endif
	while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return p;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The four digits behind \u, or -1. */
static int32_t hex4(const char *p, const char *end)
{
	int32_t v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int d = hex_value(p[i]);

		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

/* ps->p stands on a backslash; steps behind the escape. */
static bool scan_escape(struct parser *ps)
{
	int32_t hi, lo;

	if (ps->end - ps->p < 2)
		return fail(ps, "unfinished string");
	if (ps->p[1] != 'u') {
		if (!memchr("\"\\/bfnrt", ps->p[1], 8))
			return fail(ps, "bad escape");
		ps->p += 2;
		return true;
	}
	hi = hex4(ps->p + 2, ps->end);
	if (hi < 0)
		return fail(ps, "bad escape");
	if (hi >= 0xdc00 && hi <= 0xdfff)
		return fail(ps, "lone surrogate");
	if (hi >= 0xd800 && hi <= 0xdbff) {
		if (ps->end - ps->p < 8 || ps->p[6] != '\\' || ps->p[7] != 'u')
			return fail(ps, "lone surrogate");
		lo = hex4(ps->p + 8, ps->end);
		if (lo < 0xdc00 || lo > 0xdfff)
			return fail(ps, "lone surrogate");
		ps->p += 6;
	}
	ps->p += 6;
	return true;
}

/* ps->p stands behind the opening quote; steps behind the closing one. */
static bool scan_string(struct parser *ps, struct json_node *node)
{
	const char *start = ps->p;

	node->type = JSON_STRING;
	node->flags = 0;
	node->count = 0;
	for (;;) {
		ps->p = plain_run(ps->p, ps->end);
		if (ps->p == ps->end)
			return fail(ps, "unfinished string");
		if (*ps->p == '"')
			break;
		if (*ps->p == '\\') {
			node->flags = JSON_ESCAPED;
			if (!scan_escape(ps))
				return false;
		} else if ((unsigned char)*ps->p < 0x20) {
			return fail(ps, "control character in a string");
		} else {
			uint32_t cp;
			size_t n = utf8_decode(ps->p, (size_t)(ps->end - ps->p), &cp);

			if (!n)
				return fail(ps, "invalid UTF-8");
			ps->p += n;
		}
	}
	node->off = (uint32_t)(start - ps->j->text);
	node->len = (uint32_t)(ps->p - start);
	ps->p++;
	return true;
}

static const char *digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* Just above a power of two the shortest text that reads back need not be the nearest of its length (canon.c). */
static bool is_shortest(struct span text, double v)
{
	struct buf b = {0};
	int exponent;
	bool same = fabs(frexp(v, &exponent)) == 0.5 && canon_number(&b, v) &&
		    json_number_cmp(text, buf_span(&b)) == 0;

	buf_free(&b);
	return same;
}

/* Does this number, written with a fraction or an exponent, come back with the same value from a double? */
static bool survives(struct span text)
{
	char copy[NUMBER_TEXT], back[NUMBER_TEXT];
	int significant = 0, zeros = 0;
	double v;

	if (text.n >= sizeof copy)
		return false;
	memcpy(copy, text.p, text.n);
	copy[text.n] = 0;
	for (const char *p = copy; *p && *p != 'e' && *p != 'E'; p++) {
		if (*p == '0')
			zeros += significant > 0;
		else if (*p >= '1' && *p <= '9') {
			significant += zeros + 1;
			zeros = 0;
		}
	}
	if (!significant)
		return copy[0] != '-'; /* minus zero loses its sign in RFC 8785 */
	v = strtod(copy, NULL);
	/* Below 1e21 RFC 8785 has no exponent: the text would be an integer that does not survive. */
	if (significant > 17 || !isfinite(v) || (fabs(v) > (double)NUM_MAX_SAFE && fabs(v) < 1e21))
		return false;
	snprintf(back, sizeof back, "%.*e", significant - 1, v);
	return json_number_cmp(text, span_of(back)) == 0 || is_shortest(text, v);
}

static bool integer_survives(struct span text)
{
	bool minus = text.p[0] == '-';
	size_t n = text.n - minus;

	if (minus && n == 1 && text.p[1] == '0')
		return false;
	return n < 16 || (n == 16 && memcmp(text.p + minus, "9007199254740991", 16) <= 0);
}

static bool scan_number(struct parser *ps, struct json_node *node)
{
	const char *p = ps->p, *start = p, *mark;
	bool integer = true;

	if (*p == '-')
		p++;
	mark = p;
	p = digits(p, ps->end);
	if (p == mark || (*mark == '0' && p - mark > 1))
		return fail(ps, "bad number");
	if (p < ps->end && *p == '.') {
		integer = false;
		mark = ++p;
		p = digits(p, ps->end);
		if (p == mark)
			return fail(ps, "bad number");
	}
	if (p < ps->end && (*p == 'e' || *p == 'E')) {
		integer = false;
		p++;
		if (p < ps->end && (*p == '+' || *p == '-'))
			p++;
		mark = p;
		p = digits(p, ps->end);
		if (p == mark)
			return fail(ps, "bad number");
	}
	node->type = JSON_NUMBER;
	node->flags = 0;
	node->count = 0;
	node->off = (uint32_t)(start - ps->j->text);
	node->len = (uint32_t)(p - start);
	if (ps->flags & JSON_RECORD) {
		struct span text = {start, (size_t)(p - start)};

		if (!(integer ? integer_survives(text) : survives(text)))
			return fail(ps, "number does not survive a round trip");
	}
	ps->p = p;
	return true;
}

bool json_number_survives(struct span text)
{
	struct json j = {.text = text.p};
	struct parser ps = {.j = &j, .p = text.p, .end = text.p + text.n, .flags = JSON_RECORD};
	struct json_node node;

	return text.n && scan_number(&ps, &node) && ps.p == ps.end;
}

static bool scan_word(struct parser *ps, struct json_node *node, const char *word, enum json_type type)
{
	size_t n = strlen(word);

	if ((size_t)(ps->end - ps->p) < n || memcmp(ps->p, word, n) != 0)
		return fail(ps, "bad value");
	*node = (struct json_node){.off = (uint32_t)(ps->p - ps->j->text), .len = (uint32_t)n, .type = (uint8_t)type};
	ps->p += n;
	return true;
}

static inline void skip_blank(struct parser *ps)
{
	if (ps->p < ps->end && *ps->p > ' ')
		return;
	while (ps->p < ps->end && (*ps->p == ' ' || *ps->p == '\t' || *ps->p == '\n' || *ps->p == '\r'))
		ps->p++;
}

/* --- duplicate keys --- */

struct member {
	struct span key;
	uint32_t at;
};

static int member_cmp(const void *a, const void *b)
{
	return span_cmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

/* The members of object `at` sorted by unescaped key. `keys` holds what had to be unescaped. */
static struct member *members_sorted(const struct json *j, uint32_t at, struct buf *keys)
{
	uint32_t count = j->node[at].count, i = 0;
	struct member *m = xcalloc(count + 1, sizeof *m);

	buf_room(keys, j->node[at].len); /* unescaping never grows, so no span moves */
	for (uint32_t k = json_first(j, at); k != j->node[at].end; k = json_next_member(j, k)) {
		struct span raw = json_text(j, k);

		m[i].at = k + 1;
		m[i].key = raw;
		if (j->node[k].flags & JSON_ESCAPED) {
			size_t start = keys->n;

			json_unescape(keys, raw.p, raw.n);
			m[i].key = (struct span){keys->p + start, keys->n - start};
		}
		i++;
	}
	qsort(m, count, sizeof *m, member_cmp);
	return m;
}

static bool has_duplicate(const struct json *j, uint32_t at)
{
	struct buf keys = {0};
	struct member *m = members_sorted(j, at, &keys);
	bool dup = false;

	for (uint32_t i = 1; i < j->node[at].count && !dup; i++)
		dup = span_eq(m[i - 1].key, m[i].key);
	free(m);
	buf_free(&keys);
	return dup;
}

/* Judges the key just read (the last node) against its earlier siblings, or leaves that to the closing brace. */
static bool key_is_new(struct parser *ps, struct level *l)
{
	const struct json *j = ps->j;
	uint32_t key = j->n - 1;
	const struct json_node *n = &j->node[key];
	const char *p = j->text + n->off;
	uint32_t hash = 0;
	uint64_t bit;

	if ((n->flags & JSON_ESCAPED) || j->node[l->node].count >= FEW_MEMBERS)
		l->sort = true;
	if (l->sort)
		return true;
	if (n->len)
		hash = (unsigned char)p[0] * 7u + (unsigned char)p[n->len - 1] * 31u + n->len;
	bit = UINT64_C(1) << (hash & 63);
	if (!(l->seen & bit)) {
		l->seen |= bit;
		return true;
	}
	for (uint32_t k = l->node + 1; k != key; k = j->node[k + 1].end)
		if (j->node[k].len == n->len && memcmp(j->text + j->node[k].off, p, n->len) == 0)
			return false;
	return true;
}

/* --- the document --- */

static bool open_container(struct parser *ps, enum json_type type)
{
	struct json_node *node = node_new(ps->j);

	if (ps->depth == JSON_DEPTH)
		return fail(ps, "too deep");
	*node = (struct json_node){.off = (uint32_t)(ps->p - ps->j->text), .type = (uint8_t)type};
	ps->level[ps->depth++] = (struct level){.node = ps->j->n - 1};
	if ((uint32_t)ps->depth > ps->j->depth)
		ps->j->depth = (uint32_t)ps->depth;
	ps->p++;
	return true;
}

static bool close_container(struct parser *ps)
{
	struct level *l = &ps->level[--ps->depth];
	struct json_node *node = &ps->j->node[l->node];

	ps->p++;
	node->end = ps->j->n;
	node->len = (uint32_t)(ps->p - ps->j->text) - node->off;
	if (l->sort && has_duplicate(ps->j, l->node))
		return fail(ps, "duplicate key");
	return true;
}

/* Scans `"key" :`. */
static bool scan_key(struct parser *ps, struct level *l)
{
	struct json_node *node;

	if (ps->p == ps->end || *ps->p != '"')
		return fail(ps, "no key");
	ps->p++;
	node = node_new(ps->j);
	if (!scan_string(ps, node))
		return false;
	node->end = ps->j->n;
	if (!key_is_new(ps, l))
		return fail(ps, "duplicate key");
	skip_blank(ps);
	if (ps->p == ps->end || *ps->p != ':')
		return fail(ps, "no colon");
	ps->p++;
	skip_blank(ps);
	return true;
}

/* A value that holds no others. */
static bool scan_scalar(struct parser *ps)
{
	struct json_node *node = node_new(ps->j);
	bool ok;

	switch (*ps->p) {
	case '"':
		ps->p++;
		ok = scan_string(ps, node);
		break;
	case 't':
		ok = scan_word(ps, node, "true", JSON_TRUE);
		break;
	case 'f':
		ok = scan_word(ps, node, "false", JSON_FALSE);
		break;
	case 'n':
		ok = scan_word(ps, node, "null", JSON_NULL);
		break;
	default:
		if (*ps->p != '-' && (*ps->p < '0' || *ps->p > '9'))
			return fail(ps, "bad value");
		ok = scan_number(ps, node);
	}
	node->end = ps->j->n;
	return ok;
}

/* ps->p stands where a value must start; scans it, or only opens it when it is a container with something in it. */
static bool scan_value(struct parser *ps, bool *opened)
{
	bool object;

	*opened = false;
	if (ps->p == ps->end)
		return fail(ps, "unfinished");
	if (*ps->p != '{' && *ps->p != '[')
		return scan_scalar(ps);
	object = *ps->p == '{';
	if (!open_container(ps, object ? JSON_OBJECT : JSON_ARRAY))
		return false;
	skip_blank(ps);
	if (ps->p < ps->end && *ps->p == (object ? '}' : ']'))
		return close_container(ps);
	*opened = true;
	return true;
}

/* Behind a value: commas and closing brackets, until the next value is due or the top is done. */
static bool after_value(struct parser *ps, bool *done)
{
	*done = false;
	for (;;) {
		struct level *l;
		bool object;

		if (!ps->depth) {
			*done = true;
			return true;
		}
		skip_blank(ps);
		if (ps->p == ps->end)
			return fail(ps, "unfinished");
		l = &ps->level[ps->depth - 1];
		object = ps->j->node[l->node].type == JSON_OBJECT;
		if (*ps->p == ',') {
			ps->p++;
			skip_blank(ps);
			return true;
		}
		if (*ps->p != (object ? '}' : ']'))
			return fail(ps, "no comma");
		if (!close_container(ps))
			return false;
	}
}

/* The end of a plain value: a string without escapes or bytes over 0x7f, or an integer of up to 15 digits. NULL:
 * neither. */
static const char *plain_value(const char *p, const char *end, struct json_node *node)
{
	const char *q;

	if (*p == '"') {
		q = plain_run(++p, end);
		node->type = JSON_STRING;
		node->len = (uint32_t)(q - p);
		return q < end && *q == '"' ? q + 1 : NULL;
	}
	q = digits(p, end);
	node->type = JSON_NUMBER;
	node->len = (uint32_t)(q - p);
	return q == p || q - p > 15 || (*p == '0' && q - p > 1) ? NULL : q;
}

/* Members as most records have them, `"key":` and a plain value with a comma behind it, one after the other without a
 * blank: the general way would spend most of its time deciding what this way knows. Stops before the first that is
 * different. */
static bool plain_members(struct parser *ps, struct level *l)
{
	struct json *j = ps->j;

	while (ps->p < ps->end && *ps->p == '"') {
		const char *key = ps->p + 1, *quote = plain_run(key, ps->end), *value, *next;
		struct json_node *node, v = {.count = 0};

		if (ps->end - quote < 3 || quote[0] != '"' || quote[1] != ':')
			return true;
		value = quote + 2;
		next = plain_value(value, ps->end, &v);
		if (!next || next == ps->end || *next != ',')
			return true;
		if (j->cap - j->n < 2)
			more_nodes(j);
		node = &j->node[j->n++];
		*node = (struct json_node){.off = (uint32_t)(key - j->text), .len = (uint32_t)(quote - key),
					   .end = j->n, .type = JSON_STRING};
		if (!key_is_new(ps, l))
			return fail(ps, "duplicate key");
		v.off = (uint32_t)(value - j->text) + (v.type == JSON_STRING);
		v.end = j->n + 1;
		j->node[j->n++] = v;
		j->node[l->node].count++;
		ps->p = next + 1;
	}
	skip_blank(ps);
	return true;
}

static bool scan_document(struct parser *ps)
{
	bool opened, done = false;

	if (!scan_value(ps, &opened))
		return false;
	if (!opened && !after_value(ps, &done))
		return false;
	while (!done) {
		struct level *l = &ps->level[ps->depth - 1];

		if (ps->j->node[l->node].type == JSON_OBJECT && (!plain_members(ps, l) || !scan_key(ps, l)))
			return false;
		ps->j->node[l->node].count++;
		if (!scan_value(ps, &opened))
			return false;
		if (!opened && !after_value(ps, &done))
			return false;
	}
	return true;
}

bool json_parse(struct json *j, const char *text, size_t n, enum json_flags flags)
{
	struct parser ps;

	/* One by one: clearing the levels would cost more than most records do. */
	ps.j = j;
	ps.p = text;
	ps.end = n ? text + n : text; /* nothing may be of nowhere, to which 0 is not to be added */
	ps.flags = flags;
	ps.depth = 0;
	j->text = text;
	j->n = 0;
	j->depth = 0;
	j->error = NULL;
	if (n >= JSON_BYTES)
		return fail(&ps, "too long");
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return fail(&ps, "byte-order mark");
	skip_blank(&ps);
	if (ps.p == ps.end)
		return fail(&ps, "empty");
	if ((flags & JSON_RECORD) && *ps.p != '{')
		return fail(&ps, "no object");
	if (!scan_document(&ps))
		return false;
	skip_blank(&ps);
	return ps.p == ps.end ? true : fail(&ps, "text behind the value");
}

void json_free(struct json *j)
{
	free(j->node);
	*j = (struct json){0};
}

/* --- access --- */

struct span json_source(const struct json *j, uint32_t at)
{
	struct span s = json_text(j, at);

	if (j->node[at].type == JSON_STRING)
		s = (struct span){s.p - 1, s.n + 2};
	return s;
}

static bool key_is(const struct json *j, uint32_t k, struct span key)
{
	struct buf decoded = {0};
	struct span raw = json_text(j, k);
	bool same;

	if (!(j->node[k].flags & JSON_ESCAPED))
		return span_eq(raw, key);
	json_unescape(&decoded, raw.p, raw.n);
	same = span_eq(buf_span(&decoded), key);
	buf_free(&decoded);
	return same;
}

uint32_t json_get_span(const struct json *j, uint32_t at, struct span key)
{
	if (j->node[at].type != JSON_OBJECT)
		return 0;
	for (uint32_t k = json_first(j, at); k != j->node[at].end; k = json_next_member(j, k))
		if (key_is(j, k, key))
			return k + 1;
	return 0;
}

uint32_t json_get(const struct json *j, uint32_t at, const char *key)
{
	return json_get_span(j, at, span_of(key));
}

void json_unescape(struct buf *b, const char *p, size_t n)
{
	const char *end = p + n;

	buf_room(b, n);
	while (p < end) {
		const char *run = memchr(p, '\\', (size_t)(end - p));
		int32_t cp;

		buf_add(b, p, (size_t)((run ? run : end) - p));
		if (!run)
			return;
		p = run + 2;
		switch (run[1]) {
		case 'b': buf_char(b, '\b'); break;
		case 'f': buf_char(b, '\f'); break;
		case 'n': buf_char(b, '\n'); break;
		case 'r': buf_char(b, '\r'); break;
		case 't': buf_char(b, '\t'); break;
		case 'u':
			cp = hex4(p, end);
			p += 4;
			if (cp >= 0xd800 && cp <= 0xdbff) {
				cp = 0x10000 + ((cp - 0xd800) << 10) + (hex4(p + 2, end) - 0xdc00);
				p += 6;
			}
			utf8_add(b, (uint32_t)cp);
			break;
		default: buf_char(b, run[1]);
		}
	}
}

struct span json_string(const struct json *j, uint32_t at, struct buf *scratch)
{
	struct span raw = json_text(j, at);

	if (!(j->node[at].flags & JSON_ESCAPED))
		return raw;
	buf_reset(scratch);
	json_unescape(scratch, raw.p, raw.n);
	return buf_span(scratch);
}

bool json_int(const struct json *j, uint32_t at, int64_t min, int64_t max, int64_t *out)
{
	struct span s = json_text(j, at);

	return j->node[at].type == JSON_NUMBER && num_i64(s.p, s.n, min, max, out);
}

/* --- numbers by value --- */

/* A decimal as its significant digits and the power of ten of the first of them. */
struct decimal {
	const char *p, *end; /* from the first significant digit; may hold a point */
	int64_t power;
	bool minus, zero;
};

#define POWER_CAP (INT64_C(1) << 56) /* far beyond what the digits of a text under JSON_BYTES can bring back */

static int64_t exponent_of(const char *p, const char *end)
{
	bool minus = false;
	int64_t v = 0;

	if (p < end && (*p == '+' || *p == '-'))
		minus = *p++ == '-';
	for (; p < end; p++)
		if (v < POWER_CAP)
			v = v * 10 + (*p - '0');
	return minus ? -v : v;
}

static struct decimal decimal_of(struct span text)
{
	struct decimal d = {.p = text.p, .end = text.p + text.n};
	const char *exponent = NULL, *point = NULL, *p;

	d.minus = *d.p == '-';
	d.p += d.minus;
	for (p = d.p; p < d.end; p++) {
		if (*p == '.')
			point = p;
		else if (*p == 'e' || *p == 'E') {
			exponent = p;
			break;
		}
	}
	d.power = exponent ? exponent_of(exponent + 1, d.end) : 0;
	d.end = exponent ? exponent : d.end;
	while (d.p < d.end && (*d.p == '0' || *d.p == '.'))
		d.p++;
	d.zero = d.p == d.end;
	if (!point)
		point = d.end;
	d.power += point > d.p ? point - d.p - 1 : point - d.p;
	return d;
}

static char digit_next(struct decimal *d)
{
	if (d->p < d->end && *d->p == '.')
		d->p++;
	return d->p < d->end ? *d->p++ : '0';
}

int json_number_cmp(struct span a, struct span b)
{
	struct decimal x = decimal_of(a), y = decimal_of(b);
	int sign = x.minus ? -1 : 1, order = 0;

	if (x.zero || y.zero) {
		if (x.zero && y.zero)
			return 0;
		return x.zero ? (y.minus ? 1 : -1) : sign;
	}
	if (x.minus != y.minus)
		return sign;
	if (x.power != y.power)
		return x.power < y.power ? -sign : sign;
	while (!order && (x.p < x.end || y.p < y.end))
		order = digit_next(&x) - digit_next(&y);
	return order < 0 ? -sign : order > 0 ? sign : 0;
}

/* --- equality --- */

static bool string_equal(const struct json *a, uint32_t at, const struct json *b, uint32_t bt)
{
	struct buf x = {0}, y = {0};
	bool same = span_eq(json_string(a, at, &x), json_string(b, bt, &y));

	buf_free(&x);
	buf_free(&y);
	return same;
}

static bool object_equal(const struct json *a, uint32_t at, const struct json *b, uint32_t bt)
{
	struct buf x = {0}, y = {0};
	struct member *m = members_sorted(a, at, &x), *n = members_sorted(b, bt, &y);
	bool same = true;

	for (uint32_t i = 0; i < a->node[at].count && same; i++)
		same = span_eq(m[i].key, n[i].key) && json_equal(a, m[i].at, b, n[i].at);
	free(m);
	free(n);
	buf_free(&x);
	buf_free(&y);
	return same;
}

bool json_equal(const struct json *a, uint32_t at, const struct json *b, uint32_t bt)
{
	const struct json_node *x = &a->node[at], *y = &b->node[bt];
	uint32_t c, d;

	if (x->type != y->type || x->count != y->count)
		return false;
	switch (x->type) {
	case JSON_NUMBER:
		return json_number_cmp(json_text(a, at), json_text(b, bt)) == 0;
	case JSON_STRING:
		return string_equal(a, at, b, bt);
	case JSON_OBJECT:
		return object_equal(a, at, b, bt);
	case JSON_ARRAY:
		for (c = at + 1, d = bt + 1; c != x->end; c = json_next(a, c), d = json_next(b, d))
			if (!json_equal(a, c, b, d))
				return false;
		return true;
	default:
		return true;
	}
}

/* --- writing --- */

void json_quote(struct buf *b, struct span utf8)
{
	static const char hex[] = "0123456789abcdef", brief[] = "btnvfr";
	const char *p = utf8.p, *end = p + utf8.n, *run = p;

	buf_room(b, utf8.n + 2);
	buf_char(b, '"');
	for (; (p = plain_run(p, end)) < end; p++) {
		unsigned char c = (unsigned char)*p;

		if (c >= 0x80)
			continue;
		buf_add(b, run, (size_t)(p - run));
		run = p + 1;
		buf_char(b, '\\');
		if (c >= 0x20)
			buf_char(b, (char)c);
		else if (c >= '\b' && c <= '\r' && c != '\v')
			buf_char(b, brief[c - '\b']);
		else
			buf_add(b, (char[]){'u', '0', '0', hex[c >> 4], hex[c & 15]}, 5);
	}
	buf_add(b, run, (size_t)(p - run));
	buf_char(b, '"');
}
