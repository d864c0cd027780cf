/* JSON Schema: what loading refuses, what applying bounds, what is reported, and what several schemas say together. */
#include "unit.h"

#include "os/in.h"
#include "schema/schema.h"

#include <time.h>

/* Loads, links, applies; "" valid, else the first report as `pointer keyword: reason`, or `load: error`. */
struct result {
	struct buf text;
	unsigned reports;
};

static void note(void *ctx, struct span instance, struct span keyword, const char *reason)
{
	struct result *r = ctx;

	if (!r->reports++)
		buf_printf(&r->text, "%.*s %.*s: %s", (int)instance.n, instance.p, (int)keyword.n, keyword.p, reason);
}

static const char *preload_text, *preload_uri;

static struct result apply(enum schema_unknown unknown, const char *schema, const char *instance)
{
	struct schema_set *set = schema_set_new(unknown);
	struct json j = {0};
	struct result r = {0};
	struct schema *s = NULL;
	bool good = true;

	if (preload_text)
		good = schema_load(set, preload_text, strlen(preload_text), preload_uri) != NULL;
	if (good)
		s = schema_load(set, schema, strlen(schema), NULL);
	if (!s || !schema_link(set)) {
		buf_printf(&r.text, "load: %s", schema_error(set));
	} else {
		CHECK(json_parse(&j, instance, strlen(instance), JSON_DOCUMENT));
		good = schema_apply(s, &j, 0, note, &r);
		CHECK(good == (r.reports == 0));
		CHECK(good == schema_apply(s, &j, 0, NULL, NULL));
	}
	buf_cstr(&r.text);
	json_free(&j);
	schema_set_free(set);
	return r;
}

static void gives(const char *schema, const char *instance, const char *want)
{
	struct result r = apply(SCHEMA_REFUSE, schema, instance);

	CHECK_SPAN(r.text.p, r.text.n, want);
	buf_free(&r.text);
}

static void valid(const char *schema, const char *instance) { gives(schema, instance, ""); }

static void invalid(const char *schema, const char *instance)
{
	struct result r = apply(SCHEMA_REFUSE, schema, instance);

	if (!CHECK(r.reports && strncmp(r.text.p, "load:", 5) != 0))
		printf("\t%s over %s: %s\n", schema, instance, r.text.p);
	buf_free(&r.text);
}

static void refused(const char *schema, const char *part)
{
	struct result r = apply(SCHEMA_REFUSE, schema, "1");

	if (!CHECK(strncmp(r.text.p, "load:", 5) == 0 && strstr(r.text.p, part)))
		printf("\t%s: %s\n", schema, r.text.p);
	buf_free(&r.text);
}

static void loading(void)
{
	gives("{\"properties\":{\"a/b\":{\"typ\":1}}}", "1", "load: schema:/properties/a~1b: unknown keyword typ");
	refused("{", "no JSON at byte 1: no key");
	refused("{\"a\":1,\"a\":1}", "duplicate key");
	refused("3", "no schema");
	refused("{\"not\":null}", "no schema");
	refused("{\"$ref\":\"http://example.com/x\"}", "nothing is fetched");
	refused("{\"$ref\":\"#/$defs/a\"}", "no such place");
	refused("{\"$ref\":\"#a\"}", "no such place");
	refused("{\"$ref\":\"#%zz\"}", "%-escape");
	refused("{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}", "is not loaded");
	refused("{\"$id\":\"http://x/y#z\"}", "has a fragment");
	refused("{\"$defs\":{\"a\":{\"$id\":\"http://x/\"},\"b\":{\"$id\":\"http://x/\"}}}", "is taken");
	refused("{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"b\":{\"$anchor\":\"x\"}}}", "is taken");
	refused("{\"$anchor\":\"1\"}", "no name");
	refused("{\"properties\":{\"a\":{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\"}}}", "root");
	refused("{\"type\":\"int\"}", "names no type");
	refused("{\"type\":[]}", "is empty");
	refused("{\"type\":[\"null\",\"null\"]}", "twice");
	refused("{\"required\":[\"a\",\"\\u0061\"]}", "twice");
	refused("{\"allOf\":[]}", "is empty");
	refused("{\"multipleOf\":0}", "positive");
	refused("{\"multipleOf\":-1}", "positive");
	refused("{\"multipleOf\":1.0000000000000000001}", "18 digits");
	refused("{\"minLength\":-1}", "no count");
	refused("{\"minLength\":1.5}", "no count");
	refused("{\"maximum\":\"1\"}", "no number");
	refused("{\"uniqueItems\":1}", "true nor false");
}

