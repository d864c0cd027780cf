/* With the argument `documents` it answers for others. */
#include "document/yaml.h"
#include "unit.h"

#include <errno.h>
#include <time.h>

enum { LIMIT = 1 << 20 };

static void good(const char *text, const char *want)
{
	struct yamldoc y = {0};

	if (!CHECK(yamldoc_parse(&y, text, strlen(text), LIMIT)))
		printf("\t%u:%u: %s in %s\n", y.error_at.line, y.error_at.column, y.error, text);
	else
		CHECK_SPAN(y.text.p, y.text.n, want);
	yamldoc_free(&y);
}

/* want: "line:column: why", why in part. */
static void bad_bytes(const char *text, size_t n, const char *want)
{
	struct yamldoc y = {0};
	struct buf got = {0};

	if (CHECK(!yamldoc_parse(&y, text, n, LIMIT))) {
		buf_printf(&got, "%u:%u: %s", y.error_at.line, y.error_at.column, y.error);
		if (!CHECK(strncmp(buf_cstr(&got), want, strlen(want)) == 0))
			printf("\t%s, not %s, in %s\n", got.p, want, text);
	} else {
		printf("\taccepted: %s\n", text);
	}
	buf_free(&got);
	yamldoc_free(&y);
}

static void bad(const char *text, const char *want)
{
	bad_bytes(text, strlen(text), want);
}

static void test_shapes(void)
{
	good("a: 1\nb:\n  - x\n  - y: z\n", "{\"a\":1,\"b\":[\"x\",{\"y\":\"z\"}]}");
	good("---\na: {}\nb: []\n...\n", "{\"a\":{},\"b\":[]}");
	good("- 1\n- - 2\n  - 3\n", "[1,[2,3]]");
	good("a: [x, \"y\", {z: 1}]\n", "{\"a\":[\"x\",\"y\",{\"z\":1}]}");
	good("{\"a\":1,\"b\":[true,null],\n \"c\":{}}\n", "{\"a\":1,\"b\":[true,null],\"c\":{}}");
	good("a:\n- 1\n- 2\n", "{\"a\":[1,2]}");
	good("a: |\n  x\n   y\nb: >-\n  p\n  q\n\n  r\n", "{\"a\":\"x\\n y\\n\",\"b\":\"p q\\nr\"}");
	good("a: 'it''s'\nb: \"t\\tu\\u00e9\\0\"\n", "{\"a\":\"it's\",\"b\":\"t\\tu\xc3\xa9\\u0000\"}");
	good("a: x y # comment\n# more\nb: x#y\n", "{\"a\":\"x y\",\"b\":\"x#y\"}");
	good("a: b\n  c\n", "{\"a\":\"b c\"}");
	good("just text\n", "\"just text\"");
	good("a:\tb\t# a tab may separate\n", "{\"a\":\"b\"}");
	good("? a\n: b\n", "{\"a\":\"b\"}");
	good("\"<<\": 1\n'1': 2\n", "{\"<<\":1,\"1\":2}");
	good("{? a : 1}\n", "{\"a\":1}");
	good("\xc3\xa9: \xf0\x9f\x98\x80\n", "{\"\xc3\xa9\":\"\xf0\x9f\x98\x80\"}");
}

