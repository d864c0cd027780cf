#include "document/markdown.h"

#include "base/text.h"

#include <cmark.h>
#include <stdlib.h>

/* The walk over libcmark's tree. */
struct walk {
	struct markdown *m;
	uint32_t into;		       /* the node that text goes to */
	uint32_t breaks;	       /* line breaks in it so far */
	uint32_t open[MARKDOWN_DEPTH]; /* parts that are not closed */
	unsigned opened;
	uint32_t heading[6]; /* the headings whose sections are open, by level; MARKDOWN_NONE: none */
	unsigned depth, lists, quotes;
};

static bool fail(struct markdown *m, uint32_t line, const char *why)
{
	m->error = why;
	m->error_line = line;
	return false;
}

/* --- the bytes --- */

static bool check(struct markdown *m, struct span s)
{
	uint32_t cp;
	bool blank = true;

	if (s.n > MARKDOWN_BYTES)
		return fail(m, 0, "more than 256 KiB");
	m->line_at = xreallocarray(m->line_at, s.n + 1, sizeof *m->line_at);
	m->line_at[0] = 0;
	m->lines = 1;
	for (size_t i = 0, n; i < s.n; i += n) {
		n = utf8_decode(s.p + i, s.n - i, &cp);
		if (n == 0)
			return fail(m, m->lines, "text that is not UTF-8");
		if (cp == 0)
			return fail(m, m->lines, "a NUL byte");
		if (cp == '\r')
			return fail(m, m->lines, "a carriage return");
		if (cp == 0xfeff)
			return fail(m, m->lines, "a byte-order mark");
		if (cp != '\n' && cp != '\t' && text_unsafe(cp))
			return fail(m, m->lines, "a character that hides or reorders text");
		blank &= cp == ' ' || cp == '\t' || cp == '\n';
		if (cp == '\n')
			m->line_at[m->lines++] = (uint32_t)(i + n);
	}
	return !blank || fail(m, 0, "an empty document");
}

/* --- building --- */

static struct markdown_node *node_add(struct walk *w, enum markdown_kind kind, cmark_node *from)
{
	struct markdown *m = w->m;
	struct markdown_node *node;

	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 64;
		m->node = xreallocarray(m->node, m->cap, sizeof *m->node);
	}
	node = &m->node[m->n];
	*node = (struct markdown_node){.kind = kind,
				       .level = w->lists,
				       .line = (uint32_t)cmark_node_get_start_line(from),
				       .last_line = (uint32_t)cmark_node_get_end_line(from),
				       .section = MARKDOWN_NONE,
				       .end = m->n + 1,
				       .quoted = w->quotes > 0,
				       .text = {(uint32_t)m->text.n, 0},
				       .part = m->parts,
				       .cell = m->cells};
	for (int i = 0; i < 6; i++)
		if (w->heading[i] != MARKDOWN_NONE)
			node->section = w->heading[i];
	w->into = m->n++;
	w->breaks = 0;
	return node;
}

static uint32_t part_add(struct walk *w, enum markdown_mark mark)
{
	struct markdown *m = w->m;
	const struct markdown_node *node = &m->node[w->into];

	if (m->parts == m->parts_cap) {
		m->parts_cap = m->parts_cap ? m->parts_cap * 2 : 64;
		m->part = xreallocarray(m->part, m->parts_cap, sizeof *m->part);
	}
	m->part[m->parts] =
		(struct markdown_part){.mark = mark, .line = node->line + w->breaks, .text = {(uint32_t)m->text.n, 0}};
	m->node[w->into].parts++;
	return m->parts++;
}

static struct markdown_slice slice_add(struct markdown *m, const char *text)
{
	struct markdown_slice s = {(uint32_t)m->text.n, 0};

	if (text)
		buf_str(&m->text, text);
	s.n = (uint32_t)m->text.n - s.off;
	return s;
}

/* --- tables --- */