static void patterns(void)
{
	static const char *const no[] = {
		"(", "[a", "a**", "a++", "a{2}+", "{", "(?i)a", "(?>a)", "(*UTF)", "\\\\A", "\\\\K", "\\\\Q", "\\\\R",
		"\\\\x1", "\\\\u12", "\\\\u{110000}", "\\\\ud800", "\\\\p{Nonsense}", "\\\\pL", "\\\\p{^L}",
		"\\\\01", "\\\\",
		"[a-\\\\d]", "[\\\\s-z]", "[\\\\1]", "(?P<a>b)", "(?R)", "(?#x)",
	};
	static const struct {
		const char *pattern, *text;
		bool match;
	} cases[] = {
		{"^\\\\d+$", "0123", true}, {"^\\\\d+$", "\xd9\xa3", false}, {"^\\\\w$", "\xc3\xa9", false},
		{"^\\\\s$", "\xc2\xa0", true}, {"^[\\\\s]$", "\xef\xbb\xbf", true}, {"^[^\\\\S]$", " ", true},
		{"^\\\\S$", "\xc2\xa0", false}, {"^a$", "a\\n", false}, {"^.$", "\\u2028", false},
		{"^.$", "\\u0000", true},
		{"^\\\\p{Letter}$", "\xcf\x80", true}, {"^\\\\p{Lu}$", "a", false}, {"^\\\\P{L}$", "1", true},
		{"^\\\\p{Script=Greek}$", "\xcf\x80", true}, {"^[\\\\p{gc=Nd}_]$", "_", true},
		{"^\\\\u00e9$", "\xc3\xa9", true}, {"^\\\\u{1F600}$", "\xf0\x9f\x98\x80", true},
		{"^\\\\ud83d\\\\ude00$", "\xf0\x9f\x98\x80", true}, {"^[^]$", "\\n", true}, {"[]", "a", false},
		{"^[[:alpha:]]$", "x", false}, {"^[[:]$", "[", true}, {"^\\\\v$", "\\u000b", true},
		{"^\\\\cJ$", "\\n", true},
		{"^(?<y>a)\\\\k<y>\\\\1$", "aaa", true}, {"^(?:a(?=b)|(?<!x)c).?$", "ab", true},
		{"^a{2,3}?$", "aa", true},
		{"^\\\\/\\\\-\\\\.$", "/-.", true}, {"^(a)?\\\\1b$", "b", true}, {"^\\\\x41\\\\0$", "A\\u0000", true},
	};
	struct buf b = {0}, s = {0};

	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		buf_reset(&b);
		buf_printf(&b, "{\"pattern\":\"%s\"}", no[i]);
		refused(buf_cstr(&b), "bad pattern");
	}
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&b);
		buf_reset(&s);
		buf_printf(&b, "{\"pattern\":\"%s\"}", cases[i].pattern);
		buf_printf(&s, "\"%s\"", cases[i].text);
		(cases[i].match ? valid : invalid)(buf_cstr(&b), buf_cstr(&s));
	}
	/* A pattern that would take for ever fails, and fails whatever stands around it. */
	buf_reset(&s);
	buf_char(&s, '"');
	for (int i = 0; i < 40; i++)
		buf_char(&s, 'a');
	buf_str(&s, "!\"");
	gives("{\"pattern\":\"^(a+)+$\"}", buf_cstr(&s), " #/pattern: matching the pattern takes too much work");
	invalid("{\"not\":{\"pattern\":\"^(a+)+$\"}}", buf_cstr(&s));
	invalid("{\"anyOf\":[{\"pattern\":\"^(a+)+$\"},true]}", buf_cstr(&s));
	buf_free(&b);
	buf_free(&s);
}

/* An array of `times` strings of `length` a's and a `!`, by a schema of that pattern: within a second. */
static void in_time(const char *pattern, unsigned length, unsigned times)
{
	struct buf schema = {0}, text = {0};
	clock_t before;
	struct result r;
	double took;

	buf_printf(&schema, "{\"items\":{\"pattern\":\"%s\"}}", pattern);
	for (unsigned n = 0; n < times; n++) {
		buf_str(&text, n ? "!\",\"" : "[\"");
		memset(buf_room(&text, length), 'a', length);
		text.n += length;
	}
	buf_str(&text, "!\"]");
	before = clock();
	r = apply(SCHEMA_REFUSE, buf_cstr(&schema), buf_cstr(&text));
	took = (double)(clock() - before) / CLOCKS_PER_SEC / 2; /* applied with and without reports */
	if (!CHECK(took < 1))
		printf("\t%s over %u times %u: %.2f s\n", pattern, length, times, took);
	buf_free(&r.text);
	buf_free(&schema);
	buf_free(&text);
}

/* Patterns that take for ever, over what makes them. The last way stays below the limit of each match, and meets that
 * of the whole. */
