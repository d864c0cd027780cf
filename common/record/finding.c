#include "record/finding.h"

#include "base/text.h"
#include "data/jsonw.h"

static const struct {
	const char *name;
	enum severity severity;
	const char *text;
} table[CODE_COUNT] = {
#define CODE(name, severity, text) {#name, SEVERITY_##severity, text},
#include "record/codes.def"
#undef CODE
};

static const char *const severities[] = {"note", "warning", "error"};

const char *code_name(enum code c) { return table[c].name; }
enum severity code_severity(enum code c) { return table[c].severity; }
const char *code_text(enum code c) { return table[c].text; }
const char *severity_name(enum severity s) { return severities[s]; }

bool code_of(struct span name, enum code *out)
{
	for (int c = 0; c < CODE_COUNT; c++) {
		if (span_is(name, table[c].name)) {
			*out = (enum code)c;
			return true;
		}
	}
	return false;
}

bool severity_of(struct span name, enum severity *out)
{
	for (int s = SEVERITY_NOTE; s <= SEVERITY_ERROR; s++) {
		if (span_is(name, severities[s])) {
			*out = (enum severity)s;
			return true;
		}
	}
	return false;
}

static void place_write(struct buf *b, const struct finding_place *p)
{
	struct buf safe = {0};

	if (p->source && utf8_valid(p->source, strlen(p->source)))
		buf_str(&safe, p->source);
	else if (p->source)
		text_escape(&safe, p->source, strlen(p->source));
	if (p->source)
		jsonw_str(b, "source", buf_span(&safe));
	if (p->line)
		jsonw_int(b, "line", (int64_t)p->line);
	if (p->seq >= 0)
		jsonw_int(b, "seq", p->seq);
	buf_free(&safe);
}

void finding_write(struct buf *b, enum code c, enum severity s, struct span path, const struct finding_place *place,
		   const char *detail, const char *by)
{
	struct span text = span_of(detail ? detail : code_text(c));
	struct buf safe = {0};

	jsonw_open(b, NULL);
	jsonw_cstr(b, "kind", "finding");
	jsonw_cstr(b, "code", code_name(c));
	jsonw_cstr(b, "severity", severity_name(s));
	if (path.p)
		jsonw_bytes(b, "path", path);
	if (place)
		place_write(b, place);
	if (!utf8_valid(text.p, text.n)) { /* a detail may quote a foreign name */
		text_escape(&safe, text.p, text.n);
		text = buf_span(&safe);
	}
	jsonw_str(b, "detail", text);
	jsonw_cstr(b, "by", by);
	jsonw_close(b);
	buf_free(&safe);
}
