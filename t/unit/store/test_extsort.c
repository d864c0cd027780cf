#include "store/extsort.h"
#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

static unsigned seed = 1;

static unsigned next_random(void)
{
	seed = seed * 1103515245u + 12345u;
	return seed >> 8;
}

/* Sorts n entries with few different keys; each value says when it was added. */
static void sort_many(size_t memory, unsigned n, unsigned keys)
{
	struct extsort *s = extsort_new(memory);
	struct span key, value;
	char last_key[16] = "", text[2][16];
	unsigned seen = 0, last_value = 0, bad = 0;
	int more;

	for (unsigned i = 1; i <= n; i++) {
		snprintf(text[0], sizeof(text[0]), "common-%05u", next_random() % keys);
		snprintf(text[1], sizeof(text[1]), "%u", i);
		bad += extsort_add(s, span_of(text[0]), span_of(text[1])) != 0;
	}
	while ((more = extsort_next(s, &key, &value)) > 0) {
		unsigned long at;
		int c;

		snprintf(text[0], sizeof(text[0]), "%.*s", (int)key.n, key.p);
		snprintf(text[1], sizeof(text[1]), "%.*s", (int)value.n, value.p);
		at = strtoul(text[1], NULL, 10);
		c = strcmp(last_key, text[0]);
		bad += c > 0 || (c == 0 && at <= last_value);
		memcpy(last_key, text[0], sizeof(last_key));
		last_value = (unsigned)at;
		seen++;
	}
	CHECK_INT(more, 0);
	CHECK_INT(bad, 0);
	CHECK_INT(seen, n);
	CHECK_INT(extsort_next(s, &key, &value), 0);
	extsort_free(s);
}

static void sort_odd_keys(size_t memory)
{
	static const struct span in[] = {
		{"b", 1}, {"a\0b", 3}, {"", 0}, {"a", 1}, {"\xff", 1}, {"a\0", 2}, {"abcdefghi", 9}, {"abcdefgh", 8},
	};
	static const struct span want[] = {
		{"", 0}, {"a", 1}, {"a\0", 2}, {"a\0b", 3}, {"abcdefgh", 8}, {"abcdefghi", 9}, {"b", 1}, {"\xff", 1},
	};
	struct extsort *s = extsort_new(memory);
	struct span key, value;

	for (size_t i = 0; i < 8; i++)
		CHECK_INT(extsort_add(s, in[i], SPAN("")), 0);
	for (size_t i = 0; i < 8; i++) {
		CHECK_INT(extsort_next(s, &key, &value), 1);
		CHECK(span_eq(key, want[i]));
		CHECK_INT(value.n, 0);
	}
	CHECK_INT(extsort_next(s, &key, &value), 0);
	extsort_free(s);
}

/* An entry larger than the window of a run, and one larger than all memory. */
static void sort_long_values(void)
{
	enum { LONG = 300000 };
	struct extsort *s = extsort_new(100000);
	char *text = malloc(LONG);
	struct span key, value;

	memset(text, 'x', LONG);
	for (int i = 9; i >= 0; i--) {
		char k = (char)('0' + i);

		CHECK_INT(extsort_add(s, (struct span){&k, 1}, (struct span){text, (size_t)(LONG - i)}), 0);
	}
	for (int i = 0; i <= 9; i++) {
		CHECK_INT(extsort_next(s, &key, &value), 1);
		CHECK_INT(key.p[0], '0' + i);
		CHECK_INT(value.n, LONG - i);
		CHECK(memcmp(value.p, text, value.n) == 0);
	}
	CHECK_INT(extsort_next(s, &key, &value), 0);
	extsort_free(s);
	free(text);
}

static void fail_to_spill(void)
{
	struct extsort *s = extsort_new(1000);
	int failed = 0;

	setenv("TMPDIR", "/nonexistent", 1);
	for (int i = 0; i < 100 && !failed; i++)
		failed = extsort_add(s, SPAN("key"), SPAN("0123456789")) < 0;
	CHECK(failed);
	extsort_free(s);
	unsetenv("TMPDIR");
}

int main(void)
{
	struct extsort *none = extsort_new(1000);
	struct span key, value;

	CHECK_INT(extsort_next(none, &key, &value), 0);
	extsort_free(none);
	sort_many(1 << 30, 20000, 50);
	sort_many(20000, 20000, 50);
	sort_many(2000, 5000, 100000 / 3);
	sort_odd_keys(1 << 20);
	sort_odd_keys(1);
	sort_long_values();
	fail_to_spill();
	return unit_done();
}