static void test_scalars(void)
{
	good("[no, yes, on, off, y, n, NO, Yes]\n", "[\"no\",\"yes\",\"on\",\"off\",\"y\",\"n\",\"NO\",\"Yes\"]");
	good("[true, True, TRUE, false, False, FALSE, null, Null, NULL, ~]\n",
	     "[true,true,true,false,false,false,null,null,null,null]");
	good("[tRUE, nULL, ~~, 'true', \"null\", '~', '1', \"\"]\n",
	     "[\"tRUE\",\"nULL\",\"~~\",\"true\",\"null\",\"~\",\"1\",\"\"]");
	good("a:\nb: \nc: ''\n", "{\"a\":null,\"b\":null,\"c\":\"\"}");
	good("[0, -1, 1.5, 1e3, 1E+2, -0.25, 9007199254740991]\n", "[0,-1,1.5,1e3,1E+2,-0.25,9007199254740991]");
	good("[1.2.3, 1.0.0-rc.1, 2026-01-31, 2026-02-04T00:00:00Z, 12:30, 1:2:3, 1_000, 0b1, 0x, 0o9, 0xg, 1e, e1, "
	     "-, .]\n",
	     "[\"1.2.3\",\"1.0.0-rc.1\",\"2026-01-31\",\"2026-02-04T00:00:00Z\",\"12:30\",\"1:2:3\",\"1_000\",\"0b1\","
	     "\"0x\",\"0o9\",\"0xg\",\"1e\",\"e1\",\"-\",\".\"]");
	good("['0644', \"0x1f\", '+1', '.inf']\n", "[\"0644\",\"0x1f\",\"+1\",\".inf\"]");
	good("- 0644x\n- <<\n- =\n", "[\"0644x\",\"<<\",\"=\"]");
	bad("mode: 0644\n", "1:7: a number that JSON cannot say so");
	bad("[1, 0o17]\n", "1:5: a number");
	bad("- 0x1F\n", "1:3: a number");
	bad("- +1\n", "1:3: a number"), bad("- .5\n", "1:3: a number"), bad("- 1.\n", "1:3: a number");
	bad("- -0\n", "1:3: a number"), bad("- 1e999\n", "1:3: a number"), bad("- -00\n", "1:3: a number");
	bad("- .inf\n", "1:3: a number"), bad("- -.INF\n", "1:3: a number"), bad("- .NaN\n", "1:3: a number");
	bad("- 9007199254740992\n", "1:3: a number"), bad("- 0.1000000000000000055511151231257827\n", "1:3: a number");
	good("- +.nan\n- 1.10\n", "[\"+.nan\",1.10]");
}

static void test_refused(void)
{
	bad("", "1:1: an empty document"), bad("# nothing\n", "1:1: an empty document");
	bad("---\n", "2:1: an empty document");
	bad("a: 1\n---\nb: 2\n", "2:1: a second document"), bad("a: 1\n...\nb: 2\n", "3:1: bad syntax");
	bad("%YAML 1.2\n---\na: 1\n", "1:1: a directive"), bad("%TAG ! x:\n---\na: 1\n", "1:1: a directive");
	bad("a: &x 1\n", "1:4: an anchor"), bad("a: &x [1]\n", "1:4: an anchor"), bad("&x a: 1\n", "1:1: an anchor");
	bad("a: *x\n", "1:4: an alias"), bad("- &x {a: 1}\n- *x\n", "1:3: an anchor");
	bad("a: !!str 1\n", "1:4: a tag"), bad("a: !x [1]\n", "1:4: a tag"), bad("a: ! 1\n", "1:4: a tag");
	bad("a: ! 'x'\n", "1:4: a tag"), bad("a: !!binary x\n", "1:4: a tag"), bad("!!str a: 1\n", "1:1: a tag");
	bad("a:\n  <<: {b: 1}\n", "2:3: a merge key");
	bad("a: 1\nb: 2\na: 3\n", "3:1: a duplicate key, a"), bad("x: {a: 1, \"a\": 2}\n", "1:11: a duplicate key, a");
	bad("x: {\"\\n\": 1, \"\\x0a\": 2}\n", "1:14: a duplicate key");
	bad("1: a\n", "1:1: a key that is no string"), bad("true: a\n", "1:1: a key");
	bad(": a\n", "1:1: bad syntax"), bad("[a]: b\n", "1:1: a key"), bad("? {a: 1}\n: b\n", "1:3: a key");
	bad("0x1: a\n", "1:1: a key");
	bad("[a: b]\n", "1:2: a pair without braces"), bad("{a}\n", "1:3: an empty value in a flow");
	bad("{a, b: 1}\n", "1:3: an empty value"), bad("{a: , b: 1}\n", "1:5: an empty value");
	bad("a: [1, 2\n", "2:1: bad syntax"), bad("a: 'x\n", "2:1: bad syntax"), bad("a: b: c\n", "1:5: bad syntax");
	bad("a:\n\tb: 1\n", "2:1: bad syntax"), bad("a: 1\n b: 2\n", "2:3: bad syntax");
	bad("- a\nb: 1\n", "2:1: bad syntax"), bad("a: @x\n", "1:4: bad syntax"), bad("a: `x`\n", "1:4: bad syntax");
	bad("\"\\ud800\": 1\n", "1:"), bad("a: \"\\q\"\n", "1:5: bad syntax");
}