static struct span trimmed(struct span s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = (struct span){s.p + 1, s.n - 1};
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

static void cell_add(struct markdown *m, struct span s)
{
	if (m->cells == m->cells_cap) {
		m->cells_cap = m->cells_cap ? m->cells_cap * 2 : 64;
		m->cell = xreallocarray(m->cell, m->cells_cap, sizeof *m->cell);
	}
	s = trimmed(s);
	m->cell[m->cells++] = (struct markdown_slice){s.n ? (uint32_t)(s.p - m->text.p) : 0, (uint32_t)s.n};
}

/* The end of the code span of the node that begins at `at`, or `at`. Parts are in order, *part the first to look at.
 */
static const char *behind_code(const struct markdown *m, const struct markdown_node *node, uint32_t *part,
			       const char *at)
{
	uint32_t off = (uint32_t)(at - m->text.p);

	for (; *part < node->part + node->parts && m->part[*part].text.off <= off; ++*part)
		if (m->part[*part].mark == MARK_CODE && m->part[*part].text.off == off)
			return at + m->part[*part].text.n;
	return at;
}

/* Cuts a line of the node's text into cells. Returns how many. */
static uint32_t cells_add(struct markdown *m, const struct markdown_node *node, struct span line)
{
	const char *end, *start, *p;
	uint32_t first = m->cells, part = node->part;

	line = trimmed(line);
	if (line.n && line.p[0] == '|')
		line = (struct span){line.p + 1, line.n - 1};
	if (line.n && line.p[line.n - 1] == '|')
		line.n--;
	end = line.p + line.n;
	for (start = p = line.p; p < end;) {
		const char *next = behind_code(m, node, &part, p);

		if (next == p && *p == '|') {
			cell_add(m, (struct span){start, (size_t)(p - start)});
			start = p + 1;
		}
		p = next > p ? next : p + 1;
	}
	cell_add(m, (struct span){start, (size_t)(end - start)});
	return m->cells - first;
}

static bool is_dashes(struct span s)
{
	if (s.n && s.p[0] == ':')
		s = (struct span){s.p + 1, s.n - 1};
	if (s.n && s.p[s.n - 1] == ':')
		s.n--;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '-')
			return false;
	return s.n > 0;
}

/* Is the second line one of dashes, with as many cells as the first? */
static bool is_table(struct markdown *m, const struct markdown_node *node)
{
	struct span rest = markdown_text(m, node->text), line[2];
	uint32_t number = 0, cells = m->cells, first, second;
	bool good;

	if (!markdown_line(&rest, &line[0], &number) || !memchr(line[0].p, '|', line[0].n) ||
	    !markdown_line(&rest, &line[1], &number))
		return false;
	first = cells_add(m, node, line[0]);
	second = cells_add(m, node, line[1]);
	good = first == second && memchr(line[1].p, '|', line[1].n);
	for (uint32_t i = cells + first; good && i < m->cells; i++)
		good = is_dashes(markdown_text(m, m->cell[i]));
	m->cells = cells;
	return good;
}

/* What was marked over several lines stays marked to the end of the first. */
static void clip(struct markdown_slice *part, struct markdown_slice row)
{
	uint32_t room = row.off + row.n - part->off;

	if (part->n > room)
		part->n = room;
}

/* The paragraph becomes rows, one for each of its lines. */
static void rows(struct walk *w, uint32_t at, cmark_node *from)
{
	struct markdown *m = w->m;
	struct markdown_node whole = m->node[at];
	struct span rest = markdown_text(m, whole.text), line;
	uint32_t number = 0, part = whole.part, last = whole.part + whole.parts;

	m->n = at;
	while (markdown_line(&rest, &line, &number)) {
		struct markdown_node *row;

		if (number == 2)
			continue;
		row = node_add(w, MARKDOWN_ROW, from);
		row->line = row->last_line = whole.line + number - 1;
		row->head = number == 1;
		row->text = (struct markdown_slice){(uint32_t)(line.p - m->text.p), (uint32_t)line.n};
		while (part < last && m->part[part].text.off < row->text.off)
			part++;
		row->part = part;
		for (; part < last && m->part[part].text.off < row->text.off + row->text.n; part++)
			clip(&m->part[part].text, row->text);
		row->parts = part - row->part;
		row->cells = cells_add(m, row, line);
	}
}

/* --- the walk --- */

static void enter_heading(struct walk *w, cmark_node *n)
{
	unsigned level = (unsigned)cmark_node_get_heading_level(n);
	bool top = w->depth == 1;
	uint32_t at = w->m->n;

	for (unsigned i = level - 1; top && i < 6; i++) {
		if (w->heading[i] != MARKDOWN_NONE)
			w->m->node[w->heading[i]].end = at;
		w->heading[i] = MARKDOWN_NONE;
	}
	node_add(w, MARKDOWN_HEADING, n)->level = level;
	w->m->node[at].nested = !top;
	if (top)
		w->heading[level - 1] = at;
}

