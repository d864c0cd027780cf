/* With the argument `outline` it prints that of each file. */
#include "data/json.h"
#include "document/markdown.h"
#include "os/in.h"
#include "unit.h"

#include <time.h>

/* One line a node: kind and level, line, section, text, parts, cells. */
static void outline(const struct markdown *m, struct buf *b)
{
	static const char kinds[] = "hpircx", marks[] = "ceslix";

	for (uint32_t i = 0; i < m->n; i++) {
		const struct markdown_node *n = &m->node[i];
		struct span text = markdown_text(m, n->text);

		buf_printf(b, "%c%u%s%s%s%s %u", kinds[n->kind], n->level, n->nested ? "n" : "", n->quoted ? ">" : "",
			   n->ordered ? "#" : "",
			   n->fenced ? "`"
			   : n->head ? "-"
				     : "",
			   n->line);
		if (n->section != MARKDOWN_NONE)
			buf_printf(b, " @%u", n->section);
		if (n->kind == MARKDOWN_HEADING)
			buf_printf(b, " ..%u", n->end);
		buf_str(b, " ");
		json_quote(b, text);
		for (uint32_t k = n->part; k < n->part + n->parts; k++) {
			struct span part = markdown_text(m, m->part[k].text), to = markdown_target(m, &m->part[k]);

			buf_printf(b, " %c%u(%.*s)%.*s", marks[m->part[k].mark], m->part[k].line, (int)part.n, part.p,
				   (int)to.n, to.p);
		}
		for (uint32_t k = n->cell; k < n->cell + n->cells; k++) {
			struct span cell = markdown_text(m, m->cell[k]);

			buf_printf(b, " |%.*s", (int)cell.n, cell.p);
		}
		if (n->info.n)
			buf_printf(b, " ~%.*s", (int)n->info.n, markdown_text(m, n->info).p);
		buf_str(b, "\n");
	}
}

static void is(const char *text, const char *want)
{
	struct markdown m = {0};
	struct buf b = {0};

	if (!CHECK(markdown_read(&m, span_of(text))))
		printf("\t%u: %s in %s\n", m.error_line, m.error, text);
	outline(&m, &b);
	CHECK_SPAN(b.p, b.n, want);
	markdown_free(&m);
	buf_free(&b);
}

static void bad(const char *text, size_t n, uint32_t line, const char *why)
{
	struct markdown m = {0};

	if (CHECK(!markdown_read(&m, (struct span){text, n}))) {
		CHECK_STR(m.error, why);
		CHECK_INT(m.error_line, line);
	}
	markdown_free(&m);
}

static void test_outline(void)
{
	is("# A\ntext\n\n## B *x*\n\n### C\n\n## D\np\n",
	   "h1 1 ..6 \"A\"\np0 2 @0 \"text\"\nh2 4 @0 ..4 \"B x\" e4(x)\nh3 6 @2 ..4 \"C\"\nh2 8 @0 ..6 \"D\"\n"
	   "p0 9 @4 \"p\"\n");
	is("### C\n# A\n### D\n", "h3 1 ..1 \"C\"\nh1 2 ..3 \"A\"\nh3 3 @1 ..3 \"D\"\n");
	is("A\n===\nB\n---\np", "h1 1 ..3 \"A\"\nh2 3 @0 ..3 \"B\"\np0 5 @1 \"p\"\n");
	is("- a\n  - b\n\n    more\n- c\n\n1. n\n",
	   "i1 1 \"a\"\ni2 2 \"b\"\np2 4 \"more\"\ni1 5 \"c\"\ni1# 7 \"n\"\n");
	is("> # H\n> q\n\n- # I\n\n# J\n",
	   "h1n> 1 ..1 \"H\"\np0> 2 \"q\"\ni1 4 \"\"\nh1n 4 ..4 \"I\"\nh1 6 ..5 \"J\"\n");
	is("```sh x\necho a\n```\n\n    indented\n\n~~~\nb\n~~~\n",
	   "c0` 1 \"echo a\\n\" ~sh x\nc0 5 \"indented\\n\"\nc0` 7 \"b\\n\"\n");
	is("- ```\n  x\n  ```\n", "i1 1 \"\"\nc1` 1 \"x\\n\"\n");
	is("<!-- c\nd -->\n\na <b>c</b>\n", "x0 1 \"<!-- c\\nd -->\\n\"\np0 4 \"a <b>c</b>\" x4(<b>) x4(</b>)\n");
	is("a <!-- c\nd --> *e*\n", "p0 1 \"a <!-- c\\nd --> e\" x1(<!-- c\nd -->) e2(e)\n");
	is("a\n\n* * *\n[x]: /u\n\n[x] ![i](p)\\\nb `c`\n", "p0 1 \"a\"\np0 6 \"x i\\nb c\" l6(x)/u i6(i)p c7(c)\n");
	is("```\n# no heading\n", "c0` 1 \"# no heading\\n\"\n");
	is("\\# a\n\n#b\n\n &lt; &amp;\n", "p0 1 \"# a\"\np0 3 \"#b\"\np0 5 \"< &\"\n");
}

/* The four spellings, and what they come to. */
static void test_metadata(void)
{
	is("- framework_id: FMWK-000\n- version: 2.0.0\n",
	   "i1 1 \"framework_id: FMWK-000\"\ni1 2 \"version: 2.0.0\"\n");
	is("**Version:** 1.0.0\n**Status:** DRAFT\n",
	   "p0 1 \"Version: 1.0.0\\nStatus: DRAFT\" s1(Version:) s2(Status:)\n");
	is("**Status**: Active  \n**Version**: 1\n", "p0 1 \"Status: Active\\nVersion: 1\" s1(Status) s2(Version)\n");
	is("- **Framework ID**: X\n", "i1 1 \"Framework ID: X\" s1(Framework ID)\n");
	is("- Version: 1.0.0\n- State: draft\n", "i1 1 \"Version: 1.0.0\"\ni1 2 \"State: draft\"\n");
}

