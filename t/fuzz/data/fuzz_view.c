/* Every format on arbitrary records, whole and cut. The input's first byte chooses the format, its width and how
 * it ends; the rest are lines. What comes out must be well-formed as far as that can be seen without a parser of
 * the format. */
#include "base/text.h"
#include "view/view.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* UTF-8, and nothing a terminal obeys but the line feeds and what `allowed` names. */
static void safe_text(struct span s, const char *allowed)
{
	uint32_t cp;

	for (size_t i = 0, len; i < s.n; i += len) {
		len = utf8_decode(s.p + i, s.n - i, &cp);
		must(len > 0);
		must(!text_unsafe(cp) || cp == '\n' || (cp && cp < 0x80 && strchr(allowed, (int)cp)));
	}
}

static void xml(struct span s)
{
	uint32_t cp;

	for (size_t i = 0, len; i < s.n; i += len) {
		len = utf8_decode(s.p + i, s.n - i, &cp);
		must(len > 0 && cp != 0xfffe && cp != 0xffff && (cp >= 0x20 || cp == '\n'));
	}
	must(s.n > 14 && memcmp(s.p + s.n - 14, "</testsuites>\n", 14) == 0);
}

static void json(struct span s)
{
	struct json j = {0};

	must(json_parse(&j, s.p, s.n, JSON_DOCUMENT));
	json_free(&j);
}

/* name{label="A-Z0-9_-"...} number */
static void metric(struct span line)
{
	size_t i = strspn(line.p, "abcdefghijklmnopqrstuvwxyz_");

	must(i > 3 && memcmp(line.p, "cp_", 3) == 0);
	if (line.p[i] == '{')
		i += 1 + strspn(line.p + i + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=\",");
	if (line.p[i] == '}')
		i++;
	must(line.p[i] == ' ' && i + 1 < line.n);
	must(i + 1 + strspn(line.p + i + 1, "0123456789") == line.n);
}

static void metrics(struct buf *out)
{
	const char *p = buf_cstr(out), *end = p + out->n;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));

		must(lf != NULL);
		if (*p != '#')
			metric((struct span){p, (size_t)(lf - p)});
		p = lf + 1;
	}
}

static void judge(const struct view *view, struct buf *out)
{
	safe_text(buf_span(out), view == &view_csv ? "\t\r" : view == &view_table ? "\033" : "");
	if (view == &view_junit)
		xml(buf_span(out));
	if (view == &view_sarif)
		json(buf_span(out));
	if (view == &view_prometheus)
		metrics(out);
}

static void run(const struct view *view, const struct view_ask *ask, bool complete, struct span lines)
{
	struct view_tally tally = {0};
	struct view_end end = {.complete = complete, .status = complete ? STATUS_YES : STATUS_INPUT, .tally = &tally};
	struct record r = {0};
	struct buf out = {0};
	void *state = view->open(ask, &out);

	while (lines.n) {
		const char *lf = memchr(lines.p, '\n', lines.n);
		size_t n = lf ? (size_t)(lf - lines.p) : lines.n;

		if (n <= RECORD_BYTES && !record_parse(&r, (struct span){lines.p, n})) {
			view_count(&tally, &r);
			view->record(state, &r, &out);
		}
		n += lf != NULL;
		lines = (struct span){lines.p + n, lines.n - n};
	}
	view->close(state, &end, &out);
	judge(view, &out);
	buf_free(&out);
	record_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct span column[] = {{"path", 4}, {"\033=x|", 4}};

	if (n == 0)
		return 0;
	struct view_ask ask = {
		.width = data[0] & 8 ? 24 : data[0] & 16 ? 80 : 0,
		.color = data[0] & 32,
		.timed = true,
	};
	if (data[0] & 128) {
		ask.column = column;
		ask.columns = 2;
	}
	run(view_at(data[0] & 7), &ask, data[0] & 64, (struct span){(const char *)data + 1, n - 1});
	return 0;
}