static void enter_code(struct walk *w, cmark_node *n)
{
	struct markdown_node *node = node_add(w, MARKDOWN_CODE, n);
	size_t at = w->m->line_at[node->line - 1] + (size_t)cmark_node_get_start_column(n) - 1;
	const char *p = w->m->source.p + at;

	node->text = slice_add(w->m, cmark_node_get_literal(n));
	node->info = slice_add(w->m, cmark_node_get_fence_info(n));
	node->fenced = at + 3 <= w->m->source.n && (memcmp(p, "```", 3) == 0 || memcmp(p, "~~~", 3) == 0);
}

static void enter_paragraph(struct walk *w, cmark_node *n)
{
	cmark_node *parent = cmark_node_parent(n);

	if (cmark_node_get_type(parent) != CMARK_NODE_ITEM || cmark_node_previous(n))
		node_add(w, MARKDOWN_PARAGRAPH, n);
	else
		w->m->node[w->into].line = (uint32_t)cmark_node_get_start_line(n);
}

static void enter_item(struct walk *w, cmark_node *n)
{
	node_add(w, MARKDOWN_ITEM, n)->ordered = cmark_node_get_list_type(cmark_node_parent(n)) == CMARK_ORDERED_LIST;
}

/* An inline that has text of its own. */
static void take_span(struct walk *w, cmark_node *n, enum markdown_mark mark)
{
	struct markdown_slice s;
	uint32_t part = part_add(w, mark);

	s = slice_add(w->m, cmark_node_get_literal(n));
	w->m->part[part].text = s;
	for (uint32_t i = 0; i < s.n; i++)
		w->breaks += w->m->text.p[s.off + i] == '\n';
}

static void open_part(struct walk *w, cmark_node *n, enum markdown_mark mark)
{
	struct markdown *m = w->m;
	uint32_t part = part_add(w, mark);

	w->open[w->opened++] = part;
	if (mark == MARK_LINK || mark == MARK_IMAGE) {
		const char *url = cmark_node_get_url(n);

		m->part[part].target = (struct markdown_slice){(uint32_t)m->targets.n, (uint32_t)strlen(url)};
		buf_str(&m->targets, url);
	}
}

static void close_part(struct walk *w)
{
	struct markdown_part *part = &w->m->part[w->open[--w->opened]];

	part->text.n = (uint32_t)w->m->text.n - part->text.off;
}

static void close_text(struct walk *w, cmark_node *n)
{
	struct markdown_node *node = &w->m->node[w->into];

	node->text.n = (uint32_t)w->m->text.n - node->text.off;
	if (node->kind == MARKDOWN_PARAGRAPH && is_table(w->m, node))
		rows(w, w->into, n);
}

static void enter_inline(struct walk *w, cmark_node *n)
{
	switch (cmark_node_get_type(n)) {
	case CMARK_NODE_TEXT:
		slice_add(w->m, cmark_node_get_literal(n));
		break;
	case CMARK_NODE_SOFTBREAK:
	case CMARK_NODE_LINEBREAK:
		buf_char(&w->m->text, '\n');
		w->breaks++;
		break;
	case CMARK_NODE_CODE:
		take_span(w, n, MARK_CODE);
		break;
	case CMARK_NODE_HTML_INLINE:
		take_span(w, n, MARK_HTML);
		break;
	case CMARK_NODE_EMPH:
		open_part(w, n, MARK_EMPHASIS);
		break;
	case CMARK_NODE_STRONG:
		open_part(w, n, MARK_STRONG);
		break;
	case CMARK_NODE_LINK:
		open_part(w, n, MARK_LINK);
		break;
	case CMARK_NODE_IMAGE:
		open_part(w, n, MARK_IMAGE);
		break;
	default:
		break;
	}
}

