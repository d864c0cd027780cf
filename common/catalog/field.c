#include "catalog/field.h"

#include "base/num.h"
#include "base/text.h"
#include "catalog/license.h"
#include "catalog/list.h"
#include "data/relpath.h"
#include "data/semver.h"
#include "record/record.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_of(struct span s, const char *first, const char *others)
{
	if (s.n == 0 || !s.p[0] || !strchr(first, s.p[0]))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!s.p[i] || !strchr(others, s.p[i]))
			return false;
	return true;
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static const char *text(struct span s)
{
	for (size_t i = 0, n; i < s.n; i += n) {
		uint32_t cp;

		n = utf8_decode(s.p + i, s.n - i, &cp);
		if (n == 0 || text_unsafe(cp))
			return "holds a control character";
	}
	return NULL;
}

static const char *one_of(struct span s, const char *const *words, const char *why)
{
	for (; words && *words; words++)
		if (span_is(s, *words))
			return NULL;
	return why;
}

struct span field_hex(struct span s)
{
	if (s.n == RECORD_HASH_LEN && memcmp(s.p, "sha256:", 7) == 0)
		s = (struct span){s.p + 7, s.n - 7};
	if (s.n != RECORD_HASH_LEN - 7)
		return (struct span){s.p, 0};
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]) && (s.p[i] < 'a' || s.p[i] > 'f'))
			return (struct span){s.p, 0};
	return s;
}

static const char *artifact(struct span s)
{
	if (s.n && s.p[0] == '/')
		s = (struct span){s.p + 1, s.n - 1};
	if (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	return relpath_bad(s);
}

/* Digits of a fixed width within low..high, then the byte `behind` unless that is 0; -1 when they are not. */
static int part(struct span *s, size_t width, int low, int high, char behind)
{
	int v = 0;
	size_t n = width + (behind != 0);

	if (s->n < n || (behind && s->p[width] != behind))
		return -1;
	for (size_t i = 0; i < width; i++) {
		if (!is_digit(s->p[i]))
			return -1;
		v = 10 * v + s->p[i] - '0';
	}
	*s = (struct span){s->p + n, s->n - n};
	return v < low || v > high ? -1 : v;
}

static bool offset(struct span s)
{
	if (span_is(s, "Z"))
		return true;
	if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-'))
		return false;
	s = (struct span){s.p + 1, 5};
	return part(&s, 2, 0, 23, ':') >= 0 && part(&s, 2, 0, 59, 0) >= 0;
}

bool field_time(struct span s)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = part(&s, 4, 0, 9999, '-'), month = part(&s, 2, 1, 12, '-'), day = part(&s, 2, 1, 31, 0);
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (year < 0 || month < 1 || day < 1)
		return false;
	if (day > days[month - 1] + (month == 2 && leap))
		return false;
	if (s.n == 0)
		return true;
	if (s.p[0] != 'T')
		return false;
	s = (struct span){s.p + 1, s.n - 1};
	if (part(&s, 2, 0, 23, ':') < 0 || part(&s, 2, 0, 59, ':') < 0 || part(&s, 2, 0, 60, 0) < 0)
		return false;
	if (s.n > 1 && s.p[0] == '.' && is_digit(s.p[1]))
		for (s = (struct span){s.p + 1, s.n - 1}; s.n && is_digit(s.p[0]);)
			s = (struct span){s.p + 1, s.n - 1};
	return offset(s);
}

