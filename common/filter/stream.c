#include "filter/stream.h"

#include "base/num.h"
#include "data/jsonw.h"

#include <errno.h>

void stream_open(struct stream *s, int fd, const char *name)
{
	*s = (struct stream){.name = name};
	in_open(&s->in, fd, RECORD_BYTES);
}

void stream_close(struct stream *s)
{
	in_close(&s->in);
	record_free(&s->record);
	buf_free(&s->by);
}

static enum stream_result bad(struct stream *s, const char *why)
{
	err_place(s->name, s->in.line);
	complain("unable to trust the stream: %s", why);
	s->bad = STATUS_INPUT;
	return STREAM_BAD;
}

static enum stream_result bad_line(struct stream *s, enum in_result got)
{
	switch (got) {
	case IN_CUT:
		return bad(s, "the last line is cut");
	case IN_LONG:
		return bad(s, "the line is longer than 1 MiB");
	default:
		err_place(s->name, 0);
		complain("unable to read: %s", strerror(errno));
		s->bad = errno == EISDIR ? STATUS_INPUT : STATUS_SYSTEM;
		return STREAM_BAD;
	}
}

/* The end record: what it says must be what was seen, and nothing may follow. */
static enum stream_result ended(struct stream *s)
{
	int64_t count, status;
	struct span by, rest;
	struct buf scratch = {0};
	enum in_result got;

	if (!record_int(&s->record, "count", 0, NUM_MAX_SAFE, &count) ||
	    !record_int(&s->record, "status", STATUS_YES, STATUS_SYSTEM, &status) ||
	    !record_str(&s->record, "by", &by, &scratch)) {
		buf_free(&scratch);
		return bad(s, "the end record lacks count, status or by");
	}
	buf_reset(&s->by);
	buf_span_add(&s->by, by);
	buf_free(&scratch);
	s->by_hand = record_true(&s->record, "by_hand");
	if (!s->by_hand && record_get(&s->record, "by_hand") &&
	    s->record.json.node[record_get(&s->record, "by_hand")].type != JSON_FALSE)
		return bad(s, "the end record's by_hand is neither true nor false");
	s->status = (enum status)status;
	if ((uint64_t)count != s->count)
		return bad(s, "the end record counts other lines than there are");
	got = in_line(&s->in, &rest);
	if (got == IN_END)
		return STREAM_END;
	return got == IN_ERROR ? bad_line(s, got) : bad(s, "there is something behind the end record");
}

enum stream_result stream_next(struct stream *s)
{
	struct span line;
	enum in_result got = in_line(&s->in, &line);
	const char *why;

	if (got == IN_END)
		return STREAM_OPEN;
	if (got != IN_LINE)
		return bad_line(s, got);
	why = record_parse(&s->record, line);
	if (why)
		return bad(s, why);
	if (s->record.kind.n == 3 && memcmp(s->record.kind.p, "end", 3) == 0)
		return ended(s);
	s->record.number = s->in.line;
	s->count++;
	return STREAM_RECORD;
}

void end_write(struct buf *b, uint64_t count, enum status status, struct span by, bool by_hand)
{
	jsonw_open(b, NULL);
	jsonw_cstr(b, "kind", "end");
	jsonw_int(b, "count", (int64_t)count);
	jsonw_int(b, "status", status);
	jsonw_str(b, "by", by);
	if (by_hand)
		jsonw_bool(b, "by_hand", true);
	jsonw_close(b);
}
