/* SARIF 2.1.0 (OASIS): one run, a result for each finding, a rule for each code of the table. Verdicts stand in
 * the run's properties, VERDICTS of them at most. A cut stream is a run that was not executed successfully. */
#include "base/text.h"
#include "view/cell.h"

#include <stdlib.h>

enum { VERDICTS = 1000 };

struct sarif {
	uint64_t results, verdicts;
	struct buf held; /* the verdicts, as JSON */
};

static void put_rules(struct buf *out)
{
	for (int c = 0; c < CODE_COUNT; c++) {
		buf_printf(out, "%s\n      {\"id\": \"%s\", \"shortDescription\": {\"text\": ", c ? "," : "",
			   code_name((enum code)c));
		text_quote(out, span_of(code_text((enum code)c)));
		buf_printf(out, "}, \"defaultConfiguration\": {\"level\": \"%s\"}}",
			   severity_name(code_severity((enum code)c)));
	}
}

static void *sarif_open(const struct view_ask *ask, struct buf *out)
{
	(void)ask;
	buf_str(out, "{\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n \"version\": \"2.1.0\",\n"
		" \"runs\": [{\n  \"tool\": {\"driver\": {\n"
		"   \"name\": \"cp-filters\", \"version\": \"" CP_VERSION "\",\n"
		"   \"rules\": [");
	put_rules(out);
	buf_str(out, "]}},\n  \"columnKind\": \"unicodeCodePoints\",\n  \"results\": [");
	return xcalloc(1, sizeof(struct sarif));
}

/* RFC 3986: unreserved characters and `/` stand for themselves, every other byte is %HH. */
static void put_uri(struct buf *out, struct span path)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < path.n; i++) {
		unsigned char c = (unsigned char)path.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			     (c && strchr("-._~/", c));

		if (plain)
			buf_char(out, (char)c);
		else
			buf_add(out, (char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
	}
}

static void put_result(struct sarif *s, struct record *r, struct buf *out)
{
	struct finding_cells f = {0};
	enum code code;

	finding_cells_read(&f, r);
	buf_str(out, s->results++ ? ",\n   {\"ruleId\": " : "\n   {\"ruleId\": ");
	text_quote(out, f.code);
	if (code_of(f.code, &code))
		buf_printf(out, ", \"ruleIndex\": %d", (int)code);
	buf_printf(out, ", \"level\": \"%s\", \"message\": {\"text\": ", severity_name(f.severity));
	text_quote(out, f.detail.n ? f.detail : f.code);
	buf_char(out, '}');
	if (f.located) {
		buf_str(out, ",\n    \"locations\": [{\"physicalLocation\": {\"artifactLocation\": {\"uri\": \"");
		put_uri(out, f.file);
		buf_str(out, "\", \"uriBaseId\": \"%SRCROOT%\"}");
		if (f.line)
			buf_printf(out, ", \"region\": {\"startLine\": %lld}", (long long)f.line);
		buf_str(out, "}}]");
	}
	buf_str(out, ",\n    \"properties\": {\"by\": ");
	text_quote(out, f.by);
	if (f.path.n && !f.located) { /* no location beneath the root */
		buf_str(out, ", \"path\": ");
		text_quote(out, f.path);
	}
	buf_char(out, '}');
	buf_char(out, '}');
	finding_cells_free(&f);
}

static void hold_verdict(struct sarif *s, const struct record *r)
{
	struct verdict_cells v = {0};

	if (s->verdicts++ >= VERDICTS)
		return;
	verdict_cells_read(&v, r);
	buf_str(&s->held, s->held.n ? ", {\"gate\": " : "{\"gate\": ");
	text_quote(&s->held, v.gate);
	buf_printf(&s->held, ", \"pass\": %s, \"checked\": %lld}", v.pass ? "true" : "false", (long long)v.checked);
	verdict_cells_free(&v);
}

static void sarif_record(void *state, struct record *r, struct buf *out)
{
	if (record_is(r, "finding"))
		put_result(state, r, out);
	else if (record_is(r, "verdict"))
		hold_verdict(state, r);
}

static void sarif_close(void *state, const struct view_end *end, struct buf *out)
{
	struct sarif *s = state;

	buf_str(out, "],\n  \"invocations\": [{\"executionSuccessful\": ");
	if (end->complete)
		buf_printf(out, "%s, \"exitCode\": %d}],\n", end->status < STATUS_USAGE ? "true" : "false",
			   (int)end->status);
	else
		buf_printf(out, "false, \"toolExecutionNotifications\": [\n   {\"level\": \"error\", \"message\": "
			   "{\"text\": \"cut: %s\"}}]}],\n", view_cut);
	buf_str(out, "  \"properties\": {\"verdicts\": [");
	buf_span_add(out, buf_span(&s->held));
	buf_printf(out, "], \"verdictCount\": %llu}\n }]\n}\n", (unsigned long long)s->verdicts);
	buf_free(&s->held);
	free(s);
}

const struct view view_sarif = {"sarif", false, sarif_open, sarif_record, sarif_close};
