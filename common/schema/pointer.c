#include "schema/internal.h"

#include "base/num.h"

#include <stdlib.h>

/* --- URIs (RFC 3986) --- */

/* The parts of a URI reference, without their delimiters; p is NULL where a part is absent. */
struct uri {
	struct span scheme, authority, path, query, fragment;
};

static bool scheme_char(char c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.');
}

/* Takes the text up to the first of `stops` off *rest. */
static struct span take(struct span *rest, const char *stops)
{
	size_t n = 0;
	struct span got;

	while (n < rest->n && !strchr(stops, rest->p[n] ? rest->p[n] : ' '))
		n++;
	got = (struct span){rest->p, n};
	if (n)
		*rest = (struct span){rest->p + n, rest->n - n};
	return got;
}

static struct uri uri_parse(struct span text)
{
	struct uri u = {0};
	size_t n = 0;

	while (n < text.n && scheme_char(text.p[n], n == 0))
		n++;
	if (n && n < text.n && text.p[n] == ':') {
		u.scheme = (struct span){text.p, n};
		text = (struct span){text.p + n + 1, text.n - n - 1};
	}
	if (text.n >= 2 && text.p[0] == '/' && text.p[1] == '/') {
		text = (struct span){text.p + 2, text.n - 2};
		u.authority = take(&text, "/?#");
	}
	u.path = take(&text, "?#");
	if (text.n && text.p[0] == '?') {
		text = (struct span){text.p + 1, text.n - 1};
		u.query = take(&text, "#");
	}
	if (text.n)
		u.fragment = (struct span){text.p + 1, text.n - 1};
	return u;
}

/* Section 5.2.4, on b from `start` on. */
static void remove_dots(struct buf *b, size_t start)
{
	struct buf in = {0};
	struct span rest;
	bool absolute = b->n > start && b->p[start] == '/';

	buf_add(&in, b->p + start, b->n - start);
	rest = buf_span(&in);
	b->n = start;
	while (rest.n) {
		bool slash = rest.p[0] == '/';
		struct span segment;

		rest = (struct span){rest.p + slash, rest.n - slash};
		segment = take(&rest, "/");
		if (span_is(segment, "..")) {
			while (b->n > start && b->p[b->n - 1] != '/')
				b->n--;
			if (b->n > start)
				b->n--;
		}
		if (span_is(segment, "..") || span_is(segment, ".")) {
			if (!rest.n && (absolute || b->n > start))
				buf_char(b, '/');
			continue;
		}
		if (slash)
			buf_char(b, '/');
		buf_span_add(b, segment);
	}
	buf_free(&in);
}

static void add_merged(struct buf *b, const struct uri *base, struct span path)
{
	size_t n = base->path.n;

	if (path.n && path.p[0] == '/') {
		buf_span_add(b, path);
		return;
	}
	if (base->authority.p && !n)
		buf_char(b, '/');
	while (n && base->path.p[n - 1] != '/')
		n--;
	buf_add(b, base->path.p, n);
	buf_span_add(b, path);
}

void uri_resolve(struct buf *b, struct span base_text, struct span reference, struct span *fragment)
{
	struct uri base = uri_parse(base_text), r = uri_parse(reference);
	bool own_authority = r.scheme.p || r.authority.p;
	struct span scheme = r.scheme.p ? r.scheme : base.scheme;
	struct span authority = own_authority ? r.authority : base.authority;
	struct span query = r.query;
	size_t start;

	*fragment = r.fragment;
	if (scheme.p) {
		buf_span_add(b, scheme);
		buf_char(b, ':');
	}
	if (authority.p) {
		buf_str(b, "//");
		buf_span_add(b, authority);
	}
	start = b->n;
	if (own_authority) {
		buf_span_add(b, r.path);
	} else if (r.path.n) {
		add_merged(b, &base, r.path);
	} else {
		buf_span_add(b, base.path);
		query = r.query.p ? r.query : base.query;
	}
	if (own_authority || r.path.n)
		remove_dots(b, start);
	if (query.p) {
		buf_char(b, '?');
		buf_span_add(b, query);
	}
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

bool uri_decode(struct buf *b, struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		int hi, lo;

		if (text.p[i] != '%') {
			buf_char(b, text.p[i]);
			continue;
		}
		hi = i + 1 < text.n ? hex_value(text.p[i + 1]) : -1;
		lo = i + 2 < text.n ? hex_value(text.p[i + 2]) : -1;
		if (hi < 0 || lo < 0)
			return false;
		buf_char(b, (char)(hi * 16 + lo));
		i += 2;
	}
	return true;
}

/* --- JSON Pointer (RFC 6901) --- */

static void add_token(struct buf *b, struct span token)
{
	buf_char(b, '/');
	for (size_t i = 0; i < token.n; i++) {
		if (token.p[i] == '~')
			buf_str(b, "~0");
		else if (token.p[i] == '/')
			buf_str(b, "~1");
		else
			buf_char(b, token.p[i]);
	}
}

/* Steps from the container `top` to its child that holds `at` (or, a key, is it); appends its token. */
static uint32_t step_down(struct buf *b, const struct json *j, uint32_t top, uint32_t at)
{
	struct buf scratch = {0};
	uint32_t c = json_first(j, top), i = 0;

	if (j->node[top].type == JSON_ARRAY) {
		for (; json_next(j, c) <= at; i++)
			c = json_next(j, c);
		buf_printf(b, "/%u", i);
		return c;
	}
	while (json_next_member(j, c) <= at)
		c = json_next_member(j, c);
	add_token(b, json_string(j, c, &scratch));
	buf_free(&scratch);
	return c == at ? c : c + 1;
}

void pointer_write(struct buf *b, const struct json *j, uint32_t top, uint32_t at)
{
	while (top != at)
		top = step_down(b, j, top, at);
}

static bool untoken(struct buf *b, struct span token)
{
	buf_reset(b);
	for (size_t i = 0; i < token.n; i++) {
		if (token.p[i] != '~') {
			buf_char(b, token.p[i]);
			continue;
		}
		if (++i == token.n || (token.p[i] != '0' && token.p[i] != '1'))
			return false;
		buf_char(b, token.p[i] == '0' ? '~' : '/');
	}
	return true;
}

static uint32_t child_named(const struct json *j, uint32_t at, struct span token)
{
	uint64_t index;
	uint32_t c;

	if (j->node[at].type == JSON_OBJECT)
		return json_get_span(j, at, token);
	if (j->node[at].type != JSON_ARRAY || !num_u64(token.p, token.n, UINT32_MAX, &index) ||
	    index >= j->node[at].count)
		return 0;
	for (c = json_first(j, at); index; index--)
		c = json_next(j, c);
	return c;
}

bool pointer_follow(const struct json *j, uint32_t *at, struct span pointer)
{
	struct buf token = {0};
	bool good = true;

	while (good && pointer.n) {
		if (pointer.p[0] != '/')
			break;
		pointer = (struct span){pointer.p + 1, pointer.n - 1};
		good = untoken(&token, take(&pointer, "/"));
		*at = good ? child_named(j, *at, buf_span(&token)) : 0;
		good = *at != 0;
	}
	buf_free(&token);
	return good && !pointer.n;
}
