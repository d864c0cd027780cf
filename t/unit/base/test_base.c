#include "base/buf.h"
#include "base/err.h"
#include "base/num.h"
#include "base/text.h"
#include "unit.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

static bool u64(const char *s, uint64_t max, uint64_t *v)
{
	return num_u64(s, strlen(s), max, v);
}

static bool i64(const char *s, int64_t min, int64_t max, int64_t *v)
{
	return num_i64(s, strlen(s), min, max, v);
}

static void test_num(void)
{
	static const char *const bad[] = {"", "-", "+1", "-0", "00", "01", " 1", "1 ", "1e3", "0x1", "1.0", "--1",
					  "1\n", "\xd9\xa1"};
	uint64_t v = 7;
	int64_t w = 7;
	unsigned mode = 7;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CHECK(!u64(bad[i], UINT64_MAX, &v));
		CHECK(!i64(bad[i], INT64_MIN, INT64_MAX, &w));
	}
	CHECK(!num_u64("1\0", 2, 9, &v) && !u64("-1", 9, &v) && v == 7 && w == 7);
	CHECK(u64("0", 0, &v) && v == 0);
	CHECK(u64("18446744073709551615", UINT64_MAX, &v) && v == UINT64_MAX);
	CHECK(!u64("18446744073709551616", UINT64_MAX, &v) && !u64("99999999999999999999", UINT64_MAX, &v));
	CHECK(!u64("184467440737095516150", UINT64_MAX, &v));
	CHECK(u64("9007199254740991", NUM_MAX_SAFE, &v) && !u64("9007199254740992", NUM_MAX_SAFE, &v));
	CHECK(i64("-9223372036854775808", INT64_MIN, INT64_MAX, &w) && w == INT64_MIN);
	CHECK(!i64("-9223372036854775809", INT64_MIN, INT64_MAX, &w));
	CHECK(i64("9223372036854775807", INT64_MIN, INT64_MAX, &w) && w == INT64_MAX);
	CHECK(!i64("9223372036854775808", INT64_MIN, INT64_MAX, &w));
	CHECK(i64("-5", -5, 5, &w) && w == -5 && !i64("-6", -5, 5, &w) && !i64("6", -5, 5, &w));
	CHECK(num_mode("0644", 4, &mode) && mode == 0644);
	CHECK(num_mode("004755", 6, &mode) && mode == 04755 && num_mode("7777", 4, &mode) && mode == 07777);
	CHECK(!num_mode("10000", 5, &mode) && !num_mode("", 0, &mode) && !num_mode("0000644", 7, &mode));
	CHECK(!num_mode("0648", 4, &mode) && !num_mode("-644", 4, &mode) && !num_mode("link", 4, &mode));
}

static void test_buf(void)
{
	struct buf b = {0};
	CHECK_STR(buf_cstr(&b), "");
	buf_u64(&b, 0);
	buf_char(&b, ' ');
	buf_u64(&b, UINT64_MAX);
	CHECK_STR(buf_cstr(&b), "0 18446744073709551615");
	CHECK_INT(b.n, 22);
	buf_reset(&b);
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "%d,", i % 10);
	CHECK_INT(b.n, 20000);
	CHECK(memcmp(b.p + 19996, "8,9,", 4) == 0);
	buf_add(&b, NULL, 0);
	buf_free(&b);
	CHECK(!b.p && !b.n && !b.cap);
	CHECK(span_cmp(SPAN("a"), SPAN("ab")) < 0 && span_cmp(SPAN("b"), SPAN("ab")) > 0 &&
	      span_cmp(SPAN(""), SPAN("")) == 0);
	CHECK(span_cmp(SPAN("\xff"), SPAN("a")) > 0);
	CHECK(span_eq((struct span){NULL, 0}, SPAN("")) && !span_is(SPAN("a\0"), "a"));
	char *s = xstrndup("abc", 2);
	CHECK_STR(s, "ab");
	free(s);
	s = xstrndup(NULL, 0);
	CHECK_STR(s, "");
	free(s);
}

static void test_hex(void)
{
	unsigned char out[2];
	char text[5] = {0};
	hex_encode((const unsigned char *)"\x00\xaf", 2, text);
	CHECK_STR(text, "00af");
	CHECK(hex_decode("00af", 4, out) && out[0] == 0 && out[1] == 0xaf);
	CHECK(!hex_decode("00AF", 4, out) && !hex_decode("00a", 3, out) && !hex_decode("0g", 2, out) &&
	      hex_decode("", 0, out));
}

static void check_base64(const char *plain, const char *coded)
{
	struct buf b = {0};
	buf_char(&b, '>');
	base64_add(&b, plain, strlen(plain));
	CHECK_STR(buf_cstr(&b) + 1, coded);
	b.n = 1;
	CHECK(base64_decode(&b, coded, strlen(coded)));
	CHECK_STR(buf_cstr(&b) + 1, plain);
	buf_free(&b);
}

static void test_base64(void)
{
	/* RFC 4648 section 10. */
	check_base64("", "");
	check_base64("f", "Zg==");
	check_base64("fo", "Zm8=");
	check_base64("foo", "Zm9v");
	check_base64("foob", "Zm9vYg==");
	check_base64("fooba", "Zm9vYmE=");
	check_base64("foobar", "Zm9vYmFy");
	check_base64("\xfb\xff\xbf", "+/+/");
	static const char *const bad[] = {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8", "=", "====", "Z===", "Zg==Zg==",
					  "Zm9v\n", "Zm 9", "Zm9-", "Zm9_", "Zg=a", "Zm9vZh==", "\xc3\xa9==" "aa"};
	struct buf b = {0};
	buf_str(&b, "kept");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(!base64_decode(&b, bad[i], strlen(bad[i])));
	CHECK_STR(buf_cstr(&b), "kept");
	CHECK(!base64_decode(&b, "Zm9v\0AAA", 8));
	buf_free(&b);
}

