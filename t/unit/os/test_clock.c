#include "os/clock.h"
#include "unit.h"

#include <time.h>

static bool parse(const char *s, int64_t *ns)
{
	return clock_parse(span_of(s), ns);
}

static void test_parse(void)
{
	static const char *const bad[] = {
		"", "Z", "2026-01-31", "2026-01-31T01:19:18", "2026-01-31 01:19:18Z", "2026-01-31t01:19:18Z",
		"2026-01-31T01:19:18z", "2026-01-31T01:19:18+00:00", "2026-01-31T01:19:18-00:00",
		"2026-01-31T01:19:18+01:00Z", "2026-01-31T01:19Z", "2026-01-31T01:19:18.Z",
		"2026-01-31T01:19:18.1234567890Z", "2026-01-31T01:19:18,5Z", "2026-01-31T01:19:18.-1Z",
		"2026-01-31T01:19:18.5 Z", "2026-1-31T01:19:18Z", "+026-01-31T01:19:18Z", "2026-01-31T1:19:18Z ",
		"2026-00-31T01:19:18Z", "2026-13-01T01:19:18Z", "2026-01-00T01:19:18Z", "2026-01-32T01:19:18Z",
		"2026-04-31T01:19:18Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
		"2024-02-30T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T23:60:00Z", "2016-12-31T23:59:60Z",
		"2026-01-31T01:19:61Z", "20260131T011918Z", "2026-01-31T01:19:18Z\n", " 2026-01-31T01:19:18Z",
		"2026-01-31T01:19:18ZZ", "12026-01-31T01:19:18Z", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z",
		"2026-01-31T0x:19:18Z",
	};
	int64_t ns = 42;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (!CHECK(!parse(bad[i], &ns)))
			printf("\taccepted: %s\n", bad[i]);
	CHECK(!clock_parse((struct span){"2026-01-31T01:19:18\0Z", 21}, &ns));
	CHECK_INT(ns, 42);
	CHECK(parse("1970-01-01T00:00:00Z", &ns) && ns == 0);
	CHECK(parse("1969-12-31T23:59:59.999999999Z", &ns) && ns == -1);
	CHECK(parse("2024-02-29T23:59:59Z", &ns) && ns == INT64_C(1709251199000000000));
	CHECK(parse("2000-02-29T00:00:00.5Z", &ns) && ns == INT64_C(951782400500000000));
	CHECK(parse("2026-01-31T01:19:18.000000001Z", &ns) && ns % 1000000000 == 1);
	CHECK(parse("2262-04-11T23:47:16.854775807Z", &ns) && ns == INT64_MAX);
	CHECK(!parse("2262-04-11T23:47:16.854775808Z", &ns));
}

static void check_text(int64_t ns, int digits, const char *want)
{
	char text[CLOCK_TEXT];
	clock_text(ns, digits, text);
	CHECK_STR(text, want);
}

static void test_text(void)
{
	check_text(0, 0, "1970-01-01T00:00:00Z");
	check_text(-1, 9, "1969-12-31T23:59:59.999999999Z");
	check_text(-1, 0, "1969-12-31T23:59:59Z");
	check_text(INT64_C(1709251199987654321), 3, "2024-02-29T23:59:59.987Z");
	check_text(INT64_MAX, 9, "2262-04-11T23:47:16.854775807Z");
	check_text(INT64_MIN, 9, "1677-09-21T00:12:43.145224192Z");
}

/* Against the C library, over all the years there are. */
static void test_gmtime(void)
{
	unsigned wrong = 0;
	for (int64_t s = -9223372036; s < 9223372036; s += 86399 * 7 + 11) {
		char text[CLOCK_TEXT], want[64];
		struct tm tm;
		time_t t = s;
		int64_t back;
		gmtime_r(&t, &tm);
		strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%SZ", &tm);
		clock_text(s * 1000000000, 0, text);
		wrong += strcmp(text, want) != 0;
		wrong += s > -9223372035 && (!parse(text, &back) || back != s * 1000000000);
	}
	CHECK_INT(wrong, 0);
}

static void test_length(void)
{
	static const char *const bad[] = {"", "s", "1", "1w", "01h", "-1h", "+1h", "1.5h", " 1h", "1h ", "1H", "1hh",
					  "36501d", "3153600001s", "18446744073709551615d", "99999999999999999999s"};
	const int64_t second = 1000000000;
	int64_t ns = 0;
	CHECK(clock_parse_length(SPAN("0s"), &ns) && ns == 0);
	CHECK(clock_parse_length(SPAN("90s"), &ns) && ns == 90 * second);
	CHECK(clock_parse_length(SPAN("15m"), &ns) && ns == 900 * second);
	CHECK(clock_parse_length(SPAN("8h"), &ns) && ns == 28800 * second);
	CHECK(clock_parse_length(SPAN("36500d"), &ns) && ns == INT64_C(3153600000) * second);
	ns = 7;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(!clock_parse_length(span_of(bad[i]), &ns));
	CHECK_INT(ns, 7);
}

int main(void)
{
	test_parse();
	test_text();
	test_gmtime();
	test_length();
	int64_t a = clock_now();
	CHECK(a > INT64_C(1700000000000000000) && clock_now() >= a);
	return unit_done();
}