static void test_bytes(void)
{
	bad("a: 1", "1:5: a last line without line feed");
	bad("a: 1\r\nb: 2\r\n", "1:5: a carriage return"), bad("a: 'x\ry'\n", "1:6: a carriage return");
	bad("\xef\xbb\xbf"
	    "a: 1\n",
	    "1:1: a byte-order mark"),
		bad("a: x\xef\xbb\xbf\n", "1:5: a byte-order mark");
	bad_bytes("a: 1\nb\0: 2\n", 10, "2:2: a NUL byte");
	bad("a: \x1b[2J\n", "1:4: a control character"), bad("a: \x7f\n", "1:4: a control");
	bad("a: \xc2\x9b\n", "1:4: a control"), bad("a: \xef\xbf\xbf\n", "1:4: a control");
	bad("a: \xc2\x85\n", "1:4: a line separator"), bad("a: \"x\xe2\x80\xa8\"\n", "1:6: a line separator");
	bad("a: \xe2\x80\xa9\n", "1:4: a line separator");
	bad("a: \xff\n", "1:4: text that is not UTF-8"), bad("a: \xc0\x80\n", "1:4: text"),
		bad("\xe0\x80\x80\n", "1:1: text");
	bad("a: \xed\xa0\x80\n", "1:4: text"), bad("a: \xf4\x90\x80\x80\n", "1:4: text"), bad("a: \xc3", "1:4: text");
	bad("\xc3\xa9: \xc3(\n", "1:4: text");
	good("a: \"\\r\\0\\e\\uFEFF\\L\"\n", "{\"a\":\"\\r\\u0000\\u001b\xef\xbb\xbf\xe2\x80\xa8\"}");
}

static void nested(unsigned depth, const char *open, const char *close, struct buf *b)
{
	buf_reset(b);
	for (unsigned i = 0; i < depth; i++)
		buf_str(b, open);
	buf_str(b, "1");
	for (unsigned i = 0; i < depth; i++)
		buf_str(b, close);
	buf_str(b, "\n");
}

static void test_depth(void)
{
	static const char *const pairs[][2] = {{"[", "]"}, {"{a: ", "}"}, {"- ", ""}};
	struct buf b = {0};
	struct yamldoc y = {0};

	for (size_t i = 0; i < 3; i++) {
		nested(YAML_DEPTH, pairs[i][0], pairs[i][1], &b);
		CHECK(yamldoc_parse(&y, b.p, b.n, LIMIT));
		CHECK_INT(y.json.depth, YAML_DEPTH);
		nested(YAML_DEPTH + 1, pairs[i][0], pairs[i][1], &b);
		CHECK(!yamldoc_parse(&y, b.p, b.n, LIMIT));
		CHECK_STR(y.error, "a depth over 63");
		nested(100000, pairs[i][0], pairs[i][1], &b);
		CHECK(!yamldoc_parse(&y, b.p, b.n, LIMIT));
	}
	yamldoc_free(&y);
	buf_free(&b);
}

