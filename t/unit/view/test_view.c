#include "unit.h"
#include "view/cell.h"

static const char *fit(const char *text, size_t width, enum text_keep keep)
{
	static struct buf b;

	buf_reset(&b);
	text_fit(&b, span_of(text), width, keep);
	return buf_cstr(&b);
}

static void widths(void)
{
	CHECK(text_width(SPAN("")) == 0);
	CHECK(text_width(SPAN("plain")) == 5);
	CHECK(text_width(SPAN("e\xcc\x81")) == 1);
	CHECK(text_width(SPAN("漢字")) == 4);
	CHECK(text_width(SPAN("…")) == 1);
	CHECK(text_width(SPAN("🙂")) == 2);
}

static void fitting(void)
{
	CHECK_STR(fit("exactly", 7, KEEP_START), "exactly");
	CHECK_STR(fit("one more", 7, KEEP_START), "one mo…");
	CHECK_STR(fit("one more", 7, KEEP_END), "…e more");
	CHECK_STR(fit("one more", 0, KEEP_END), "one more");
	CHECK_STR(fit("漢字漢字", 4, KEEP_START), "漢…");
	CHECK_STR(fit("漢字漢字", 4, KEEP_END), "…字");
	CHECK_STR(fit("漢字漢字", 5, KEEP_START), "漢字…");
}

/* No width, but no end either. */
static void heaped(void)
{
	struct buf marks = {0}, out = {0};

	buf_char(&marks, 'a');
	for (int i = 0; i < 100000; i++)
		buf_str(&marks, "\xcc\x81");
	text_fit(&out, buf_span(&marks), 10, KEEP_START);
	CHECK(out.n < 200);
	buf_reset(&out);
	text_fit(&out, buf_span(&marks), 10, KEEP_END);
	CHECK(out.n < 200);
	buf_free(&marks);
	buf_free(&out);
}

static void quoting(void)
{
	struct buf b = {0};

	text_quote(&b, (struct span){"a\"\\\n\0\x1b\xff\xe2\x80\xae\xef\xbf\xbe", 12 + 1});
	CHECK_STR(buf_cstr(&b), "\"a\\\"\\\\\\u000a\\u0000\\u001b\\\\xff\\u202e\\ufffe\"");
	buf_free(&b);
}

static void summaries(void)
{
	struct view_tally t = {.records = 1};
	struct view_end end = {.complete = true, .tally = &t};
	struct buf b = {0};

	view_summary(&b, &end);
	t = (struct view_tally){.findings = 3, .by_severity = {0, 1, 2}, .verdicts = 1, .checked = 120};
	end.status = STATUS_NO;
	view_summary(&b, &end);
	end.complete = false;
	view_summary(&b, &end);
	t = (struct view_tally){.verdicts = 1, .passed = 1, .checked = 120};
	end = (struct view_end){.complete = true, .by_hand = true, .tally = &t};
	view_summary(&b, &end);
	CHECK_STR(buf_cstr(&b), "1 record\n"
		  "3 findings (2 errors, 1 warning), 120 checked: no\n"
		  "3 findings (2 errors, 1 warning), 120 checked so far\n"
		  "no findings, 120 checked: yes (closed by hand)\n");
	buf_free(&b);
}

int main(void)
{
	widths();
	fitting();
	heaped();
	quoting();
	summaries();
	return unit_done();
}
