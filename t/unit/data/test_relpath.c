#include "data/relpath.h"
#include "unit.h"

static void test_bad(void)
{
	static char name[300], longest[RELPATH_MAX + 3];
	memset(name, 'n', sizeof name);
	for (size_t i = 0; i < sizeof longest; i++)
		longest[i] = i % 2 ? '/' : 'p';
	CHECK_STR(relpath_bad(SPAN("")), "is empty");
	CHECK_STR(relpath_bad(SPAN("/a")), "is absolute");
	CHECK_STR(relpath_bad(SPAN("/")), "is absolute");
	CHECK_STR(relpath_bad(SPAN("a/")), "ends in /");
	CHECK_STR(relpath_bad(SPAN("a//b")), "has an empty component");
	CHECK_STR(relpath_bad(SPAN(".")), "has a . component");
	CHECK_STR(relpath_bad(SPAN("./a")), "has a . component");
	CHECK_STR(relpath_bad(SPAN("a/.")), "has a . component");
	CHECK_STR(relpath_bad(SPAN("..")), "has a .. component");
	CHECK_STR(relpath_bad(SPAN("a/../b")), "has a .. component");
	CHECK_STR(relpath_bad(SPAN("a/..")), "has a .. component");
	CHECK_STR(relpath_bad(SPAN("a\0b")), "holds a NUL");
	CHECK_STR(relpath_bad((struct span){name, 256}), "has a component over 255 bytes");
	CHECK_STR(relpath_bad((struct span){longest, RELPATH_MAX + 2}), "is over 65535 bytes");
	CHECK(!relpath_bad((struct span){longest, RELPATH_MAX}));
	CHECK(!relpath_bad((struct span){name, 255}));
	CHECK(!relpath_bad(SPAN("a")) && !relpath_bad(SPAN("...")) && !relpath_bad(SPAN(".a/..b/c..")));
	CHECK(!relpath_bad(SPAN("new\nline/\x1b\xff\\\"")));
}

static void test_order(void)
{
	/* In this order, and no other. */
	static const struct { struct span path; bool dir; } list[] = {
		{SPAN("a"), false}, {SPAN("a\n"), false}, {SPAN("a-b"), false}, {SPAN("a-b"), true},
		{SPAN("a.c"), false}, {SPAN("a"), true}, {SPAN("a/-"), false}, {SPAN("a/x"), false},
		{SPAN("a/x-"), false}, {SPAN("a/x"), true}, {SPAN("a/x/y"), false}, {SPAN("a0"), false},
		{SPAN("b"), true}, {SPAN("\x7f"), false}, {SPAN("\xc3\xa9"), false}, {SPAN("\xff"), false},
	};
	const size_t n = sizeof list / sizeof *list;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			int d = relpath_cmp(list[i].path, list[i].dir, list[k].path, list[k].dir);
			if (!CHECK(i < k ? d < 0 : i > k ? d > 0 : d == 0))
				printf("\t%s %s\n", list[i].path.p, list[k].path.p);
		}
}

/* Every path of up to four bytes over a small alphabet: the order is that of the bytes with `/` written out. */
static void test_order_exhaustively(void)
{
	static const char alphabet[] = "-/0";
	char text[240][5];
	size_t n = 0;
	unsigned wrong = 0;
	for (unsigned code = 0; code < 256; code++) {
		char s[5] = {0};
		for (unsigned i = 0; i < 4 && (code >> 2 * i & 3); i++)
			s[i] = alphabet[(code >> 2 * i & 3) - 1];
		if (!relpath_bad(span_of(s)))
			memcpy(text[n++], s, 5);
	}
	for (size_t i = 0; i < 2 * n; i++)
		for (size_t k = 0; k < 2 * n; k++) {
			char a[8], b[8];
			snprintf(a, sizeof a, "%s%s", text[i / 2], i % 2 ? "/" : "");
			snprintf(b, sizeof b, "%s%s", text[k / 2], k % 2 ? "/" : "");
			int want = strcmp(a, b);
			int got = relpath_cmp(span_of(text[i / 2]), i % 2, span_of(text[k / 2]), k % 2);
			wrong += (want > 0) - (want < 0) != (got > 0) - (got < 0);
		}
	CHECK(n > 20);
	CHECK_INT(wrong, 0);
}

static void test_beneath(void)
{
	CHECK(relpath_beneath(SPAN("a/b"), SPAN("a")) && relpath_beneath(SPAN("a/b/c"), SPAN("a/b")));
	CHECK(relpath_beneath(SPAN("a"), SPAN("")));
	CHECK(!relpath_beneath(SPAN("a"), SPAN("a")) && !relpath_beneath(SPAN("ab"), SPAN("a")) &&
	      !relpath_beneath(SPAN("a"), SPAN("a/b")));
	CHECK(!relpath_beneath(SPAN("b/a"), SPAN("a")) && !relpath_beneath(SPAN("a-/b"), SPAN("a")));
}

int main(void)
{
	test_bad();
	test_order();
	test_order_exhaustively();
	test_beneath();
	return unit_done();
}