static void test_places(void)
{
	static const char text[] = "# first\na: 1\nb:\n  - x\n  - \xc3\xa9: {k: v}\n";
	static const struct yaml_place want[] = {{2, 1}, {2, 1}, {2, 4}, {3, 1}, {4, 3}, {4, 5},
						 {5, 5}, {5, 5}, {5, 8}, {5, 9}, {5, 12}};
	struct yamldoc y = {0};

	CHECK(yamldoc_parse(&y, text, sizeof text - 1, LIMIT));
	CHECK_INT(y.n, sizeof want / sizeof *want);
	CHECK_INT(y.n, y.json.n);
	for (size_t i = 0; i < y.n && i < sizeof want / sizeof *want; i++)
		if (!CHECK(y.place[i].line == want[i].line && y.place[i].column == want[i].column))
			printf("\tnode %zu at %u:%u\n", i, y.place[i].line, y.place[i].column);
	yamldoc_free(&y);
}

/* Many members: the duplicate is found when the object closes, and the key named is the later one. */
static void test_wide(void)
{
	struct buf b = {0};
	struct yamldoc y = {0};

	for (int i = 0; i < 5000; i++)
		buf_printf(&b, "k%d: {a: %d}\n", i, i);
	CHECK(yamldoc_parse(&y, b.p, b.n, LIMIT));
	buf_str(&b, "k4000: 1\nk3000: 2\n");
	CHECK(!yamldoc_parse(&y, b.p, b.n, LIMIT));
	CHECK_STR(y.error, "a duplicate key, k4000");
	CHECK_INT(y.error_at.line, 5001);
	yamldoc_free(&y);
	buf_free(&b);
}

/* --- sources --- */

struct slow {
	const char *p;
	size_t n;
};

static ssize_t one_byte(void *ctx, void *p, size_t n)
{
	struct slow *s = ctx;

	if (!s->n || !n)
		return 0;
	*(char *)p = *s->p++;
	s->n--;
	return 1;
}

static ssize_t broken(void *ctx, void *p, size_t n)
{
	(void)ctx, (void)p, (void)n;
	errno = EIO;
	return -1;
}

/* `a: xxxx` for ever; or comments for ever. */
static size_t given;
static ssize_t endless(void *ctx, void *p, size_t n)
{
	memset(p, *(const char *)ctx, n);
	if (!given && n > 2)
		memcpy(p, *(const char *)ctx == '#' ? "# #" : "a: ", 3);
	given += n;
	return (ssize_t)n;
}

static void test_sources(void)
{
	static const char text[] = "\xc3\xa9: [\"\xf0\x9f\x98\x80\", x]\nb: |\n  text\n";
	struct slow s = {text, sizeof text - 1};
	struct yamldoc y = {0};

	CHECK(yamldoc_read(&y, &(struct yaml_source){.read = one_byte, .ctx = &s, .limit = LIMIT}));
	CHECK_SPAN(y.text.p, y.text.n, "{\"\xc3\xa9\":[\"\xf0\x9f\x98\x80\",\"x\"],\"b\":\"text\\n\"}");
	CHECK(!yamldoc_read(&y, &(struct yaml_source){.read = broken, .limit = LIMIT}));
	CHECK_INT(y.error_errno, EIO);
	CHECK_INT(y.error_at.line, 0);
	for (const char *c = "x#\n"; *c; c++) {
		given = 0;
		CHECK(!yamldoc_read(
			&y, &(struct yaml_source){.read = endless, .ctx = (void *)(uintptr_t)c, .limit = 1 << 20}));
		CHECK(y.error && strstr(y.error, "longer than"));
		CHECK(given < 4 << 20);
	}
	CHECK(!yamldoc_parse(&y, "a: [xxxxxxxx, yyyyyyyy]\n", 24, 20));
	CHECK_STR(y.error, "a document longer than 20 bytes as JSON");
	yamldoc_free(&y);
}

struct seen {
	struct buf text;
	unsigned n, stop;
	uint32_t line;
};

static bool element(void *ctx, struct yamldoc *e)
{
	struct seen *s = ctx;

	buf_span_add(&s->text, buf_span(&e->text));
	buf_char(&s->text, ' ');
	s->line = e->place[0].line;
	CHECK_INT(e->n, e->json.n);
	return ++s->n != s->stop;
}

