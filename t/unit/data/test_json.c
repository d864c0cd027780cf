/* What the JSON core decides beyond the public vectors: duplicate keys however they are hidden, depth, the numbers a
 * record may hold, values compared by value. */
#include "data/json.h"
#include "unit.h"

static struct json j;

static const char *why(const char *text, enum json_flags flags)
{
	return json_parse(&j, text, strlen(text), flags) ? "" : j.error;
}

/* An object of n members, the last of them named like the first. */
static const char *many(unsigned n)
{
	static struct buf b;

	buf_reset(&b);
	buf_char(&b, '{');
	for (unsigned i = 0; i < n; i++)
		buf_printf(&b, "\"key%u\":%u,", i, i);
	buf_str(&b, "\"key0\":0}");
	return buf_cstr(&b);
}

static void test_nothing(void)
{
	CHECK(!json_parse(&j, NULL, 0, JSON_RECORD));
	CHECK_STR(j.error, "empty");
	CHECK_STR(why("", JSON_DOCUMENT), "empty");
	CHECK_STR(why(" \n", JSON_DOCUMENT), "empty");
}

static void test_duplicates(void)
{
	static const char *const doubled[] = {
		"{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{\"\\u0061\":1,\"a\":2}",
		"{\"a\\n\":1,\"a\\u000a\":2}",
		"{\"x\":{\"a\":1,\"b\":2,\"a\":3}}", "[{\"a\":[],\"\\u0061\":{}}]", "{\"\":1,\"\":2}",
		"{\"a\":{\"z\":[1,{}]},\"b\":0,\"a\":1}", "{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}"};

	for (unsigned i = 0; i < sizeof doubled / sizeof *doubled; i++)
		CHECK_STR(why(doubled[i], JSON_DOCUMENT), "duplicate key");
	for (unsigned n = 1; n < 100; n++)
		CHECK_STR(why(many(n), JSON_RECORD), "duplicate key");
	CHECK_STR(why("{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}", JSON_DOCUMENT), "");
	CHECK_STR(why("{\"ab\":1,\"ba\":2,\"a\":3,\"b\":4,\"aa\":5}", JSON_DOCUMENT), "");
}

static void nested(struct buf *b, unsigned depth, char open, char close)
{
	buf_reset(b);
	for (unsigned i = 0; i < depth; i++)
		buf_str(b, open == '[' ? "[" : i + 1 < depth ? "{\"a\":" : "{");
	for (unsigned i = 0; i < depth; i++)
		buf_char(b, close);
}

static void test_depth(void)
{
	struct buf b = {0};

	nested(&b, JSON_DEPTH, '[', ']');
	CHECK_STR(why(buf_cstr(&b), JSON_DOCUMENT), "");
	nested(&b, JSON_DEPTH + 1, '[', ']');
	CHECK_STR(why(buf_cstr(&b), JSON_DOCUMENT), "too deep");
	nested(&b, JSON_DEPTH, '{', '}');
	CHECK_STR(why(buf_cstr(&b), JSON_RECORD), "");
	nested(&b, JSON_DEPTH + 1, '{', '}');
	CHECK_STR(why(buf_cstr(&b), JSON_RECORD), "too deep");
	buf_free(&b);
}

/* The same text may be a good document and no good record. */
static void test_numbers(void)
{
	static const char *const good[] = {"0", "1", "-1", "9007199254740991", "-9007199254740991", "0.1", "1.5e3",
					   "1e300", "0.30000000000000004", "0.0", "100000000000000000000e-5", "1e21",
					   "5.684341886080802e-14", "-5.684341886080802e-14"};
	static const char *const lossy[] = {"9007199254740992", "-9007199254740992", "123456789012345678", "-0", "-0.0",
					    "1e400", "1e16", "0.1e17", "9007199254740993.0", "0.1234567890123456789",
					    "1e-400"};
	struct buf b = {0};

	for (unsigned i = 0; i < sizeof good / sizeof *good; i++) {
		buf_reset(&b);
		buf_printf(&b, "{\"n\":%s}", good[i]);
		CHECK_STR(why(buf_cstr(&b), JSON_RECORD), "");
	}
	for (unsigned i = 0; i < sizeof lossy / sizeof *lossy; i++) {
		buf_reset(&b);
		buf_printf(&b, "{\"n\":%s,\"m\":1}", lossy[i]);
		CHECK_STR(why(buf_cstr(&b), JSON_DOCUMENT), "");
		CHECK_STR(why(buf_cstr(&b), JSON_RECORD), "number does not survive a round trip");
	}
	buf_free(&b);
}

static int cmp(const char *a, const char *b)
{
	int order = json_number_cmp(span_of(a), span_of(b));

	CHECK_INT(json_number_cmp(span_of(b), span_of(a)), -order);
	return order;
}

static void test_values(void)
{
	struct json other = {0};
	const char *text = "{\"b\":[1.0,{\"x\":\"\\u0041\"}],\"a\":10e-1}";

	CHECK_INT(cmp("1", "1.000e0"), 0);
	CHECK_INT(cmp("0", "-0.0e9"), 0);
	CHECK_INT(cmp("100", "1e2"), 0);
	CHECK_INT(cmp("0.001", "1e-3"), 0);
	CHECK_INT(cmp("12", "2"), 1);
	CHECK_INT(cmp("-12", "2"), -1);
	CHECK_INT(cmp("1e999999999999", "2e999999999998"), 1);
	CHECK_INT(cmp("1.00000000000000000000001", "1"), 1);
	CHECK(json_parse(&other, text, strlen(text), JSON_DOCUMENT));
	CHECK_STR(why("{\"a\":1,\"b\":[1,{\"x\":\"A\"}]}", JSON_DOCUMENT), "");
	CHECK(json_equal(&j, 0, &other, 0));
	CHECK_STR(why("{\"a\":1,\"b\":[{\"x\":\"A\"},1]}", JSON_DOCUMENT), "");
	CHECK(!json_equal(&j, 0, &other, 0));
	json_free(&other);
}

int main(void)
{
	test_nothing();
	test_duplicates();
	test_depth();
	test_numbers();
	test_values();
	json_free(&j);
	return unit_done();
}
