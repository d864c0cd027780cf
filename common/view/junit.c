/* JUnit XML: a test suite for each verdict, holding the findings since the verdict before. An error is a failed
 * test case, a warning or a note a passed one with output. A suite's counts stand before its cases, so a suite is
 * held until its verdict, HELD bytes of it at most: the findings beyond are counted and reported as one failure. */
#include "base/text.h"
#include "view/cell.h"

#include <stdlib.h>

enum { HELD = 16 << 20 };

struct junit {
	struct buf cases, plain;
	uint64_t tests, failures, left_out;
	uint64_t suites, failed;
};

static void *junit_open(const struct view_ask *ask, struct buf *out)
{
	(void)ask;
	buf_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"cp-filters\">\n");
	return xcalloc(1, sizeof(struct junit));
}

/* Text or an attribute's value. The controls XML 1.0 cannot hold are gone after text_escape; two code points are
 * left. */
static void put_xml(struct junit *u, struct buf *out, struct span text)
{
	buf_reset(&u->plain);
	text_escape(&u->plain, text.p, text.n);
	for (size_t i = 0; i < u->plain.n; i++) {
		char c = u->plain.p[i];

		if (c == '&')
			buf_str(out, "&amp;");
		else if (c == '<')
			buf_str(out, "&lt;");
		else if (c == '>')
			buf_str(out, "&gt;");
		else if (c == '"')
			buf_str(out, "&quot;");
		else if (u->plain.n - i >= 3 && memcmp(u->plain.p + i, "\xef\xbf\xbe", 3) == 0)
			i += 2, buf_str(out, "\\u{fffe}");
		else if (u->plain.n - i >= 3 && memcmp(u->plain.p + i, "\xef\xbf\xbf", 3) == 0)
			i += 2, buf_str(out, "\\u{ffff}");
		else
			buf_char(out, c);
	}
}

static void put_attribute(struct junit *u, struct buf *out, const char *name, struct span text)
{
	buf_printf(out, " %s=\"", name);
	put_xml(u, out, text);
	buf_char(out, '"');
}

static void begin_case(struct junit *u, struct span class, struct span name)
{
	buf_str(&u->cases, "    <testcase");
	put_attribute(u, &u->cases, "classname", class);
	put_attribute(u, &u->cases, "name", name);
	buf_str(&u->cases, ">");
	u->tests++;
}

static void end_case(struct junit *u, struct span type, struct span message, bool failed)
{
	if (failed) {
		buf_str(&u->cases, "<failure");
		put_attribute(u, &u->cases, "type", type);
		put_attribute(u, &u->cases, "message", message);
		buf_str(&u->cases, "/>");
		u->failures++;
	}
	buf_str(&u->cases, "</testcase>\n");
}

static void put_finding(struct junit *u, struct record *r)
{
	struct finding_cells f = {0};

	if (u->cases.n > HELD) {
		u->left_out++;
		return;
	}
	finding_cells_read(&f, r);
	begin_case(u, f.code, f.path.n ? f.path : f.by);
	if (f.severity != SEVERITY_ERROR) {
		buf_printf(&u->cases, "<system-out>%s: ", severity_name(f.severity));
		put_xml(u, &u->cases, f.detail);
		buf_str(&u->cases, "</system-out>");
	}
	end_case(u, f.code, f.detail, f.severity == SEVERITY_ERROR);
	finding_cells_free(&f);
}

static void put_suite(struct junit *u, struct buf *out, struct span name)
{
	struct buf text = {0};

	if (u->left_out) {
		buf_printf(&text, "%llu more findings are not listed here", (unsigned long long)u->left_out);
		begin_case(u, SPAN("findings"), SPAN("not listed"));
		end_case(u, SPAN("findings"), buf_span(&text), true);
	}
	buf_str(out, "  <testsuite");
	put_attribute(u, out, "name", name);
	buf_printf(out, " tests=\"%llu\" failures=\"%llu\" errors=\"0\" skipped=\"0\">\n", (unsigned long long)u->tests,
		   (unsigned long long)u->failures);
	buf_span_add(out, buf_span(&u->cases));
	buf_str(out, "  </testsuite>\n");
	u->suites++;
	u->failed += u->failures;
	u->tests = u->failures = u->left_out = 0;
	buf_reset(&u->cases);
	buf_free(&text);
}

static void put_verdict(struct junit *u, struct record *r, struct buf *out)
{
	struct verdict_cells v = {0};
	struct buf text = {0};

	verdict_cells_read(&v, r);
	buf_printf(&text, "%lld checked", (long long)v.checked);
	begin_case(u, v.gate, SPAN("verdict"));
	if (v.pass)
		buf_printf(&u->cases, "<system-out>%s</system-out>", buf_cstr(&text));
	end_case(u, SPAN("verdict"), buf_span(&text), !v.pass);
	put_suite(u, out, v.gate);
	verdict_cells_free(&v);
	buf_free(&text);
}

static void junit_record(void *state, struct record *r, struct buf *out)
{
	if (record_is(r, "finding"))
		put_finding(state, r);
	else if (record_is(r, "verdict"))
		put_verdict(state, r, out);
}

static void put_broken(struct buf *out, const char *why)
{
	buf_printf(out, "  <testsuite name=\"stream\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n"
		   "    <testcase classname=\"stream\" name=\"end\">"
		   "<error type=\"stream\" message=\"%s\"/></testcase>\n"
		   "  </testsuite>\n", why);
}

static void junit_close(void *state, const struct view_end *end, struct buf *out)
{
	struct junit *u = state;
	struct buf why = {0};

	if (u->tests || u->left_out)
		put_suite(u, out, SPAN("findings"));
	if (!end->complete)
		buf_printf(&why, "cut: %s", view_cut);
	else if (end->status != STATUS_YES && !u->failed)
		buf_printf(&why, "the stream's status is %d", (int)end->status);
	else if (!u->suites)
		buf_str(&why, "nothing was judged");
	if (why.n)
		put_broken(out, buf_cstr(&why));
	buf_str(out, "</testsuites>\n");
	buf_free(&why);
	buf_free(&u->cases);
	buf_free(&u->plain);
	free(u);
}

const struct view view_junit = {"junit", false, junit_open, junit_record, junit_close};