static void test_tables(void)
{
	is("| a | b |\n|---|:-:|\n| `x|y` | *z* |\n| 1 |\n",
	   "r0- 1 \"| a | b |\" |a |b\nr0 3 \"| x|y | z |\" c3(x|y) e3(z) |x|y |z\nr0 4 \"| 1 |\" |1\n");
	is("a | b\n-|-\n\nc | d\n", "r0- 1 \"a | b\" |a |b\np0 4 \"c | d\"\n");
	is("| a |\n|---|---|\n", "p0 1 \"| a |\\n|---|---|\"\n");
	is("a\n---x\n", "p0 1 \"a\\n---x\"\n");
	is("| a | b |\n| x |--|\n", "p0 1 \"| a | b |\\n| x |--|\"\n");
	is("> | a |\n> |---|\n> | `b` |\n", "r0>- 1 \"| a |\" |a\nr0> 3 \"| b |\" c3(b) |b\n");
	is("||\n|-|\n", "r0- 1 \"||\" |\n");
	is("# T\n| `a` | `b` |\n|--|--|\n| `` | `` ` `` |\n",
	   "h1 1 ..3 \"T\"\nr0- 2 @0 \"| a | b |\" c2(a) c2(b) |a |b\nr0 4 @0 \"| | ` `` |\" c4(|) || ` ``\n");
}

static void test_refused(void)
{
	struct buf b = {0};
	struct markdown m = {0};

	bad("", 0, 0, "an empty document"), bad(" \n\t\n", 4, 0, "an empty document");
	bad("# a\r\n", 5, 1, "a carriage return"), bad("\xef\xbb\xbf# a\n", 7, 1, "a byte-order mark");
	bad("a\nb\0c\n", 6, 2, "a NUL byte"), bad("a\n\xff\n", 4, 2, "text that is not UTF-8");
	bad("a\n\n\x1b[2J\n", 8, 3, "a character that hides or reorders text");
	bad("\xe2\x80\xae"
	    "abc\n",
	    7, 1, "a character that hides or reorders text");
	for (int i = 0; i < 100; i++)
		buf_str(&b, ">");
	buf_str(&b, "a\n");
	bad(b.p, b.n, 1, "nesting deeper than 64");
	buf_reset(&b);
	while (b.n <= MARKDOWN_BYTES)
		buf_str(&b, "a b c\n");
	bad(b.p, b.n, 0, "more than 256 KiB");
	CHECK(markdown_read(&m, (struct span){b.p, MARKDOWN_BYTES}));
	markdown_free(&m);
	buf_free(&b);
}

static void test_sections(void)
{
	static const char text[] = "# A\nx\n## B\ny\n## C\nz\n### D\nv";
	struct markdown m = {0};
	struct span s, rest, line;
	uint32_t number = 0;

	CHECK(markdown_read(&m, span_of(text)));
	s = markdown_section(&m, 0);
	CHECK_SPAN(s.p, s.n, text);
	s = markdown_section(&m, 2);
	CHECK_SPAN(s.p, s.n, "## B\ny\n");
	s = markdown_section(&m, 4);
	CHECK_SPAN(s.p, s.n, "## C\nz\n### D\nv");
	rest = SPAN("a\n\nb");
	CHECK(markdown_line(&rest, &line, &number) && span_is(line, "a") && number == 1);
	CHECK(markdown_line(&rest, &line, &number) && line.n == 0);
	CHECK(markdown_line(&rest, &line, &number) && span_is(line, "b") && number == 3);
	CHECK(!markdown_line(&rest, &line, &number));
	markdown_free(&m);
}

/* What costs libcmark, or us, the most: seconds on the slowest machine, and not for ever. */
static void test_bounded(void)
{
	static const char *const pieces[] = {"![[]()", "```\n```\n", "| a\n", "[a](",	  "*a **b ", "> ",
					     "- a\n",  "# a\n",	     "`a|`|", "[a]: b\n", "a<?",     "|\n|-\n\n"};
	struct markdown m = {0};

	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		struct buf b = {0};
		clock_t before = clock();

		while (b.n + 8 < MARKDOWN_BYTES)
			buf_str(&b, pieces[i]);
		markdown_read(&m, buf_span(&b));
		if (!CHECK((double)(clock() - before) / CLOCKS_PER_SEC < 100))
			printf("\t%s: %.1f s\n", pieces[i], (double)(clock() - before) / CLOCKS_PER_SEC);
		buf_free(&b);
	}
	markdown_free(&m);
}

static int outlines(int n, char **file)
{
	struct markdown m = {0};
	struct buf text = {0}, b = {0};

	for (int i = 0; i < n; i++) {
		buf_reset(&text);
		if (slurp(file[i], 1 << 20, &text) < 0 || !markdown_read(&m, buf_span(&text))) {
			printf("%s:%u: %s\n", file[i], m.error_line, m.error ? m.error : "cannot be read");
			return 1;
		}
		buf_reset(&b);
		outline(&m, &b);
		printf("%.*s", (int)b.n, b.p);
	}
	buf_free(&text);
	buf_free(&b);
	markdown_free(&m);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "outline") == 0)
		return outlines(argc - 2, argv + 2);
	test_outline();
	test_metadata();
	test_tables();
	test_refused();
	test_sections();
	test_bounded();
	return unit_done();
}
