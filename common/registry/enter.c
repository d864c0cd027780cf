#include "registry/enter.h"

#include "chain/event.h"
#include "filter/filter.h"
#include "filter/share.h"
#include "ledger/book.h"
#include "registry/project.h"
#include "store/kinds.h"

static void schema_fault(void *ctx, struct span instance, struct span keyword, const char *reason)
{
	struct buf *text = ctx;

	if (!text->n)
		schema_text(text, instance, keyword, reason);
}

bool enter_fits(const struct json *body, const char *event_type, struct buf *why)
{
	struct kinds *kinds = kinds_new(share_schemas(), SCHEMA_REFUSE);
	char kind[EVENT_KIND];
	const struct schema *s = kinds_get(kinds, event_kind(span_of(event_type), kind));
	struct buf text = {0};
	bool good;

	if (!s)
		sys_fail(0, "unable to find the schema of %s", event_type);
	good = schema_apply(s, body, 0, schema_fault, &text);
	buf_span_add(why, buf_span(&text));
	buf_free(&text);
	kinds_free(kinds);
	return good;
}

void enter_append(const char *path, const struct json *body, struct buf *author)
{
	struct book_ack ack;
	struct book b;

	book_open(&b, path, filter_dry_run());
	b.author = buf_cstr(author);
	book_append_once(&b, body, buf_span(author), &ack);
	book_ack_write(out_record("ack"), &b, &ack);
	emit_out();
	book_close(&b);
}

void enter_project(int root, const char *root_path)
{
	struct project p = {.root = root};

	if (project_run(&p, root_path, true))
		outputs_save(&p.outputs);
	project_free(&p);
}
