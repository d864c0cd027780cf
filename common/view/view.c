#include "view/view.h"

static const struct view *const views[] = {
	&view_table, &view_tree, &view_csv, &view_markdown, &view_tap, &view_junit, &view_sarif, &view_prometheus,
};

const char view_cut[] = "the stream has no end";

const struct view *view_at(size_t i)
{
	return i < sizeof views / sizeof *views ? views[i] : NULL;
}

const struct view *view_find(const char *name)
{
	for (size_t i = 0; i < sizeof views / sizeof *views; i++)
		if (strcmp(views[i]->name, name) == 0)
			return views[i];
	return NULL;
}

static void count_finding(struct view_tally *t, const struct record *r)
{
	enum severity severity = SEVERITY_ERROR;
	struct buf scratch = {0};
	struct span name;

	if (record_str(r, "severity", &name, &scratch))
		severity_of(name, &severity);
	t->findings++;
	t->by_severity[severity]++;
	buf_free(&scratch);
}

void view_count(struct view_tally *t, const struct record *r)
{
	int64_t checked;

	t->records++;
	if (record_is(r, "finding"))
		count_finding(t, r);
	if (!record_is(r, "verdict"))
		return;
	t->verdicts++;
	t->passed += record_true(r, "pass");
	if (record_int(r, "checked", 0, INT64_MAX, &checked))
		t->checked += (uint64_t)checked;
}

static void counted(struct buf *b, uint64_t n, const char *noun)
{
	if (n)
		buf_u64(b, n);
	else
		buf_str(b, "no");
	buf_printf(b, " %s%s", noun, n == 1 ? "" : "s");
}

static void severities(struct buf *b, const struct view_tally *t)
{
	const char *between = " (";

	for (int s = SEVERITY_ERROR; s >= SEVERITY_NOTE; s--) {
		if (!t->by_severity[s])
			continue;
		buf_str(b, between);
		counted(b, t->by_severity[s], severity_name((enum severity)s));
		between = ", ";
	}
	buf_char(b, ')');
}

void view_summary(struct buf *b, const struct view_end *end)
{
	const struct view_tally *t = end->tally;
	bool judged = t->findings || t->verdicts || (end->complete && end->status != STATUS_YES);

	counted(b, judged ? t->findings : t->records, judged ? "finding" : "record");
	if (t->findings)
		severities(b, t);
	if (t->verdicts) {
		buf_str(b, ", ");
		buf_u64(b, t->checked);
		buf_str(b, " checked");
	}
	if (!end->complete)
		buf_str(b, " so far");
	else if (judged)
		buf_str(b, end->status == STATUS_YES && t->passed == t->verdicts ? ": yes" : ": no");
	buf_str(b, end->complete && end->by_hand ? " (closed by hand)\n" : "\n");
}
