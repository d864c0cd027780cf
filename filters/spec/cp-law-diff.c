/* cp-law-diff: what was amended between two versions of a law document, and did the version grow enough? */
#include "charter/plane.h"
#include "charter/say.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "law/diff.h"
#include "os/in.h"

#include <errno.h>

static void amended(void *ctx, const struct amendment *a)
{
	struct buf *b = out_record("amendment");
	const struct law_doc *new = ctx;

	if (new->id.n)
		jsonw_str(b, "framework_id", new->id);
	jsonw_cstr(b, "section", law_section_name(a->section));
	jsonw_cstr(b, "change", a->change);
	jsonw_cstr(b, "needs", law_need_name(a->needs));
	jsonw_str(b, "text", a->text);
	if (a->was.n)
		jsonw_str(b, "was", a->was);
	if (a->is.n)
		jsonw_str(b, "is", a->is);
	if (a->old_line)
		jsonw_int(b, "old_line", (int64_t)a->old_line);
	if (a->line)
		jsonw_int(b, "line", (int64_t)a->line);
	emit_out();
}

static void read_law(const char *file, struct buf *text, struct lawbook *book)
{
	struct buf line = {0};
	struct record r = {0};
	const char *why;

	if (slurp(file, MARKDOWN_BYTES, text) < 0) {
		if (errno != EFBIG)
			sys_fail(errno, "unable to read %s", file);
		err_place(file, 0);
		bad_input("unable to read the law document: more than 256 KiB");
	}
	charter_framework(&line, buf_span(text), file);
	buf_char(&line, '}');
	why = record_parse(&r, buf_span(&line));
	if (why)
		bad_input("unable to make a record of %s: %s", file, why);
	lawbook_add(book, &r, true);
	record_free(&r);
	buf_free(&line);
}

static void start(int argc, char **argv)
{
	struct buf old = {0}, new = {0};
	struct lawbook book = {0};
	struct law_ends ends = charter_ends();

	(void)argc;
	read_law(argv[0], &old, &book);
	read_law(argv[1], &new, &book);
	law_diff(book.doc[0], book.doc[1], !span_eq(buf_span(&old), buf_span(&new)), &ends, amended, book.doc[1]);
	lawbook_free(&book);
	buf_free(&old);
	buf_free(&new);
}

static const struct filter self = {
	.name = "cp-law-diff",
	.summary = "tell what a new version of a law document amends, and whether its version admits it",
	.args = "OLD NEW",
	.reads = "",
	.writes = "amendment finding",
	.role = ROLE_SOURCE,
	.operands_min = 2,
	.operands_max = 2,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