static void enter(struct walk *w, cmark_node *n)
{
	switch (cmark_node_get_type(n)) {
	case CMARK_NODE_HEADING:
		enter_heading(w, n);
		break;
	case CMARK_NODE_PARAGRAPH:
		enter_paragraph(w, n);
		break;
	case CMARK_NODE_LIST:
		w->lists++;
		break;
	case CMARK_NODE_ITEM:
		enter_item(w, n);
		break;
	case CMARK_NODE_BLOCK_QUOTE:
		w->quotes++;
		break;
	case CMARK_NODE_CODE_BLOCK:
		enter_code(w, n);
		break;
	case CMARK_NODE_HTML_BLOCK:
		node_add(w, MARKDOWN_HTML, n);
		w->m->node[w->into].text = slice_add(w->m, cmark_node_get_literal(n));
		break;
	default:
		enter_inline(w, n);
	}
}

static void leave(struct walk *w, cmark_node *n)
{
	switch (cmark_node_get_type(n)) {
	case CMARK_NODE_HEADING:
	case CMARK_NODE_PARAGRAPH:
		close_text(w, n);
		break;
	case CMARK_NODE_LIST:
		w->lists--;
		break;
	case CMARK_NODE_BLOCK_QUOTE:
		w->quotes--;
		break;
	case CMARK_NODE_EMPH:
	case CMARK_NODE_STRONG:
	case CMARK_NODE_LINK:
	case CMARK_NODE_IMAGE:
		close_part(w);
		break;
	default:
		break;
	}
}

/* libcmark tells the end of these nodes, and of no others. */
static bool holds_others(cmark_node *n)
{
	switch (cmark_node_get_type(n)) {
	case CMARK_NODE_TEXT:
	case CMARK_NODE_SOFTBREAK:
	case CMARK_NODE_LINEBREAK:
	case CMARK_NODE_CODE:
	case CMARK_NODE_HTML_INLINE:
	case CMARK_NODE_CODE_BLOCK:
	case CMARK_NODE_HTML_BLOCK:
	case CMARK_NODE_THEMATIC_BREAK:
		return false;
	default:
		return true;
	}
}

static bool walk(struct walk *w, cmark_iter *it)
{
	cmark_event_type event;
	uint32_t line = 0;

	while ((event = cmark_iter_next(it)) != CMARK_EVENT_DONE) {
		cmark_node *n = cmark_iter_get_node(it);

		if (cmark_node_get_start_line(n) > 0)
			line = (uint32_t)cmark_node_get_start_line(n);
		if (event == CMARK_EVENT_EXIT) {
			w->depth--;
			leave(w, n);
			continue;
		}
		enter(w, n);
		if (holds_others(n) && ++w->depth > MARKDOWN_DEPTH)
			return fail(w->m, line, "nesting deeper than 64");
	}
	for (int i = 0; i < 6; i++)
		if (w->heading[i] != MARKDOWN_NONE)
			w->m->node[w->heading[i]].end = w->m->n;
	return true;
}

bool markdown_read(struct markdown *m, struct span source)
{
	struct walk w = {.m = m};
	cmark_node *top;
	cmark_iter *it;
	bool good;

	m->source = source;
	m->n = m->parts = m->cells = 0;
	buf_reset(&m->text);
	buf_reset(&m->targets);
	m->error = NULL;
	if (!check(m, source))
		return false;
	for (int i = 0; i < 6; i++)
		w.heading[i] = MARKDOWN_NONE;
	top = cmark_parse_document(source.p, source.n, CMARK_OPT_DEFAULT);
	it = cmark_iter_new(top);
	good = walk(&w, it);
	cmark_iter_free(it);
	cmark_node_free(top);
	return good;
}

void markdown_free(struct markdown *m)
{
	free(m->node);
	free(m->part);
	free(m->cell);
	free(m->line_at);
	buf_free(&m->text);
	buf_free(&m->targets);
	*m = (struct markdown){0};
}

struct span markdown_section(const struct markdown *m, uint32_t heading)
{
	const struct markdown_node *node = &m->node[heading];
	size_t start = m->line_at[node->line - 1];
	size_t end = node->end < m->n ? m->line_at[m->node[node->end].line - 1] : m->source.n;

	return (struct span){m->source.p + start, end - start};
}

bool markdown_line(struct span *rest, struct span *line, uint32_t *number)
{
	const char *lf;

	if (!rest->p)
		return false;
	lf = memchr(rest->p, '\n', rest->n);
	*line = (struct span){rest->p, lf ? (size_t)(lf - rest->p) : rest->n};
	*rest = lf ? (struct span){lf + 1, rest->n - line->n - 1} : (struct span){NULL, 0};
	++*number;
	return true;
}
