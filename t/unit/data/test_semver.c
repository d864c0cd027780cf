/* With the argument `pairs` it reads `version TAB range` lines and prints each with in, out or bad behind it. */
#include "unit.h"

#include "data/semver.h"

#include <time.h>

static void bad_version(const char *text, const char *why)
{
	struct semver v;

	if (!CHECK(semver_parse(&v, span_of(text)) != NULL))
		printf("\taccepted: %s\n", text);
	else
		CHECK_STR(semver_parse(&v, span_of(text)), why);
}

static struct semver version(const char *text)
{
	struct semver v;

	if (!CHECK(!semver_parse(&v, span_of(text))))
		printf("\trefused: %s: %s\n", text, semver_parse(&v, span_of(text)));
	return v;
}

static void test_versions(void)
{
	struct semver v = version("1.20.300-alpha.0a.7.-+build.001.-");
	struct buf b = {0};

	CHECK(v.number[0] == 1 && v.number[1] == 20 && v.number[2] == 300);
	CHECK_SPAN(v.pre.p, v.pre.n, "alpha.0a.7.-");
	CHECK_SPAN(v.build.p, v.build.n, "build.001.-");
	v = version("9007199254740991.0.0");
	CHECK(!v.pre.n && !v.build.n);
	version("0.0.0-0"), version("1.0.0--"), version("1.0.0+0"), version("1.2.3-00a");
	bad_version("", "lacks a number"), bad_version("1", "lacks one of its three numbers");
	bad_version("1.2", "lacks one of its three numbers"), bad_version("1.2.", "lacks a number");
	bad_version("v1.2.3", "lacks a number"), bad_version(" 1.2.3", "lacks a number");
	bad_version("1.2.3 ", "has something behind its end"), bad_version("1.2.3\n", "has something behind its end");
	bad_version("1.2.3.4", "has something behind its end"), bad_version("01.2.3", "has a leading zero");
	bad_version("1.2.3-01", "has a leading zero"), bad_version("1.2.3-", "has an empty identifier");
	bad_version("1.2.3-a..b", "has an empty identifier"), bad_version("1.2.3+", "has an empty identifier");
	bad_version("1.2.3-\xc3\xa9", "has an empty identifier"),
		bad_version("1.2.3+a+b", "has something behind its end");
	bad_version("1.9007199254740992.0", "has a number over 2^53-1"), bad_version("-1.0.0", "lacks a number");
	bad_version("99999999999999999999999.0.0", "has a number over 2^53-1"), bad_version("1.x.3", "lacks a number");
	buf_str(&b, "1.2.3-");
	for (int i = 0; i < 250; i++)
		buf_char(&b, 'a');
	version(buf_cstr(&b));
	buf_char(&b, 'a');
	bad_version(buf_cstr(&b), "is longer than 256 bytes");
	CHECK(semver_parse(&v, SPAN("1.2.3\0")));
	buf_free(&b);
}

/* Section 11, and what follows from it; each is less than those behind it. */
static void test_precedence(void)
{
	static const char *const order[] = {
		"0.0.0-0",
		"0.0.0",
		"0.0.1",
		"0.1.0",
		"1.0.0-0",
		"1.0.0-1",
		"1.0.0-2",
		"1.0.0-10",
		"1.0.0-99999999999999999998",
		"1.0.0-99999999999999999999",
		"1.0.0--",
		"1.0.0-A",
		"1.0.0-a",
		"1.0.0-a-b",
		"1.0.0-alpha",
		"1.0.0-alpha.1",
		"1.0.0-alpha.1.0",
		"1.0.0-alpha.beta",
		"1.0.0-beta",
		"1.0.0-beta.2",
		"1.0.0-beta.11",
		"1.0.0-rc.1",
		"1.0.0",
		"1.0.10",
		"1.2.0",
		"1.10.0",
		"2.0.0",
		"10.0.0",
	};
	size_t n = sizeof order / sizeof *order;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n; k++) {
			struct semver a = version(order[i]), b = version(order[k]);
			int c = semver_cmp(&a, &b);

			if (!CHECK((i < k && c < 0) || (i == k && c == 0) || (i > k && c > 0)))
				printf("\t%s against %s: %d\n", order[i], order[k], c);
		}
	}
	struct semver a = version("1.0.0+a"), b = version("1.0.0+b");
	CHECK_INT(semver_cmp(&a, &b), 0);
}