static void check_base64url(const char *coded, const char *plain)
{
	struct buf b = {0};
	CHECK(base64url_decode(&b, coded, strlen(coded)));
	CHECK_STR(buf_cstr(&b), plain);
	buf_free(&b);
}

static void test_base64url(void)
{
	check_base64url("", "");
	check_base64url("Zg", "f");
	check_base64url("Zm8", "fo");
	check_base64url("Zm9v", "foo");
	check_base64url("Zm9vYg", "foob");
	check_base64url("-_-_", "\xfb\xff\xbf");
	static const char *const bad[] = {"Z", "Zm9vY", "Zg==", "Zg=", "Zm8=", "Zh", "Zm9", "+/+/", "Zm9/", "Zm9+",
					  "Zm9v\n", "Zm 9", "=", "Z=", "====", "Zg==Zg", "\xc3\xa9" "aa"};
	struct buf b = {0};
	buf_str(&b, "kept");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(!base64url_decode(&b, bad[i], strlen(bad[i])));
	CHECK_STR(buf_cstr(&b), "kept");
	CHECK(!base64url_decode(&b, "Zm9v\0AAA", 8));
	buf_free(&b);
}

static void test_utf8(void)
{
	static const char *const good[] = {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
					   "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
					   "seven77\xc3\xa9 and eight888"};
	static const char *const bad[] = {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2" "a", "\xe0\x80\x80",
					  "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82",
					  "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
					  "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff",
					  "12345678abcdefg\xc3", "12345678\xed\xa0\x80xxxxx"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		CHECK(utf8_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(!utf8_valid(bad[i], strlen(bad[i])));
	CHECK(utf8_valid("a\0b", 3));
	unsigned wrong = 0;
	for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
		struct buf b = {0};
		uint32_t back = 0;
		if (cp == 0xd800)
			cp = 0xe000;
		utf8_add(&b, cp);
		wrong += utf8_decode(b.p, b.n, &back) != b.n || back != cp || (b.n > 1 && utf8_valid(b.p, b.n - 1));
		buf_free(&b);
	}
	CHECK_INT(wrong, 0);
}

static void check_escape(const char *p, size_t n, const char *want)
{
	struct buf b = {0};
	text_escape(&b, p, n);
	CHECK_STR(buf_cstr(&b), want);
	buf_free(&b);
}

static void test_escape(void)
{
	check_escape("a\nb\tc\rd", 7, "a\\nb\\tc\\x0dd");
	check_escape("\0\x1b[2J\x7f", 6, "\\x00\\x1b[2J\\x7f");
	check_escape("a\\n \"q\"", 7, "a\\n \"q\"");
	check_escape("\xc3\xa9\xe2\x82\xac", 5, "\xc3\xa9\xe2\x82\xac");
	check_escape("\xc2\x9b\xe2\x80\xae\xe2\x80\xa8\xe2\x81\xa6", 11, "\\u{009b}\\u{202e}\\u{2028}\\u{2066}");
	check_escape("\xff\xc3\xed\xa0\x80", 5, "\\xff\\xc3\\xed\\xa0\\x80");
}

/* Runs `what` in a child; returns its status, *text what it wrote to stderr. */
static int in_child(void (*what)(void), struct buf *text)
{
	int pipe_fd[2], status;
	buf_reset(text);
	if (pipe(pipe_fd) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		dup2(pipe_fd[1], 2);
		what();
		_exit(0);
	}
	close(pipe_fd[1]);
	ssize_t got;
	while ((got = read(pipe_fd[0], buf_room(text, 4096), 4096)) > 0)
		text->n += (size_t)got;
	close(pipe_fd[0]);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void say_all(void)
{
	complain("unable to read %s: %s", "lib/\x1b[31m\nx", "no");
	err_place("stdin", 12);
	complain("unable to parse: why");
	err_place("a\nb", 0);
	warn("spoken");
	err_quiet(1);
	warn("silent");
	errno = ENOENT;
	complain("errno %d", errno);
	if (errno == ENOENT)
		die(STATUS_INPUT, "unable to go on: %d", 3);
}

static void die_of_errno(void)
{
	errno = ENOSPC;
	die_errno("unable to write %s", "x");
}

static void ask_too_much(void)
{
	xreallocarray(NULL, SIZE_MAX / 2, 4);
}

static void test_err(void)
{
	struct buf text = {0};
	err_program("cp-test");
	CHECK_INT(in_child(say_all, &text), STATUS_INPUT);
	CHECK_STR(buf_cstr(&text), "cp-test: unable to read lib/\\x1b[31m\\nx: no\n"
				   "cp-test: stdin:12: unable to parse: why\n"
				   "cp-test: a\\nb: spoken\n"
				   "cp-test: a\\nb: errno 2\n"
				   "cp-test: a\\nb: unable to go on: 3\n");
	CHECK_INT(in_child(die_of_errno, &text), STATUS_SYSTEM);
	CHECK_STR(buf_cstr(&text), "cp-test: unable to write x: No space left on device\n");
	CHECK_INT(in_child(ask_too_much, &text), STATUS_SYSTEM);
	CHECK_STR(buf_cstr(&text), "cp-test: unable to get memory: out of memory\n");
	buf_free(&text);
}

int main(void)
{
	test_num();
	test_buf();
	test_hex();
	test_base64();
	test_base64url();
	test_utf8();
	test_escape();
	test_err();
	return unit_done();
}
