#include "ledger/record.h"

#include "base/num.h"
#include "base/text.h"
#include "data/jsonw.h"
#include "filter/filter.h"

void source_label(struct buf *b, struct span path)
{
	if (utf8_valid(path.p, path.n))
		buf_span_add(b, path);
	else
		text_escape(b, path.p, path.n);
}

void ledger_label(struct buf *b, const struct source *s)
{
	if (s->opening.kind <= OPENING_SEGMENT)
		buf_span_add(b, s->opening.ledger);
	else
		source_label(b, span_of(s->place->path));
}

void entry_line(struct json *j, struct source *s, struct span line, bool ours)
{
	err_place(buf_cstr(&s->name), s->line);
	if (!json_parse(j, line.p, line.n, ours ? JSON_RECORD : JSON_DOCUMENT) || j->node[0].type != JSON_OBJECT)
		bad_input("unable to trust the ledger: the line is no entry: %s", j->error ? j->error : "no object");
	if (j->depth > ENTRY_DEPTH)
		bad_input("unable to trust the ledger: the entry is too deep");
}

int64_t entry_seq(const struct json *j)
{
	uint32_t seq = json_get(j, 0, "seq");
	int64_t v;

	return seq && json_int(j, seq, 0, NUM_MAX_SAFE, &v) ? v : -1;
}

void entry_members(struct buf *b, struct span ledger, struct span source, int64_t seq, uint64_t number,
		   struct span line)
{
	jsonw_str(b, "ledger", ledger);
	jsonw_str(b, "source", source);
	if (seq >= 0)
		jsonw_int(b, "seq", seq);
	jsonw_int(b, "line", (int64_t)number);
	buf_str(b, ",\"entry\":");
	buf_span_add(b, line);
}
