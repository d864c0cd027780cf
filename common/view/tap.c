/* TAP, version 13 (which a reader of 14 reads, and prove reads nothing younger): a `not ok` for each finding that is an
 * error and each verdict that says no, an `ok` for each verdict that says yes. Warnings and notes are comments. A
 * stream that says no has at least one `not ok`, and so has one in which nobody judged anything. Holds nothing; the
 * plan comes last. */
#include "base/text.h"
#include "view/cell.h"

#include <stdlib.h>

struct tap {
	uint64_t n, failed;
	struct buf text;
};

static void *tap_open(const struct view_ask *ask, struct buf *out)
{
	(void)ask;
	buf_str(out, "TAP version 13\n");
	return xcalloc(1, sizeof(struct tap));
}

static void describe(struct tap *t, struct buf *out, struct span text)
{
	buf_reset(&t->text);
	text_escape(&t->text, text.p, text.n);
	for (size_t i = 0; i < t->text.n; i++) {
		if (t->text.p[i] == '#' || t->text.p[i] == '\\')
			buf_char(out, '\\');
		buf_char(out, t->text.p[i]);
	}
}

static void put_point(struct tap *t, struct buf *out, bool ok)
{
	t->failed += !ok;
	buf_printf(out, "%sok %llu - ", ok ? "" : "not ", (unsigned long long)++t->n);
}

static void put_yaml(struct buf *out, const char *key, struct span text)
{
	buf_printf(out, "  %s: ", key);
	text_quote(out, text);
	buf_char(out, '\n');
}

static void put_finding(struct tap *t, struct record *r, struct buf *out)
{
	struct finding_cells f = {0};

	finding_cells_read(&f, r);
	if (f.severity == SEVERITY_ERROR)
		put_point(t, out, false);
	else
		buf_printf(out, "# %s: ", severity_name(f.severity));
	describe(t, out, f.code);
	if (f.path.n) {
		buf_char(out, ' ');
		describe(t, out, f.path);
	}
	buf_char(out, '\n');
	if (f.severity == SEVERITY_ERROR) {
		buf_str(out, "  ---\n");
		put_yaml(out, "severity", span_of(severity_name(f.severity)));
		put_yaml(out, "code", f.code);
		if (f.path.n)
			put_yaml(out, "path", f.path);
		put_yaml(out, "message", f.detail);
		put_yaml(out, "by", f.by);
		buf_str(out, "  ...\n");
	}
	finding_cells_free(&f);
}

static void tap_record(void *state, struct record *r, struct buf *out)
{
	struct verdict_cells v = {0};
	struct tap *t = state;

	if (record_is(r, "finding"))
		put_finding(t, r, out);
	if (!record_is(r, "verdict"))
		return;
	verdict_cells_read(&v, r);
	put_point(t, out, v.pass);
	buf_str(out, "gate ");
	describe(t, out, v.gate);
	buf_printf(out, ", %lld checked\n", (long long)v.checked);
	verdict_cells_free(&v);
}

static void tap_close(void *state, const struct view_end *end, struct buf *out)
{
	struct tap *t = state;

	if (!end->complete)
		buf_printf(out, "Bail out! %s\n", view_cut);
	else if (end->status != STATUS_YES && !t->failed)
		buf_printf(out, "not ok %llu - the stream's status is %d\n", (unsigned long long)++t->n,
			   (int)end->status);
	else if (!t->n)
		buf_printf(out, "not ok %llu - nothing was judged\n", (unsigned long long)++t->n);
	if (end->complete)
		buf_printf(out, "1..%llu\n", (unsigned long long)t->n);
	buf_free(&t->text);
	free(t);
}

const struct view view_tap = {"tap", false, tap_open, tap_record, tap_close};