static const char *word(enum catalogue_rule rule, struct span s)
{
	static const char *const status[] = {"proposed", "draft", "validated", "active", "superseded", "deprecated",
					     "retired", "archived", "yanked", NULL};
	static const char *const state[] = {"installed", "uninstalled", NULL};
	static const char *const yesno[] = {"yes", "no", NULL};
	static const char *const priority[] = {"P0", "P1", "P2", "P3", NULL};
	static const char *const source[] = {"git", "pypi", "tar", "oci", "local", NULL};
	static const char *const platform[] = {"any", "linux", "darwin", NULL};
	static const char *const arch[] = {"any", "x86_64", "arm64", NULL};
	static const char *const output[] = {"extension", "module", "external", NULL};
	static const char *const plane[] = {"ho3", "ho2", "ho1", NULL};
	static const struct { const char *const *words, *why; } lists[] = {
		[RULE_STATUS] = {status, "is none of proposed, draft, validated, active, superseded, deprecated, "
					 "retired, archived, yanked"},
		[RULE_STATE] = {state, "is none of installed, uninstalled"},
		[RULE_YESNO] = {yesno, "is none of yes, no"},
		[RULE_PRIORITY] = {priority, "is none of P0, P1, P2, P3"},
		[RULE_SOURCE_TYPE] = {source, "is none of git, pypi, tar, oci, local"},
		[RULE_PLATFORM] = {platform, "is none of any, linux, darwin"},
		[RULE_ARCH] = {arch, "is none of any, x86_64, arm64"},
		[RULE_OUTPUT] = {output, "is none of extension, module, external"},
		[RULE_PLANE] = {plane, "is none of ho3, ho2, ho1"},
	};

	return one_of(s, lists[rule].words, lists[rule].why);
}

static const char *id(enum catalogue_rule rule, struct span s)
{
	static const char prompt[] = "PRM-";

	switch (rule) {
	case RULE_PACKAGE:
		return ident_is(IDENT_PACKAGE, s) ? NULL : "is not PKG- and then A-Z, 0-9 or -";
	case RULE_FRAMEWORK:
		return ident_is(IDENT_FRAMEWORK, s) ? NULL : "is not FMWK- and then A-Z, 0-9 or -";
	case RULE_SPEC:
		return ident_is(IDENT_SPEC, s) ? NULL : "is not SPEC- and then A-Z, 0-9 or -";
	case RULE_PROMPT:
		if (s.n < sizeof prompt || memcmp(s.p, prompt, sizeof prompt - 1) != 0)
			return "is not PRM- and then A-Z, 0-9 or -";
		/* fall through */
	default:
		return is_of(s, UPPER, UPPER DIGIT "-") && s.n <= IDENT_MAX ? NULL : "is not of A-Z, 0-9 and -";
	}
}

/* What is neither a choice of words nor an id. */
static const char *shape(enum catalogue_rule rule, struct span s)
{
	struct semver version;
	uint64_t count;

	switch (rule) {
	case RULE_WORD:
		return is_of(s, LOWER, LOWER DIGIT "_-") ? NULL : "is not of a-z, 0-9, _ and -";
	case RULE_VERSION:
		return semver_parse(&version, s) ? "is not a version as semver has it" : NULL;
	case RULE_LICENSE:
		return license_is(s) ? NULL : "is not of the shape of an SPDX license";
	case RULE_TIME:
		return field_time(s) ? NULL : "is neither a day nor a time of RFC 3339";
	case RULE_COUNT:
		return num_u64(s.p, s.n, NUM_MAX_SAFE, &count) ? NULL : "is not a number";
	case RULE_HEX:
		return field_hex(s).n ? NULL : "is not 64 lower-case hex digits";
	case RULE_HASH:
		return record_hash_ok(s) ? NULL : "is not sha256: and 64 lower-case hex digits";
	case RULE_ARTIFACT:
		return artifact(s);
	case RULE_OWNED:
		return relpath_bad(s);
	case RULE_IDS:
	case RULE_PACKAGES:
		return list_bad(s, rule == RULE_PACKAGES);
	default:
		return text(s);
	}
}

const char *field_bad(const struct catalogue_column *c, struct span s)
{
	if (c->rule == RULE_ANY)
		return NULL;
	if (s.n == 0)
		return c->filled == MUST ? "is empty" : NULL;
	if (c->rule >= RULE_STATUS && c->rule <= RULE_PLANE)
		return word(c->rule, s);
	if (c->rule >= RULE_ID && c->rule <= RULE_PROMPT)
		return id(c->rule, s);
	return shape(c->rule, s);
}

void field_quote(struct buf *b, struct span s)
{
	size_t n = s.n;

	if (n > IDENT_MAX)
		for (n = IDENT_MAX; n && ((unsigned char)s.p[n] & 0xc0) == 0x80;)
			n--;
	text_escape(b, s.p, n);
	buf_str(b, n < s.n ? "..." : "");
}
