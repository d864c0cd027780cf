/* With the argument `pairs` it answers for others. */
#include "data/glob.h"
#include "unit.h"

#include <time.h>

static void yes(const char *pattern, const char *path)
{
	if (!CHECK(!glob_bad(span_of(pattern)) && glob_match(span_of(pattern), span_of(path))))
		printf("\t%s should match %s\n", pattern, path);
}

static void no(const char *pattern, const char *path)
{
	if (!CHECK(!glob_bad(span_of(pattern)) && !glob_match(span_of(pattern), span_of(path))))
		printf("\t%s should not match %s\n", pattern, path);
}

static void test_match(void)
{
	yes("a", "a"), no("a", "A"), no("a", "ab"), no("a", "a/b"), no("a/b", "a");
	yes("*", "a"), yes("*", ".a"), no("*", "a/b"), yes("*/*", "a/b"), no("*", "");
	yes("*.c", ".c"), yes("*.c", "x.c.c"), no("*.c", "x.h"), yes("a*b*c", "aXbXbc"), no("a*b*c", "aXbX");
	yes("?", "\xff"), yes("?", "\xc3\xa9"), no("??", "\xc3\xa9"),
		yes("??", "\xc3\xff"), no("a?b", "a/b"), no("?", "");
	yes("**", "a"), yes("**", "a/b/c"), no("a/**", "a"), yes("a/**", "a/b/c"),
		no("a/**/**", "a"), no("a/**", "ab"), no("a/**", "b/a");
	yes("**/a", "a"), yes("**/a", "x/y/a"), no("**/a", "x/ya"), yes("**/x/**/y", "x/y"),
		yes("**/x/**/y", "x/x/q/y");
	yes("a/**/b/**/c", "a/b/b/c"), no("a/**/b/**/c", "a/c/b"), yes("**/**", "a"), yes("**/*.c", "d/e/x.c");
	yes("[a-c]x", "bx"), no("[a-c]x", "dx"), yes("[!a-c]x", "dx"), no("[!a-c]x", "ax"), no("a[!x]b", "a/b");
	yes("[]a]", "]"), yes("[!]a]", "b"), no("[!]a]", "]"), yes("[a-]", "-"), yes("[-a]", "-"), yes("[\\]]", "]");
	yes("[\\\\]", "\\"), yes("[\x80-\xff]", "\xe9"), yes("[a^]", "^"),
		yes("[\\^a]", "^"), yes("[!\\^]", "a"), yes("[a-a]", "a"), yes("[\\a-\\c]", "b"),
		yes("[*]", "*");
	yes("[\xc3\xa9]", "\xc3\xa9"), no("[\xc3\xa9]", "\xc3"), yes("[\xc3\xa0-\xc3\xaf]x", "\xc3\xa9x"),
		no("[!\xc3\xa9]", "\xc3\xa9");
	no("*[\xa9]", "\xc3\xa9"), yes("*[\xa9]", "x\xa9"), no("*\xa9", "\xc3\xa9"), yes("*?", "\xf0\x9f\x98\x80"),
		no("*??", "\xf0\x9f\x98\x80"), yes("[[]", "["), yes("[a[]", "[");
	yes("\\*", "*"), no("\\*", "x"), yes("\\[a]", "[a]"), yes("\\\\", "\\"), yes("a\nb", "a\nb"),
		yes("*[0-9]", "a1b2");
}

static void test_bad(void)
{
	static const char *const bad[] = {"", "/", "/a", "a/", "a//b", ".", "..", "a/./b", "../a", "[", "a[", "[]",
					  "[!]", "[!", "[a", "[a-", "[\\", "[b-a]", "[a/b]", "[+-0]x[.-/]", "a\\",
					  "a\\/b", "a**", "**a", "a/b**/c", "***", "[a-\\", "[^a]", "[!^a]",
					  "[[:alpha:]]", "[a[.x.]]", "[[=a=]]"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (!CHECK(glob_bad(span_of(bad[i]))))
			printf("\taccepted: %s\n", bad[i]);
		glob_match(span_of(bad[i]), SPAN("a/b")); /* must come back, whatever it says */
		glob_match(span_of(bad[i]), SPAN(""));
	}
	CHECK_STR(glob_bad(SPAN("[b-a]")), "has a range that runs backwards");
	CHECK_STR(glob_bad(SPAN("[a")), "has a set without its ]");
	CHECK(glob_bad(SPAN("a\0b")));
}

