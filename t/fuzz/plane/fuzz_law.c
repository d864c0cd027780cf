/* The law: whatever the document, what is read of it is a record, its lines are lines of the document, and judging it
 * ends. The first byte says what the rest is: a law document, a manifest of a spec, or records that somebody made up.
 */
#include "law/chain.h"
#include "law/diff.h"
#include "law/spec.h"

#include <stdint.h>
#include <stdlib.h>

static uint64_t last_line; /* no finding may name a line behind it */

static void report(void *ctx, enum code c, enum severity s, struct span where, uint64_t line, const char *detail)
{
	(void)ctx;
	(void)s;
	(void)where;
	if (c >= CODE_COUNT || !*detail || line > last_line)
		abort();
}

static void amended(void *ctx, const struct amendment *a)
{
	(void)ctx;
	if (a->needs <= NEED_PATCH)
		abort();
}

static const struct law_ends ends = {.report = report};

static void add(struct lawbook *book, struct span line, bool must)
{
	struct record r = {0};

	if (!record_parse(&r, line))
		lawbook_add(book, &r, true);
	else if (must)
		abort();
	record_free(&r);
}

static void judge(struct lawbook *book)
{
	law_check(book, &ends);
	spec_check(book, &ends, true);
	for (size_t i = 0; i < book->n; i++) {
		const struct chain_file f = {.path = SPAN("libs/PKG-A/a.c"), .spec = book->doc[i]->id};

		chain_file(book, &f, &ends);
		if (book->doc[i]->sort == LAW_FRAMEWORK && book->doc[0]->sort == LAW_FRAMEWORK)
			law_diff(book->doc[0], book->doc[i], i > 0, &ends, amended, NULL);
	}
}

static void law_document(struct lawbook *book, struct span text)
{
	struct markdown m = {0};
	struct buf line = {0};

	if (markdown_read(&m, text)) {
		buf_str(&line, "{\"kind\":\"framework\"");
		law_members(&line, &m, SPAN("frameworks/a.md"));
		buf_char(&line, '}');
		if (line.n < RECORD_BYTES)
			add(book, buf_span(&line), true);
	}
	markdown_free(&m);
	buf_free(&line);
}

static void spec_document(struct lawbook *book, struct span text)
{
	struct yamldoc y = {0};
	struct buf line = {0};

	if (yamldoc_parse(&y, text.n ? text.p : "", text.n, RECORD_BYTES)) {
		buf_str(&line, "{\"kind\":\"spec\"");
		if (!spec_members(&line, &y, SPAN("specs/SPEC-A/manifest.yaml"))) {
			buf_char(&line, '}');
			if (line.n < RECORD_BYTES)
				add(book, buf_span(&line), true);
		}
	}
	yamldoc_free(&y);
	buf_free(&line);
}

static void records(struct lawbook *book, struct span text)
{
	last_line = INT32_MAX;
	while (text.n) {
		const char *lf = memchr(text.p, '\n', text.n);
		size_t n = lf ? (size_t)(lf - text.p) : text.n;

		add(book, (struct span){text.p, n}, false);
		text = (struct span){text.p + n + (lf != NULL), text.n - n - (lf != NULL)};
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data + 1, size - 1};
	struct lawbook book = {0};

	if (!size)
		return 0;
	last_line = 1;
	for (size_t i = 0; i < text.n; i++)
		last_line += text.p[i] == '\n';
	if (data[0] % 3 == 0)
		law_document(&book, text);
	else if (data[0] % 3 == 1)
		spec_document(&book, text);
	else
		records(&book, text);
	judge(&book);
	lawbook_free(&book);
	return 0;
}