static bool each(struct yamldoc *y, const char *text, struct seen *s)
{
	struct slow slow = {text, strlen(text)};

	*s = (struct seen){.stop = s->stop};
	return yamldoc_read(y, &(struct yaml_source){one_byte, &slow, 100, "assets", element, s});
}

static void test_each(void)
{
	struct yamldoc y = {0};
	struct seen s = {0};

	CHECK(each(&y, "id: x\nassets:\n  - a: 1\n    assets: [7]\n  - [b, {assets: [8]}]\n  - c\nz: [1]\n", &s));
	CHECK_SPAN(y.text.p, y.text.n, "{\"id\":\"x\",\"assets\":[],\"z\":[1]}");
	CHECK_SPAN(s.text.p, s.text.n, "{\"a\":1,\"assets\":[7]} [\"b\",{\"assets\":[8]}] \"c\" ");
	CHECK_INT(s.line, 6);
	buf_free(&s.text);
	CHECK(each(&y, "assets: {a: [1]}\nb: {assets: [1]}\n", &s));
	CHECK_SPAN(y.text.p, y.text.n, "{\"assets\":{\"a\":[1]},\"b\":{\"assets\":[1]}}");
	CHECK_INT(s.n, 0);
	CHECK(each(&y, "assets: assets\n", &s) && s.n == 0);
	CHECK(!each(&y, "assets: [1, {a: 1, a: 2}]\n", &s) && s.n == 1);
	CHECK_STR(y.error, "a duplicate key, a");
	CHECK_INT(y.error_at.column, 20);
	buf_free(&s.text);
	s.stop = 2;
	CHECK(!each(&y, "assets: [1, 2, 3]\n", &s) && s.n == 2);
	CHECK_STR(y.error, "stopped");
	buf_free(&s.text);
	yamldoc_free(&y);
}

/* --- a manifest of 100,000 assets --- */

static bool count(void *ctx, struct yamldoc *e)
{
	(void)e;
	return ++*(unsigned *)ctx != 0;
}

static ssize_t manifest(void *ctx, void *p, size_t n)
{
	struct slow *s = ctx;

	n = n < s->n ? n : s->n;
	memcpy(p, s->p, n);
	s->p += n;
	s->n -= n;
	return (ssize_t)n;
}

static double seconds(unsigned assets)
{
	struct buf b = {0};
	struct yamldoc y = {0};
	unsigned seen = 0;
	struct slow s;
	clock_t before;

	buf_str(&b, "schema_version: \"1.1\"\npackage_id: PKG-X-001\nassets:\n");
	for (unsigned i = 0; i < assets; i++)
		buf_printf(&b,
			   "  - source: lib/module_%u.py\n    hash: sha256:%064u\n    plane: ho3\n    type: library\n",
			   i, i);
	s = (struct slow){b.p, b.n};
	before = clock();
	CHECK(yamldoc_read(&y, &(struct yaml_source){manifest, &s, 1 << 16, "assets", count, &seen}));
	CHECK_INT(seen, assets);
	CHECK(y.text.cap < 1 << 16);
	yamldoc_free(&y);
	buf_free(&b);
	return (double)(clock() - before) / CLOCKS_PER_SEC;
}

static void test_linear(void)
{
	double small = seconds(10000), large = seconds(100000);

	printf("100,000 assets in %.2f s\n", large);
	CHECK(large < 20 * small + 1);
}

/* Documents on standard input, each ended by a NUL; what is made of each on a line. */
static int documents(void)
{
	struct yamldoc y = {0};
	char *text = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getdelim(&text, &cap, '\0', stdin)) > 0) {
		if (yamldoc_parse(&y, text, (size_t)n - 1, LIMIT))
			printf("%s\n", buf_cstr(&y.text));
		else
			printf("bad: %s\n", y.error);
	}
	free(text);
	yamldoc_free(&y);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "documents") == 0)
		return documents();
	test_shapes();
	test_scalars();
	test_refused();
	test_bytes();
	test_depth();
	test_places();
	test_wide();
	test_sources();
	test_each();
	test_linear();
	return unit_done();
}
