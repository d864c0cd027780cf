#include "base/text.h"

#include "view/cell.h"

/* What takes no column, and what takes two (Unicode 15, the ranges in use; a wrong guess costs alignment, nothing
 * else). */
static const struct range {
	uint32_t first, last;
} none[] = {
	{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f}, {0x06d6, 0x06dc},
	{0x0900, 0x0902}, {0x093c, 0x093c}, {0x0941, 0x0948}, {0x094d, 0x094d}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a},
	{0x0e47, 0x0e4e}, {0x1160, 0x11ff}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200d}, {0x2060, 0x2064},
	{0x20d0, 0x20ff}, {0x302a, 0x302d}, {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0x1f3fb, 0x1f3ff},
	{0xe0000, 0xe0fff},
}, two[] = {
	{0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec}, {0x2614, 0x2615}, {0x26a1, 0x26a1},
	{0x2705, 0x2705}, {0x274c, 0x274c}, {0x2753, 0x2757}, {0x2e80, 0x303e}, {0x3041, 0x33ff}, {0x3400, 0x4dbf},
	{0x4e00, 0x9fff}, {0xa000, 0xa4cf}, {0xa960, 0xa97f}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
	{0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x17000, 0x18cff}, {0x1b000, 0x1b2ff}, {0x1f300, 0x1f64f},
	{0x1f680, 0x1f6ff}, {0x1f7e0, 0x1f7eb}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd},
};

static bool within(const struct range *r, size_t n, uint32_t cp)
{
	size_t low = 0;

	while (n > low) {
		size_t mid = low + (n - low) / 2;

		if (cp > r[mid].last)
			low = mid + 1;
		else if (cp < r[mid].first)
			n = mid;
		else
			return true;
	}
	return false;
}

static unsigned columns_of(uint32_t cp)
{
	if (cp < 0x300)
		return 1;
	if (within(none, sizeof none / sizeof *none, cp))
		return 0;
	return within(two, sizeof two / sizeof *two, cp) ? 2 : 1;
}

size_t text_width(struct span text)
{
	size_t width = 0, len;
	uint32_t cp;

	for (size_t i = 0; i < text.n; i += len ? len : 1) {
		len = utf8_decode(text.p + i, text.n - i, &cp);
		width += len ? columns_of(cp) : 1;
	}
	return width;
}

/* Marks heaped on one letter take no column but paint over the lines around it. */
static size_t bytes_for(size_t width)
{
	return 8 * width + 32;
}

/* How many bytes of the text's start fit. */
static size_t fit_start(struct span text, size_t width)
{
	size_t i = 0, len, bytes = bytes_for(width);
	uint32_t cp;

	while (i < text.n) {
		len = utf8_decode(text.p + i, text.n - i, &cp);
		unsigned w = len ? columns_of(cp) : 1;
		if (w > width || i + len > bytes)
			break;
		width -= w;
		i += len ? len : 1;
	}
	return i;
}

/* Where the longest end that fits starts. */
static size_t fit_end(struct span text, size_t width)
{
	size_t start = text.n, bytes = bytes_for(width);
	uint32_t cp;

	while (start > 0) {
		size_t i = start - 1;
		while (i > 0 && start - i < 4 && ((unsigned char)text.p[i] & 0xc0) == 0x80)
			i--;
		size_t len = utf8_decode(text.p + i, text.n - i, &cp);
		unsigned w = len ? columns_of(cp) : 1;
		if (w > width || text.n - i > bytes)
			break;
		width -= w;
		start = i;
	}
	return start;
}

void text_fit(struct buf *b, struct span text, size_t width, enum text_keep keep)
{
	if (!width || (text.n <= bytes_for(width) && text_width(text) <= width)) {
		buf_span_add(b, text);
		return;
	}
	if (keep == KEEP_START)
		buf_add(b, text.p, fit_start(text, width - 1));
	buf_str(b, "…");
	if (keep == KEEP_END) {
		size_t start = fit_end(text, width - 1);
		buf_add(b, text.p + start, text.n - start);
	}
}

void text_quote(struct buf *b, struct span text)
{
	size_t len;
	uint32_t cp;

	buf_char(b, '"');
	for (size_t i = 0; i < text.n; i += len ? len : 1) {
		len = utf8_decode(text.p + i, text.n - i, &cp);
		if (len == 0)
			buf_printf(b, "\\\\x%02x", (unsigned char)text.p[i]);
		else if (text_unsafe(cp) || cp == 0xfffe || cp == 0xffff) /* the latter two YAML readers refuse */
			buf_printf(b, "\\u%04x", cp);
		else if (cp == '"' || cp == '\\')
			buf_add(b, (char[]){'\\', (char)cp}, 2);
		else
			buf_add(b, text.p + i, len);
	}
	buf_char(b, '"');
}
