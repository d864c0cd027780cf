#include "base/text.h"

static const char hex_digits[] = "0123456789abcdef";

void hex_encode(const unsigned char *p, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = hex_digits[p[i] >> 4];
		out[2 * i + 1] = hex_digits[p[i] & 15];
	}
}

/* A digit's value plus one; 0 for what is none. */
static const unsigned char hex_values[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
	['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

/* By table, no branch per digit: each hash of each record and each row comes through here. */
bool hex_decode(const char *p, size_t n, unsigned char *out)
{
	const unsigned char *in = (const unsigned char *)p;
	bool good = n % 2 == 0;
	for (size_t i = 0; i + 1 < n; i += 2) {
		unsigned high = hex_values[in[i]], low = hex_values[in[i + 1]];
		good &= (high != 0) & (low != 0);
		out[i / 2] = (unsigned char)((high - 1) << 4 | ((low - 1) & 15));
	}
	return good;
}

void base64_add(struct buf *b, const void *data, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = data;
	for (; n > 0; p += n < 3 ? n : 3, n -= n < 3 ? n : 3) {
		uint32_t v = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0) | (n > 2 ? p[2] : 0u);
		char *out = buf_room(b, 4);
		out[0] = digits[v >> 18];
		out[1] = digits[v >> 12 & 63];
		out[2] = n > 1 ? digits[v >> 6 & 63] : '=';
		out[3] = n > 2 ? digits[v & 63] : '=';
		b->n += 4;
	}
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes four digits, the last `pad` of them '='; false when a digit or an unused bit is wrong. */
static bool base64_quad(struct buf *b, const char *p, int pad)
{
	uint32_t v = 0;
	for (int i = 0; i < 4; i++) {
		int d = i < 4 - pad ? base64_value(p[i]) : 0;
		if (d < 0)
			return false;
		v = v << 6 | (uint32_t)d;
	}
	if (pad && v & ((UINT32_C(1) << 8 * pad) - 1))
		return false;
	for (int i = 0; i < 3 - pad; i++)
		buf_char(b, (char)(v >> (16 - 8 * i) & 255));
	return true;
}

bool base64_decode(struct buf *b, const char *p, size_t n)
{
	size_t before = b->n;
	if (n % 4)
		return false;
	for (size_t i = 0; i < n; i += 4) {
		int pad = 0;
		if (i + 4 == n && p[i + 3] == '=')
			pad = p[i + 2] == '=' ? 2 : 1;
		if (!base64_quad(b, p + i, pad)) {
			b->n = before;
			return false;
		}
	}
	return true;
}

bool base64url_decode(struct buf *b, const char *p, size_t n)
{
	size_t before = b->n;
	bool good = n % 4 != 1;

	for (size_t i = 0; i < n && good; i += 4) {
		char quad[4] = {'=', '=', '=', '='};
		size_t have = n - i < 4 ? n - i : 4;

		memcpy(quad, p + i, have);
		for (size_t k = 0; k < have; k++) {
			good = good && quad[k] != '+' && quad[k] != '/' && quad[k] != '=';
			quad[k] = quad[k] == '-' ? '+' : quad[k] == '_' ? '/' : quad[k];
		}
		good = good && base64_quad(b, quad, (int)(4 - have));
	}
	if (!good)
		b->n = before;
	return good;
}

size_t utf8_decode(const char *text, size_t n, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)text;
	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	size_t len = p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
	if (len == 0 || len > n)
		return 0;
	uint32_t v = p[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (p[i] & 0x3f);
	}
	if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	*cp = v;
	return len;
}

bool utf8_valid(const char *p, size_t n)
{
	size_t i = 0;
	while (i < n) {
		uint64_t word;
		uint32_t cp;
		if (n - i >= sizeof word) {
			memcpy(&word, p + i, sizeof word);
			if (!(word & UINT64_C(0x8080808080808080))) {
				i += sizeof word;
				continue;
			}
		}
		size_t len = utf8_decode(p + i, n - i, &cp);
		if (len == 0)
			return false;
		i += len;
	}
	return true;
}

void utf8_add(struct buf *b, uint32_t cp)
{
	unsigned char *out = (unsigned char *)buf_room(b, 4);
	size_t len = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = len; i-- > 1; cp >>= 6)
		out[i] = (unsigned char)(0x80 | (cp & 0x3f));
	out[0] = (unsigned char)(lead[len] | cp);
	b->n += len;
}

bool text_unsafe(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x061c || cp == 0x200e || cp == 0x200f ||
	       (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff;
}

static void escape_byte(struct buf *b, unsigned char c)
{
	if (c == '\n')
		buf_str(b, "\\n");
	else if (c == '\t')
		buf_str(b, "\\t");
	else
		buf_add(b, (char[]){'\\', 'x', hex_digits[c >> 4], hex_digits[c & 15]}, 4);
}

void text_escape(struct buf *b, const char *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = utf8_decode(p + i, n - i, &cp);
		if (len == 0 || (len == 1 && text_unsafe(cp)))
			escape_byte(b, (unsigned char)p[i]);
		else if (text_unsafe(cp))
			buf_printf(b, "\\u{%04x}", cp);
		else
			buf_add(b, p + i, len);
		i += len ? len : 1;
	}
}