static void hostile(void)
{
	static const char *const patterns[] = {
		"^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)*x", ".*.*.*.*.*x",
		"^(?:a?){60}a{60}$", "(a+)\\\\1+b", "^(?=(a+)+$)", "(?:(?:a{1,9}){1,9}){1,9}$", "(?<!(a|aa)*b)c",
	};

	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		in_time(patterns[i], 30, 1);
		in_time(patterns[i], 100000, 1);
		in_time(patterns[i], 20, 4000);
	}
}

static void bounds(void)
{
	struct buf b = {0};

	gives("{\"$ref\":\"#\"}", "1", " #: the schema leads too deep");
	invalid("{\"not\":{\"$ref\":\"#\"}}", "1");
	invalid("{\"anyOf\":[{\"$ref\":\"#\"},true]}", "1");
	invalid("{\"allOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}", "1");
	/* 2^40 applications */
	buf_str(&b, "{\"$ref\":\"#/$defs/d40\",\"$defs\":{\"d0\":true");
	for (int i = 1; i <= 40; i++)
		buf_printf(&b, ",\"d%d\":{\"anyOf\":[{\"not\":{\"$ref\":\"#/$defs/d%d\"}},"
			   "{\"not\":{\"$ref\":\"#/$defs/d%d\"}}]}", i, i - 1, i - 1);
	buf_str(&b, "}}");
	invalid(buf_cstr(&b), "1");
	buf_free(&b);
}

static void numbers(void)
{
	valid("{\"multipleOf\":0.01}", "[]");
	valid("{\"multipleOf\":0.01}", "4.35");
	valid("{\"multipleOf\":0.01}", "-19.99");
	invalid("{\"multipleOf\":0.01}", "4.355");
	valid("{\"multipleOf\":3}", "3e300");
	invalid("{\"multipleOf\":7}", "1e300");
	valid("{\"multipleOf\":1e-300}", "1e300");
	valid("{\"multipleOf\":999999999999999999}", "999999999999999999000");
	invalid("{\"multipleOf\":999999999999999999}", "999999999999999999001");
	valid("{\"multipleOf\":2}", "9007199254740994");
	invalid("{\"multipleOf\":2}", "9007199254740993");
	valid("{\"type\":\"integer\"}", "10.0e0");
	valid("{\"type\":\"integer\"}", "1.50e1");
	invalid("{\"type\":\"integer\"}", "1.55e1");
	invalid("{\"type\":\"integer\"}", "1e-400");
	invalid("{\"type\":\"integer\"}", "1e999999999999999999999");
	invalid("{\"maximum\":9007199254740992}", "9007199254740993");
	valid("{\"const\":1}", "1.0");
	valid("{\"enum\":[{\"a\":[10]}]}", "{\"a\":[1e1]}");
	invalid("{\"const\":9007199254740992}", "9007199254740993");
	valid("{\"const\":0}", "-0.0");
	invalid("{\"uniqueItems\":true}", "[{\"a\":1,\"b\":2},{\"b\":2.0,\"a\":1}]");
	invalid("{\"uniqueItems\":true}", "[\"\\u0061\",\"a\"]");
	valid("{\"uniqueItems\":true}", "[1,true,\"1\",[1],{\"1\":1},null,false,0]");
}

static void together(void)
{
	const char *refers = "{\"$ref\":\"http://x/y/z.json#/$defs/n\"}";

	preload_text = "{\"$defs\":{\"n\":{\"$ref\":\"other.json\"},"
		       "\"o\":{\"$id\":\"other.json\",\"type\":\"integer\"}}}";
	preload_uri = "http://x/y/z.json";
	valid(refers, "1");
	invalid(refers, "\"1\"");
	valid("{\"$ref\":\"http://x/y/other.json\"}", "1");
	preload_text = "{\"$id\":\"urn:its:own\",\"type\":\"integer\"}"; /* found by either name */
	invalid("{\"$ref\":\"urn:its:own\"}", "\"1\"");
	invalid("{\"$ref\":\"http://x/y/../y/./z.json\"}", "\"1\"");
	/* a metaschema without the validation vocabulary */
	preload_text = "{\"$id\":\"http://x/meta\",\"$vocabulary\":{"
		       "\"https://json-schema.org/draft/2020-12/vocab/core\":true,"
		       "\"https://json-schema.org/draft/2020-12/vocab/applicator\":true,\"http://x/optional\":false}}";
	refused("{\"$schema\":\"http://x/meta\",\"properties\":{\"a\":{\"minimum\":1}}}", "unknown keyword minimum");
	invalid("{\"$schema\":\"http://x/meta\",\"properties\":{\"a\":false}}", "{\"a\":1}");
	struct result r = apply(SCHEMA_ANNOTATE, "{\"$schema\":\"http://x/meta\",\"minimum\":9}", "1");
	CHECK_SPAN(r.text.p, r.text.n, "");
	buf_free(&r.text);
	preload_text = "{\"$id\":\"http://x/meta\",\"$vocabulary\":{\"http://x/required\":true}}";
	refused("{\"$schema\":\"http://x/meta\"}", "required, but unknown");
	preload_text = NULL;
	valid("{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}", "{\"items\":{\"minLength\":2.0}}");
	gives("{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}", "{\"items\":{\"minLength\":-1}}",
	      "/items/minLength https://json-schema.org/draft/2020-12/meta/validation#/$defs/"
	      "nonNegativeInteger/minimum: is not at least 0");
}

