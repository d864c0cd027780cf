/* ECMAScript patterns through PCRE2: what both understand alike is handed over, what they read differently is
 * rewritten, what only PCRE2 knows (inline options, verbs, possessive quantifiers, \K, POSIX classes) is refused. */
#include "schema/internal.h"

#include "base/text.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	USED_OFTEN = 64,
	MATCH_STEPS = 1000000,
	MATCH_STEPS_PER_BYTE = 32,
	MATCH_DEPTH = 1000000,
	MATCH_HEAP_KIB = 64 << 10
};

struct regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	unsigned used; /* compiled to machine code once it was used often enough to be worth it */
	struct regex *next;
};

struct translator {
	const char *p, *end;
	struct buf out;
	const char *why;
	bool in_class;
};

/* White space of ECMAScript, and everything else. */
#define SPACES "\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
#define NO_SPACES "\\x{0}-\\x{8}\\x{e}-\\x{1f}!-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}" \
	"\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

static bool refuse(struct translator *t, const char *why)
{
	t->why = why;
	return false;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static char peek(const struct translator *t, size_t ahead)
{
	return (size_t)(t->end - t->p) > ahead ? t->p[ahead] : 0;
}

/* `min` to `max` hex digits. */
static bool hex(struct translator *t, int min, int max, uint32_t *out)
{
	int n = 0;

	for (*out = 0; n < max; n++, t->p++) {
		char c = peek(t, 0);
		const char *digits = "0123456789abcdef", *d = c ? strchr(digits, c | (is_letter(c) ? 32 : 0)) : NULL;

		if (!d)
			break;
		*out = *out * 16 + (uint32_t)(d - digits);
	}
	return n >= min || refuse(t, "bad \\x or \\u escape");
}

static bool code_point(struct translator *t, uint32_t cp)
{
	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return refuse(t, "escape of what is no character");
	buf_printf(&t->out, "\\x{%x}", (unsigned)cp);
	return true;
}

/* Behind \u. */
static bool unicode_escape(struct translator *t)
{
	uint32_t cp, low;

	if (peek(t, 0) == '{') {
		t->p++;
		if (!hex(t, 1, 6, &cp))
			return false;
		return *t->p++ == '}' ? code_point(t, cp) : refuse(t, "bad \\u escape");
	}
	if (!hex(t, 4, 4, &cp))
		return false;
	if (cp >= 0xd800 && cp <= 0xdbff && peek(t, 0) == '\\' && peek(t, 1) == 'u') {
		t->p += 2;
		if (!hex(t, 4, 4, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return refuse(t, "escape of what is no character");
		cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
	}
	return code_point(t, cp);
}

/* General categories by the long names ECMAScript has for them. */
static const char *const categories[][2] = {
	{"Letter", "L"}, {"Cased_Letter", "L&"}, {"Uppercase_Letter", "Lu"}, {"Lowercase_Letter", "Ll"},
	{"Titlecase_Letter", "Lt"}, {"Modifier_Letter", "Lm"}, {"Other_Letter", "Lo"}, {"LC", "L&"},
	{"Mark", "M"}, {"Combining_Mark", "M"}, {"Nonspacing_Mark", "Mn"}, {"Spacing_Mark", "Mc"},
	{"Enclosing_Mark", "Me"}, {"Number", "N"}, {"Decimal_Number", "Nd"}, {"digit", "Nd"}, {"Letter_Number", "Nl"},
	{"Other_Number", "No"}, {"Punctuation", "P"}, {"punct", "P"}, {"Connector_Punctuation", "Pc"},
	{"Dash_Punctuation", "Pd"}, {"Open_Punctuation", "Ps"}, {"Close_Punctuation", "Pe"},
	{"Initial_Punctuation", "Pi"}, {"Final_Punctuation", "Pf"}, {"Other_Punctuation", "Po"}, {"Symbol", "S"},
	{"Math_Symbol", "Sm"}, {"Currency_Symbol", "Sc"}, {"Modifier_Symbol", "Sk"}, {"Other_Symbol", "So"},
	{"Separator", "Z"}, {"Space_Separator", "Zs"}, {"Line_Separator", "Zl"}, {"Paragraph_Separator", "Zp"},
	{"Other", "C"}, {"Control", "Cc"}, {"cntrl", "Cc"}, {"Format", "Cf"}, {"Private_Use", "Co"},
	{"Unassigned", "Cn"},
};

/* Behind \p or \P. */
static bool property(struct translator *t, char letter)
{
	const char *brace = memchr(t->p, '}', (size_t)(t->end - t->p));
	struct span name;

	if (peek(t, 0) != '{' || !brace)
		return refuse(t, "bad \\p escape");
	name = (struct span){t->p + 1, (size_t)(brace - t->p) - 1};
	t->p = brace + 1;
	for (size_t i = 0; i < name.n; i++)
		if (!is_letter(name.p[i]) && !is_digit(name.p[i]) && name.p[i] != '_' && name.p[i] != '=')
			return refuse(t, "bad \\p escape");
	if (name.n > 17 && memcmp(name.p, "General_Category=", 17) == 0)
		name = (struct span){name.p + 17, name.n - 17};
	else if (name.n > 3 && memcmp(name.p, "gc=", 3) == 0)
		name = (struct span){name.p + 3, name.n - 3};
	for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
		if (span_is(name, categories[i][0]))
			name = span_of(categories[i][1]);
	buf_printf(&t->out, "\\%c{", letter);
	buf_span_add(&t->out, name);
	buf_char(&t->out, '}');
	return true;
}

/* A class inside a class cannot end a range. */
static bool set(struct translator *t, const char *inside, const char *outside)
{
	if (!t->in_class) {
		buf_str(&t->out, outside);
		return true;
	}
	if (t->out.p[t->out.n - 1] == '-' && t->out.p[t->out.n - 2] != '[' && t->out.p[t->out.n - 2] != '\\')
		return refuse(t, "range that ends in a class");
	if (peek(t, 0) == '-' && peek(t, 1) && peek(t, 1) != ']')
		return refuse(t, "range that starts with a class");
	buf_str(&t->out, inside);
	return true;
}

static bool escaped_letter(struct translator *t, char c)
{
	uint32_t v;
	const char same[] = {'\\', c, 0};

	switch (c) {
	case 'd': case 'D': case 'w': case 'W':
		return set(t, same, same);
	case 's':
		return set(t, SPACES, "[" SPACES "]");
	case 'S':
		return set(t, NO_SPACES, "[" NO_SPACES "]");
	case 'p': case 'P':
		return set(t, "", "") && property(t, c);
	case 'f': case 'n': case 'r': case 't': case 'b':
		buf_str(&t->out, same);
		return true;
	case 'v':
		buf_str(&t->out, "\\x{b}");
		return true;
	case 'x':
		return hex(t, 2, 2, &v) && code_point(t, v);
	case 'u':
		return unicode_escape(t);
	case 'c':
		if (!is_letter(peek(t, 0)))
			return refuse(t, "bad \\c escape");
		return code_point(t, (uint32_t)*t->p++ & 31);
	case 'B': case 'k':
		if (t->in_class || (c == 'k' && peek(t, 0) != '<'))
			return refuse(t, "unknown escape");
		buf_str(&t->out, same);
		return true;
	default:
		return refuse(t, "unknown escape");
	}
}

/* t->p stands behind a backslash. */
static bool escape(struct translator *t)
{
	char c = peek(t, 0);

	if (t->p == t->end || (unsigned char)c >= 0x80 || (unsigned char)c < 0x20)
		return refuse(t, "unknown escape");
	t->p++;
	if (is_letter(c))
		return escaped_letter(t, c);
	if (c == '0')
		return is_digit(peek(t, 0)) ? refuse(t, "octal escape") : code_point(t, 0);
	if (is_digit(c) && t->in_class)
		return refuse(t, "back reference in a class");
	buf_char(&t->out, '\\');
	buf_char(&t->out, c);
	while (is_digit(c) && is_digit(peek(t, 0)))
		buf_char(&t->out, *t->p++);
	return true;
}

/* t->p stands behind `[`. */
static bool class(struct translator *t)
{
	t->in_class = true;
	buf_char(&t->out, '[');
	if (peek(t, 0) == '^')
		buf_char(&t->out, *t->p++);
	while (t->p < t->end && *t->p != ']') {
		char c = *t->p++;

		if (c == '\\') {
			if (!escape(t))
				return false;
			continue;
		}
		if (c == '[')
			buf_char(&t->out, '\\');
		buf_char(&t->out, c);
	}
	if (t->p == t->end)
		return refuse(t, "class without an end");
	buf_char(&t->out, *t->p++);
	t->in_class = false;
	return true;
}

/* t->p stands behind `(`. */
static bool group(struct translator *t)
{
	bool behind = peek(t, 1) == '<' && (peek(t, 2) == '=' || peek(t, 2) == '!');

	buf_char(&t->out, '(');
	if (peek(t, 0) == '*')
		return refuse(t, "nothing to repeat");
	if (peek(t, 0) != '?')
		return true;
	if (!behind && !(peek(t, 1) == '<' && (is_letter(peek(t, 2)) || peek(t, 2) == '_')) &&
	    (!peek(t, 1) || !strchr(":=!", peek(t, 1))))
		return refuse(t, "unknown kind of group");
	buf_add(&t->out, t->p, behind ? 3 : 2);
	t->p += behind ? 3 : 2;
	return true;
}

/* `{2}`, `{2,}`, `{2,3}` at t->p (on the brace): its length; else 0. */
static size_t braces(const struct translator *t)
{
	size_t n = 1;

	while (is_digit(peek(t, n)))
		n++;
	if (n == 1)
		return 0;
	if (peek(t, n) == ',')
		n++;
	while (is_digit(peek(t, n)))
		n++;
	return peek(t, n) == '}' ? n + 1 : 0;
}

/* t->p stands on one of `*+?{`. */
static bool quantifier(struct translator *t)
{
	size_t n = *t->p == '{' ? braces(t) : 1;

	if (!n)
		return refuse(t, "lone brace");
	buf_add(&t->out, t->p, n);
	t->p += n;
	if (peek(t, 0) == '?')
		buf_char(&t->out, *t->p++);
	if (peek(t, 0) && strchr("+*?", peek(t, 0)))
		return refuse(t, "nothing to repeat");
	return true;
}

static bool translate(struct translator *t)
{
	while (t->p < t->end) {
		char c = *t->p;

		if (c && strchr("*+?{", c)) {
			if (!quantifier(t))
				return false;
			continue;
		}
		t->p++;
		switch (c) {
		case '\\':
			if (!escape(t))
				return false;
			break;
		case '[':
			if (!class(t))
				return false;
			break;
		case '(':
			if (!group(t))
				return false;
			break;
		case '.':
			buf_str(&t->out, "[^\\n\\r\\x{2028}\\x{2029}]");
			break;
		default:
			buf_char(&t->out, c);
		}
	}
	return true;
}

struct regex *regex_new(struct regex **list, struct span pattern, const char **why)
{
	static char message[160];
	struct translator t = {.p = pattern.p, .end = pattern.p + pattern.n};
	struct regex *r = NULL;
	PCRE2_SIZE offset;
	int code;

	if (!translate(&t)) {
		*why = t.why;
		buf_free(&t.out);
		return NULL;
	}
	r = xcalloc(1, sizeof *r);
	r->next = *list;
	*list = r;
	r->code = pcre2_compile((PCRE2_SPTR)buf_cstr(&t.out), t.out.n, PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C |
				PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF |
				PCRE2_NO_UTF_CHECK, &code, &offset, NULL);
	buf_free(&t.out);
	if (!r->code) {
		pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message);
		*why = message;
		return NULL;
	}
	r->data = pcre2_match_data_create(1, NULL);
	r->limits = pcre2_match_context_create(NULL);
	if (!r->data || !r->limits)
		abort();
	pcre2_set_depth_limit(r->limits, MATCH_DEPTH);
	pcre2_set_heap_limit(r->limits, MATCH_HEAP_KIB);
	return r;
}

static int search(const struct regex *r, struct span subject, uint32_t options)
{
	return pcre2_match(r->code, (PCRE2_SPTR)(subject.n ? subject.p : ""), subject.n, 0,
			   PCRE2_NO_UTF_CHECK | options, r->data, r->limits);
}

enum regex_result regex_search(struct regex *r, struct span subject)
{
	uint64_t steps = MATCH_STEPS + (uint64_t)subject.n * MATCH_STEPS_PER_BYTE;
	int got;

	if (++r->used == USED_OFTEN)
		pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
	pcre2_set_match_limit(r->limits, steps < UINT32_MAX ? (uint32_t)steps : UINT32_MAX);
	got = search(r, subject, 0);
	if (got == PCRE2_ERROR_JIT_STACKLIMIT)
		got = search(r, subject, PCRE2_NO_JIT);
	if (got >= 0)
		return REGEX_MATCH;
	return got == PCRE2_ERROR_NOMATCH ? REGEX_NO_MATCH : REGEX_LIMIT;
}

void regex_free_all(struct regex *r)
{
	while (r) {
		struct regex *next = r->next;

		pcre2_match_data_free(r->data);
		pcre2_match_context_free(r->limits);
		pcre2_code_free(r->code);
		free(r);
		r = next;
	}
}
