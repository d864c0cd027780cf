#include "data/jsonw.h"

#include "base/text.h"

/* A comma unless the place is the first in its object or array, or the start of a line. */
static void lead(struct buf *b, const char *key)
{
	char last = b->n ? b->p[b->n - 1] : '\n';
	if (last != '{' && last != '[' && last != '\n')
		buf_char(b, ',');
	if (key) {
		json_quote(b, span_of(key));
		buf_char(b, ':');
	}
}

void jsonw_open(struct buf *b, const char *key)
{
	lead(b, key);
	buf_char(b, '{');
}

void jsonw_close(struct buf *b)
{
	buf_char(b, '}');
}

void jsonw_array_open(struct buf *b, const char *key)
{
	lead(b, key);
	buf_char(b, '[');
}

void jsonw_array_close(struct buf *b)
{
	buf_char(b, ']');
}

void jsonw_str(struct buf *b, const char *key, struct span utf8)
{
	lead(b, key);
	json_quote(b, utf8);
}

void jsonw_cstr(struct buf *b, const char *key, const char *utf8)
{
	jsonw_str(b, key, span_of(utf8));
}

void jsonw_int(struct buf *b, const char *key, int64_t v)
{
	lead(b, key);
	if (v < 0)
		buf_char(b, '-');
	buf_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void jsonw_bool(struct buf *b, const char *key, bool v)
{
	lead(b, key);
	buf_str(b, v ? "true" : "false");
}

void jsonw_null(struct buf *b, const char *key)
{
	lead(b, key);
	buf_str(b, "null");
}

void jsonw_bytes(struct buf *b, const char *key, struct span bytes)
{
	if (utf8_valid(bytes.p, bytes.n)) {
		jsonw_str(b, key, bytes);
		return;
	}
	struct buf name = {0};
	buf_str(&name, key);
	buf_str(&name, "_b64");
	lead(b, buf_cstr(&name));
	buf_free(&name);
	buf_char(b, '"');
	base64_add(b, bytes.p, bytes.n);
	buf_char(b, '"');
}
