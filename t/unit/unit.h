/* The least a unit test needs. Each test is a main() that CHECKs and returns unit_done(); exit status 77 with a
 * reason on stdout means skipped. */
#ifndef CP_UNIT_H
#define CP_UNIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned unit_checks, unit_failures;

#define CHECK(cond) unit_check((cond) ? 1 : 0, #cond, __FILE__, __LINE__)
#define CHECK_STR(got, want) unit_check_str((got), (want), #got, __FILE__, __LINE__)
#define CHECK_INT(got, want) unit_check_int((long long)(got), (long long)(want), #got, __FILE__, __LINE__)
/* p is n bytes, want a C string. */
#define CHECK_SPAN(p, n, want) unit_check_span((p), (n), (want), #p, __FILE__, __LINE__)

static inline int unit_check(int good, const char *what, const char *file, int line)
{
	unit_checks++;
	if (!good) {
		unit_failures++;
		printf("%s:%d: not so: %s\n", file, line, what);
	}
	return good;
}

static inline int unit_check_str(const char *got, const char *want, const char *what, const char *file, int line)
{
	int good = got && want ? strcmp(got, want) == 0 : got == want;

	unit_checks++;
	if (!good) {
		unit_failures++;
		printf("%s:%d: %s\n\tis    \"%s\"\n\tnot   \"%s\"\n", file, line, what, got ? got : "(null)",
		       want ? want : "(null)");
	}
	return good;
}

static inline int unit_check_int(long long got, long long want, const char *what, const char *file, int line)
{
	unit_checks++;
	if (got != want) {
		unit_failures++;
		printf("%s:%d: %s is %lld, not %lld\n", file, line, what, got, want);
	}
	return got == want;
}

static inline int unit_check_span(const char *p, size_t n, const char *want, const char *what, const char *file,
				  int line)
{
	int good = n == strlen(want) && (n == 0 || memcmp(p, want, n) == 0);

	unit_checks++;
	if (!good) {
		unit_failures++;
		printf("%s:%d: %s\n\tis    \"%.*s\"\n\tnot   \"%s\"\n", file, line, what, (int)n, n ? p : "", want);
	}
	return good;
}

/* Ends the test as skipped. */
static inline _Noreturn void unit_skip(const char *why)
{
	printf("%s\n", why);
	exit(77);
}

/* What main returns. A test that checked nothing has failed. */
static inline int unit_done(void)
{
	if (unit_checks == 0)
		printf("nothing was checked\n");
	else
		printf("%u checks, %u failed\n", unit_checks, unit_failures);
	return unit_failures || unit_checks == 0;
}

#endif