static void reports(void)
{
	struct result r;

	gives("{\"properties\":{\"a\":{\"items\":{\"type\":[\"integer\",\"null\"]}}}}",
	      "{\"b\":0,\"a\":[1,null,\"x\"]}",
	      "/a/2 #/properties/a/items/type: is string, not null or integer");
	gives("{\"propertyNames\":{\"maxLength\":1}}", "{\"a\":1,\"b/c\":1}",
	      "/b~1c #/propertyNames/maxLength: is longer than 1");
	gives("{\"additionalProperties\":false}", "{\"a\":1}",
	      " #/additionalProperties: has a member a, which is not allowed");
	gives("{\"required\":[\"a\",\"b\"]}", "{\"a\":1}", " #/required: has no member b");
	gives("{\"oneOf\":[true,true]}", "1", " #/oneOf: is allowed by more than one of 2 schemas");
	r = apply(SCHEMA_REFUSE, "{\"required\":[\"a\",\"b\"],\"properties\":{\"c\":false},\"minProperties\":3}",
		  "{\"c\":1}");
	CHECK_INT(r.reports, 4);
	buf_free(&r.text);
}

/* A hundred thousand elements, and as many members, in no time. */
static void large(void)
{
	struct buf b = {0};

	buf_char(&b, '[');
	for (unsigned i = 0; i < 100000; i++)
		buf_printf(&b, "%s{\"a\":%u}", i ? "," : "", i);
	buf_char(&b, ']');
	valid("{\"uniqueItems\":true}", buf_cstr(&b));
	buf_reset(&b);
	buf_char(&b, '{');
	for (unsigned i = 0; i < 100000; i++)
		buf_printf(&b, "%s\"k%u\":%u", i ? "," : "", i, i);
	buf_char(&b, '}');
	valid("{\"anyOf\":[{\"patternProperties\":{\"^k[0-9]\":true}}],"
	      "\"unevaluatedProperties\":false,\"required\":[\"k9\"]}",
	      buf_cstr(&b));
	invalid("{\"properties\":{\"k1\":true},\"additionalProperties\":false}", "{\"k2\":1}");
	buf_free(&b);
}

/* --- `judge DIR`: answers for others, `kind TAB instance` lines by the schemas of that directory --- */

static bool fetch(void *ctx, struct span uri, struct buf *text)
{
	struct buf path = {0};
	bool good;

	buf_printf(&path, "%s/%.*s", (const char *)ctx, (int)uri.n, uri.p);
	good = slurp(buf_cstr(&path), 1 << 20, text) == 0;
	buf_free(&path);
	return good;
}

static const char *judge_one(const char *dir, struct span kind, const char *instance, size_t n)
{
	struct schema_set *set = schema_set_new(SCHEMA_REFUSE);
	struct buf name = {0}, text = {0};
	struct json j = {0};
	const char *said = "no schema";

	buf_printf(&name, "%.*s.json", (int)kind.n, kind.p);
	schema_set_fetch(set, fetch, (void *)(uintptr_t)dir);
	if (fetch((void *)(uintptr_t)dir, buf_span(&name), &text)) {
		struct schema *s = schema_load(set, text.p, text.n, buf_cstr(&name));

		if (s && schema_link(set) && json_parse(&j, instance, n, JSON_DOCUMENT))
			said = schema_apply(s, &j, 0, NULL, NULL) ? "valid" : "invalid";
	}
	json_free(&j);
	buf_free(&name);
	buf_free(&text);
	schema_set_free(set);
	return said;
}

static int judge(const char *dir)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t got;

	while ((got = getline(&line, &cap, stdin)) > 0) {
		size_t n = (size_t)got - 1, tab = strcspn(line, "\t");

		printf("%.*s\t%s\n", (int)n, line,
		       tab < n ? judge_one(dir, (struct span){line, tab}, line + tab + 1, n - tab - 1) : "no pair");
	}
	free(line);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "judge") == 0)
		return judge(argv[2]);
	loading();
	patterns();
	hostile();
	bounds();
	numbers();
	together();
	reports();
	large();
	return unit_done();
}