/* `versions`, separated by blanks: those before a `|` satisfy the range, those behind it do not. */
static void range(const char *text, const char *versions)
{
	bool want = true;

	if (!CHECK(!semver_range_bad(span_of(text))))
		printf("\t%s: %s\n", text, semver_range_bad(span_of(text)));
	for (const char *p = versions; *p;) {
		size_t n = strcspn(p, " ");
		struct semver v;

		if (*p == '|')
			want = false;
		else if (!CHECK(!semver_parse(&v, (struct span){p, n}) && semver_satisfies(&v, span_of(text)) == want))
			printf("\t%.*s should %s%s\n", (int)n, p, want ? "satisfy " : "not satisfy ", text);
		p += n + (p[n] == ' ');
	}
}

static void test_ranges(void)
{
	range("1.2.3", "1.2.3 1.2.3+b | 1.2.4 1.2.3-a"), range("=1.2.3", "1.2.3 | 1.2.2");
	range(">=1.0.0,<2.0.0", "1.0.0 1.9.9 | 2.0.0 0.9.9 2.0.0-a"), range(">=1.0.0 <2.0.0", "1.5.0 | 2.0.0");
	range(">= 1.0.0 , < 2.0.0", "1.5.0 | 2.0.0"), range("  >1.0.0\t<=1.2.0  ", "1.0.1 1.2.0 | 1.0.0 1.2.1");
	range("^1.2.3", "1.2.3 1.9.0 | 1.2.2 2.0.0 2.0.0-a 1.3.0-a"), range("^0.2.3", "0.2.3 0.2.9 | 0.3.0");
	range("^0.0.3", "0.0.3 | 0.0.4"), range("^0", "0.9.9 | 1.0.0"), range("^0.0", "0.0.9 | 0.1.0");
	range("^0.x", "0.9.9 | 1.0.0"), range("^ 1", "1.9.0 | 2.0.0"), range("^0.1", "0.1.9 | 0.2.0");
	range("^1.2.3-beta.2", "1.2.3-beta.2 1.2.3-rc 1.3.0 | 1.2.3-beta.1 1.2.4-beta.3 2.0.0-0");
	range("~1.2.3", "1.2.3 1.2.9 | 1.3.0"), range("~1.2", "1.2.0 | 1.3.0"), range("~1", "1.9.0 | 2.0.0");
	range("~0", "0.9.0 | 1.0.0"), range("~ 1.2.3-a", "1.2.3-a 1.2.3 1.2.4 | 1.2.4-a 1.3.0");
	range("1.x", "1.0.0 1.9.9 | 2.0.0 0.9.0"), range("1.2.*", "1.2.9 | 1.3.0"), range("1", "1.9.9 | 2.0.0");
	range("1.2.X+b", "1.2.0 | 1.3.0");
	range("", "0.0.0 9.9.9 | 1.0.0-a"), range("*", "1.0.0 | 1.0.0-a"), range("x.x.x", "1.0.0"),
		range("^x", "3.0.0");
	range(">x", "| 0.0.0 1.0.0 0.0.0-0"), range("<*", "| 0.0.0"), range(">=x", "0.0.0"), range("<=X.x", "9.0.0");
	range(">1.2", "1.3.0 | 1.2.9"), range(">1", "2.0.0 | 1.9.9"), range("<1.2", "1.1.9 | 1.2.0 1.2.0-a");
	range("<=1.2", "1.2.9 | 1.3.0"), range("<=1", "1.9.9 | 2.0.0"), range(">=1.2.x", "1.2.0 | 1.1.9");
	range("1.2.3 - 2.3.4", "1.2.3 2.3.4 | 1.2.2 2.3.5"), range("1.2 - 2.3", "1.2.0 2.3.9 | 2.4.0");
	range("1 - 2", "1.0.0 2.9.9 | 3.0.0 0.9.9"), range("* - 2", "0.0.0 2.0.0 | 3.0.0"),
		range("1 - x", "9.0.0 | 0.1.0");
	range("1.0.0-a - 2.0.0-c", "1.0.0-b 2.0.0-b 1.5.0 | 1.5.0-a 2.0.0");
	range("1.2.3 || 2.x", "1.2.3 2.5.0 | 1.2.4"), range("||", "1.0.0"), range("1||", "1.0.0 3.0.0");
	range("1.0.0-a || *", "1.0.0 | 1.0.0-a"), range("1.0.0-a || 2", "1.0.0-a | 1.0.0");
	range(">=0.0.0 <=0.0.0-b", "0.0.0-a | 0.0.0 0.0.1"), range(">1.0.0-a <1.0.0", "1.0.0-b | 1.0.0 1.0.0-a");
	range("^9007199254740990.0.0", "9007199254740990.1.0 | 9007199254740991.0.0");
}