/* The definition, with no thought for time. `start`: p begins a component. */
static bool naive(const char *p, const char *s, bool start)
{
	if (start && p[0] == '*' && p[1] == '*' && (!p[2] || p[2] == '/')) {
		if (!p[2])
			return *s != '\0';
		if (naive(p + 3, s, true))
			return true;
		const char *slash = strchr(s, '/');
		return slash && naive(p, slash + 1, true);
	}
	if (p[0] == '/' && *s == '\0' && strncmp(p, "/**/", 4) == 0)
		return naive(p + 3, s, false);
	if (*p == '*')
		return naive(p + 1, s, false) || (*s && *s != '/' && naive(p, s + 1, false));
	if (!*p || !*s)
		return !*p && !*s;
	if (*p == '?' ? *s == '/' : *p != *s)
		return false;
	return naive(p + 1, s + 1, *p == '/');
}

/* The n-th text over the alphabet, shortest first. */
static void nth(unsigned n, const char *alphabet, char *out)
{
	unsigned base = (unsigned)strlen(alphabet);
	for (; n > 0; n = (n - 1) / base)
		*out++ = alphabet[(n - 1) % base];
	*out = '\0';
}

static void test_exhaustively(void)
{
	unsigned wrong = 0, compared = 0;
	for (unsigned i = 1; i < 19531; i++) {
		char pattern[16], path[16];
		nth(i, "a*/?b", pattern);
		if (glob_bad(span_of(pattern)))
			continue;
		for (unsigned k = 1; k < 364; k++) {
			nth(k, "ab/", path);
			if (path[0] == '/' || path[strlen(path) - 1] == '/' || strstr(path, "//"))
				continue;
			compared++;
			if (naive(pattern, path, true) != glob_match(span_of(pattern), span_of(path)) && wrong++ < 10)
				printf("\t%s against %s\n", pattern, path);
		}
	}
	CHECK(compared > 100000);
	CHECK_INT(wrong, 0);
}

/* Patterns that take a backtracking matcher longer than the age of the world. */
static void test_bounded(void)
{
	struct buf stars = {0}, deep = {0}, path = {0}, tree = {0};
	for (int i = 0; i < 500; i++) {
		buf_str(&stars, "*a");
		buf_str(&deep, "**/a*/");
		buf_str(&path, "aaaa");
		buf_str(&tree, "a/a/a/a/");
	}
	buf_char(&stars, 'b');
	buf_str(&deep, "b");
	buf_str(&tree, "a");
	clock_t before = clock();
	CHECK(!glob_match(buf_span(&stars), buf_span(&path)));
	CHECK(!glob_match(buf_span(&deep), buf_span(&tree)));
	stars.n--;
	deep.n -= 2;
	CHECK(glob_match(buf_span(&stars), buf_span(&path)));
	CHECK(glob_match(buf_span(&deep), buf_span(&tree)));
	CHECK((double)(clock() - before) / CLOCKS_PER_SEC < 5);
	buf_free(&stars);
	buf_free(&deep);
	buf_free(&path);
	buf_free(&tree);
}

/* `pattern TAB path` lines; each comes back with yes, no or bad behind it. */
static int pairs(void)
{
	char line[4096];

	while (fgets(line, sizeof line, stdin)) {
		size_t n = strcspn(line, "\n"), tab = strcspn(line, "\t");
		struct span pattern = {line, tab}, path = {line + tab + 1, n - tab - 1};

		printf("%.*s\t%s\n", (int)n, line,
		       glob_bad(pattern)           ? "bad" :
		       glob_match(pattern, path) ? "yes" :
						   "no");
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "pairs") == 0)
		return pairs();
	test_match();
	test_bad();
	test_exhaustively();
	test_bounded();
	return unit_done();
}
