#include "os/clock.h"

#include "base/err.h"
#include "base/num.h"

#include <stdio.h>
#include <time.h>

static const int64_t second = 1000000000, day_seconds = 86400;

int64_t clock_now(void)
{
	struct timespec t;
	if (clock_gettime(CLOCK_REALTIME, &t) < 0)
		die_errno("unable to read the clock");
	return t.tv_sec * second + t.tv_nsec;
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar; the year begins in March, so that the leap day is its
 * last. */
static int64_t days_from_date(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_from_days(int64_t days, int64_t *year, int *month, int *day)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t of_era = days - era * 146097;
	int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int from_march = (int)((5 * of_year + 2) / 153);
	*day = (int)(of_year - (153 * from_march + 2) / 5 + 1);
	*month = from_march < 10 ? from_march + 3 : from_march - 9;
	*year = year_of_era + era * 400 + (*month <= 2);
}

void clock_text(int64_t ns, int digits, char out[CLOCK_TEXT])
{
	int64_t fraction = ns % second, seconds = ns / second;
	if (fraction < 0) {
		fraction += second;
		seconds--;
	}
	int64_t days = seconds / day_seconds - (seconds % day_seconds < 0), of_day = seconds - days * day_seconds, year;
	int month, day;
	date_from_days(days, &year, &month, &day);
	int n = snprintf(out, CLOCK_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u", (unsigned)year % 10000,
			 (unsigned)month % 100, (unsigned)day % 100, (unsigned)(of_day / 3600) % 100,
			 (unsigned)(of_day / 60 % 60), (unsigned)(of_day % 60));
	if (digits > 0) {
		out[n++] = '.';
		for (int64_t unit = second / 10; digits > 0 && unit > 0; digits--, unit /= 10)
			out[n++] = (char)('0' + fraction / unit % 10);
	}
	out[n++] = 'Z';
	out[n] = '\0';
}

/* Reads exactly n digits at p; -1 when there is anything else. */
static int number(const char *p, int n)
{
	int v = 0;
	for (int i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

static int month_days(int year, int month)
{
	static const signed char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return days[month - 1] + (month == 2 && leap);
}

/* ".5" up to ".123456789" and nothing else; an empty text is no fraction. */
static bool parse_fraction(const char *p, size_t n, int64_t *ns)
{
	*ns = 0;
	if (n == 0)
		return true;
	if (n < 2 || n > 10 || p[0] != '.')
		return false;
	int v = number(p + 1, (int)n - 1);
	*ns = v;
	for (size_t i = n - 1; i < 9; i++)
		*ns *= 10;
	return v >= 0;
}

/* A leap second (:60) is refused: it has no number of its own and would not come back as the same text. */
bool clock_parse(struct span text, int64_t *ns)
{
	enum { SECONDS = 19 }; /* "2026-01-31T01:19:18" */
	const char *p = text.p;
	int64_t fraction, total;
	if (text.n < SECONDS + 1 || p[text.n - 1] != 'Z')
		return false;
	if (p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' || p[16] != ':')
		return false;
	int year = number(p, 4), month = number(p + 5, 2), day = number(p + 8, 2);
	int hour = number(p + 11, 2), minute = number(p + 14, 2), sec = number(p + 17, 2);
	if (year < 0 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
		return false;
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || sec < 0 || sec > 59)
		return false;
	if (!parse_fraction(p + SECONDS, text.n - SECONDS - 1, &fraction))
		return false;
	total = days_from_date(year, month, day) * day_seconds + hour * 3600 + minute * 60 + sec;
	/* What 64 bits of nanoseconds cannot hold (before 1677, after 2262) is refused. */
	if (__builtin_mul_overflow(total, second, &total) || __builtin_add_overflow(total, fraction, &total))
		return false;
	*ns = total;
	return true;
}

bool clock_parse_length(struct span text, int64_t *ns)
{
	static const struct {
		char letter;
		int seconds;
	} unit[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	const uint64_t most = 36500ull * 86400;
	uint64_t n;

	if (!text.n || !num_u64(text.p, text.n - 1, most, &n))
		return false;
	for (unsigned i = 0; i < sizeof unit / sizeof *unit; i++)
		if (text.p[text.n - 1] == unit[i].letter && n <= most / (uint64_t)unit[i].seconds) {
			*ns = (int64_t)n * unit[i].seconds * second;
			return true;
		}
	return false;
}