static void test_bad_ranges(void)
{
	static const char *const bad[] = {
		"v1.2.3",
		"==1.2.3",
		"~>1.2",
		"=> 1",
		"1.x.3",
		"x.1",
		"^x.1",
		"1.x.x-a",
		"1.2.x-a",
		"1.2.3.4",
		"1.2.",
		".1",
		"01.2.3",
		">",
		"=",
		"^",
		"~",
		">=",
		"> <1",
		"1 -2",
		"1 - ",
		"- 1",
		"1 - 2 3",
		"1 2 - 3",
		">1 - 2",
		"1|2",
		"|",
		"1 | 2",
		"a",
		"1.2.3-",
		"1.2.3-a..b",
		"1.2.3+",
		",",
		"1,",
		",1",
		"1,,2",
		"1 , , 2",
		"latest",
		"1.2.3\n",
		"\v1",
		"<1 > ",
		"9007199254740992",
		"^9007199254740991",
		"<=1.9007199254740991",
		"!1",
		"1.2.3 - 2.3.4 || a",
		">=1<2",
	};
	struct semver v = version("1.2.3");

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (!CHECK(semver_range_bad(span_of(bad[i])) && !semver_satisfies(&v, span_of(bad[i]))))
			printf("\taccepted: %s\n", bad[i]);
	CHECK_STR(semver_range_bad(SPAN("1,")), "has a comma with nothing behind it");
	CHECK_STR(semver_range_bad(SPAN("1.x.3")), "has a number behind a wildcard");
	CHECK(semver_range_bad(SPAN("1\0")));
}

static void test_linear(void)
{
	static const char *const pieces[] = {"||", "1 ", "1.2.3-a.b.c || ", "^ 1 ", " ", "x - x||", "1.2.3-", "<"};
	struct semver v = version("1.2.3");
	clock_t before = clock();

	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct buf b = {0};

		while (b.n < 1 << 20)
			buf_str(&b, pieces[i]);
		semver_satisfies(&v, buf_span(&b));
		buf_free(&b);
	}
	CHECK((double)(clock() - before) / CLOCKS_PER_SEC < 5);
}

static int pairs(void)
{
	char line[4096];

	while (fgets(line, sizeof line, stdin)) {
		size_t n = strcspn(line, "\n"), tab = strcspn(line, "\t");
		struct span text = {line, tab}, allowed = {line + tab + 1, n - tab - 1};
		struct semver v;
		const char *said = "bad";

		if (tab < n && !semver_parse(&v, text) && !semver_range_bad(allowed))
			said = semver_satisfies(&v, allowed) ? "in" : "out";
		printf("%.*s\t%s\n", (int)n, line, said);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "pairs") == 0)
		return pairs();
	test_versions();
	test_precedence();
	test_ranges();
	test_bad_ranges();
	test_linear();
	return unit_done();
}
