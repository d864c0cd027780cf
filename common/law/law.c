#include "law/law.h"

#include "data/jsonw.h"
#include "data/relpath.h"
#include "document/yaml.h"
#include "law/content.h"

#include <stdlib.h>

static const struct {
	const char *name, *title;
} sections[SECTION_COUNT] = {
	[SECTION_METADATA] = {"metadata", "Metadata"},
	[SECTION_INVARIANTS] = {"invariants", "Invariants"},
	[SECTION_PATHS] = {"path_authorizations", "Path Authorizations"},
	[SECTION_GATES] = {"required_gates", "Required Gates"},
	[SECTION_CHANGES] = {"change_control", "Change Control"},
	[SECTION_SECURITY] = {"security_posture", "Security Posture"},
};

static const char *const styles[] = {
	[STYLE_LIST] = "list",	   [STYLE_BOLD_LIST] = "bold_list", [STYLE_YAML] = "yaml", [STYLE_BOLD] = "bold",
	[STYLE_STATUS] = "status", [STYLE_TITLE] = "title",	    [STYLE_NONE] = "none",
};

const char *law_section_name(enum law_section s)
{
	return sections[s].name;
}
const char *law_section_title(enum law_section s)
{
	return sections[s].title;
}
const char *law_style_name(enum law_style s)
{
	return styles[s];
}

/* One thing that metadata say. */
struct field {
	char *name, *value;
	enum law_style style;
	uint32_t line;
};

struct reader {
	const struct markdown *m;
	struct buf *b;
	uint32_t section[SECTION_COUNT]; /* the heading, MARKDOWN_NONE: absent */
	struct field *field;
	size_t n, cap;
	uint32_t yaml; /* the block of metadata, MARKDOWN_NONE: none */
	uint32_t yaml_line;
	char *yaml_error; /* why it could not be read */
};

/* --- text --- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_word(struct span a, const char *b)
{
	if (a.n != strlen(b))
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b[i]))
			return false;
	return true;
}

static struct span trimmed(struct span s)
{
	while (s.n && memchr(" \t\n", s.p[0], 3))
		s = (struct span){s.p + 1, s.n - 1};
	while (s.n && memchr(" \t\n", s.p[s.n - 1], 3))
		s.n--;
	return s;
}

/* A heading's text without a number before it and what is in parentheses behind. */
static struct span heading_word(struct span s)
{
	size_t i = 0;
	const char *paren;

	while (i < s.n && ((s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '.'))
		i++;
	if (i && i < s.n && s.p[i] == ' ')
		s = (struct span){s.p + i, s.n - i};
	paren = s.n ? memchr(s.p, '(', s.n) : NULL;
	if (paren)
		s.n = (size_t)(paren - s.p);
	return trimmed(s);
}

static struct span node_text(const struct reader *r, uint32_t at)
{
	return markdown_text(r->m, r->m->node[at].text);
}

/* --- sections --- */

static int section_of(const struct reader *r, uint32_t at)
{
	struct span word = heading_word(node_text(r, at));

	for (int s = 0; s < SECTION_COUNT; s++)
		if (same_word(word, sections[s].title))
			return s;
	return -1;
}

static bool is_heading(const struct reader *r, uint32_t at)
{
	return r->m->node[at].kind == MARKDOWN_HEADING && !r->m->node[at].quoted;
}

/* Of several headings of one name the first of the highest level is the section. */
static void find_sections(struct reader *r)
{
	for (int s = 0; s < SECTION_COUNT; s++)
		r->section[s] = MARKDOWN_NONE;
	for (uint32_t i = 0; i < r->m->n; i++) {
		int s = is_heading(r, i) && r->m->node[i].level > 1 ? section_of(r, i) : -1;

		if (s >= 0 &&
		    (r->section[s] == MARKDOWN_NONE || r->m->node[i].level < r->m->node[r->section[s]].level))
			r->section[s] = i;
	}
}

static void write_sections(const struct reader *r)
{
	struct buf *b = r->b;

	jsonw_array_open(b, "sections");
	for (uint32_t i = 0; i < r->m->n; i++) {
		int s;

		if (!is_heading(r, i))
			continue;
		s = r->m->node[i].level > 1 ? section_of(r, i) : -1;
		jsonw_open(b, NULL);
		if (s >= 0)
			jsonw_cstr(b, "name", sections[s].name);
		jsonw_str(b, "title", node_text(r, i));
		jsonw_int(b, "level", r->m->node[i].level);
		jsonw_int(b, "line", r->m->node[i].line);
		jsonw_close(b);
	}
	jsonw_array_close(b);
}

/* The next node of a section behind `at` (its heading at first) that stands in no other of the six; MARKDOWN_NONE: no
 * more. */
static uint32_t next_in(const struct reader *r, enum law_section s, uint32_t at)
{
	uint32_t end = r->m->node[r->section[s]].end;

	for (at++; at < end; at++) {
		bool other = false;

		for (int o = 0; o < SECTION_COUNT; o++)
			other |= o != (int)s && r->section[o] == at;
		if (!other)
			return at;
		at = r->m->node[at].end - 1;
	}
	return MARKDOWN_NONE;
}

/* --- metadata --- */

static void add_field(struct reader *r, struct span name, struct span value, enum law_style style, uint32_t line)
{
	static const char *const same[][2] = {
		{"id", "framework_id"}, {"state", "status"}, {"name", "title"}, {"plane_id", "plane"}};
	struct field *f;

	name = trimmed(name);
	value = trimmed(value);
	if (!name.n || name.n > 64 || memchr(name.p, 0, name.n))
		return;
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 16;
		r->field = xreallocarray(r->field, r->cap, sizeof *r->field);
	}
	f = &r->field[r->n++];
	*f = (struct field){xstrndup(name.p, name.n), xstrndup(value.p, value.n), style, line};
	for (char *p = f->name; *p; p++)
		*p = *p == ' ' || *p == '-' ? '_' : lower(*p);
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		if (strcmp(f->name, same[i][0]) == 0) {
			free(f->name);
			f->name = xstrdup(same[i][1]);
		}
}

/* `name: value`. False: the line is none. */
static bool add_line(struct reader *r, struct span line, enum law_style style, uint32_t number)
{
	const char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;

	if (!colon)
		return false;
	add_field(r, (struct span){line.p, (size_t)(colon - line.p)},
		  (struct span){colon + 1, (size_t)(line.p + line.n - colon - 1)}, style, number);
	return true;
}

/* Does a part marked strong begin right there? */
static bool strong_at(const struct reader *r, uint32_t at, const char *p)
{
	const struct markdown_node *n = &r->m->node[at];

	for (uint32_t i = n->part; i < n->part + n->parts; i++)
		if (r->m->part[i].mark == MARK_STRONG && markdown_text(r->m, r->m->part[i].text).p == p)
			return true;
	return false;
}

/* The lines of a paragraph that begin in bold. */
static void add_bold(struct reader *r, uint32_t at)
{
	struct span rest = node_text(r, at), line;
	uint32_t number = 0;

	while (markdown_line(&rest, &line, &number))
		if (line.n && strong_at(r, at, line.p))
			add_line(r, line, STYLE_BOLD, r->m->node[at].line + number - 1);
}

static void add_item(struct reader *r, uint32_t at, enum law_style style)
{
	struct span rest = node_text(r, at), line;
	uint32_t number = 0;

	if (!markdown_line(&rest, &line, &number) || !line.n)
		return;
	if (style == STYLE_LIST && strong_at(r, at, line.p))
		style = STYLE_BOLD_LIST;
	add_line(r, line, style, r->m->node[at].line);
}

static void add_yaml(struct reader *r, uint32_t at)
{
	struct yamldoc y = {0};
	struct span text = node_text(r, at);
	uint32_t line = r->m->node[at].line;
	struct buf scratch = {0}, name = {0};

	r->yaml = at;
	if (!yamldoc_parse(&y, text.n ? text.p : "", text.n, MARKDOWN_BYTES) || y.json.node[0].type != JSON_OBJECT) {
		r->yaml_error = xstrdup(y.error ? y.error : "no mapping");
		r->yaml_line = line + (y.error ? y.error_at.line : 1);
		if (r->yaml_line > r->m->node[at].last_line) /* where something was still expected */
			r->yaml_line = r->m->node[at].last_line;
	} else {
		const struct json *j = &y.json;

		for (uint32_t k = json_first(j, 0); k != j->node[0].end; k = json_next_member(j, k)) {
			struct span value = j->node[k + 1].type == JSON_STRING ? json_string(j, k + 1, &scratch)
									       : json_source(j, k + 1);

			add_field(r, json_string(j, k, &name), value, STYLE_YAML, line + y.place[k].line);
		}
	}
	yamldoc_free(&y);
	buf_free(&scratch);
	buf_free(&name);
}

static void read_metadata_section(struct reader *r)
{
	uint32_t at = r->section[SECTION_METADATA];

	while (at != MARKDOWN_NONE && (at = next_in(r, SECTION_METADATA, at)) != MARKDOWN_NONE) {
		const struct markdown_node *n = &r->m->node[at];
		struct span info = markdown_text(r->m, n->info);

		if (n->kind == MARKDOWN_ITEM && n->level == 1)
			add_item(r, at, STYLE_LIST);
		else if (n->kind == MARKDOWN_PARAGRAPH)
			add_bold(r, at);
		else if (n->kind == MARKDOWN_CODE && (same_word(info, "yaml") || same_word(info, "yml")) &&
			 r->yaml == MARKDOWN_NONE)
			add_yaml(r, at);
	}
}

/* `# FMWK-100: Agent Development Standard` */
static void read_title(struct reader *r, uint32_t at)
{
	struct span text = node_text(r, at), id = text, title = {0};
	const char *colon = text.n ? memchr(text.p, ':', text.n) : NULL;

	if (colon) {
		id.n = (size_t)(colon - text.p);
		title = (struct span){colon + 1, text.n - id.n - 1};
	}
	id = trimmed(id);
	if (id.n > 5 && memcmp(id.p, "FMWK-", 5) == 0)
		add_field(r, SPAN("framework_id"), id, STYLE_TITLE, r->m->node[at].line);
	else
		title = text;
	if (trimmed(title).n)
		add_field(r, SPAN("title"), title, STYLE_TITLE, r->m->node[at].line);
}

/* A heading below the title's level. */
static void read_status(struct reader *r, uint32_t at)
{
	if (!same_word(heading_word(node_text(r, at)), "Status"))
		return;
	for (uint32_t i = at + 1; i < r->m->node[at].end; i++)
		if (r->m->node[i].kind == MARKDOWN_ITEM && r->m->node[i].level == 1)
			add_item(r, i, STYLE_STATUS);
}

static void read_metadata(struct reader *r)
{
	bool titled = false, before = true;

	read_metadata_section(r);
	for (uint32_t i = 0; i < r->m->n; i++) {
		const struct markdown_node *n = &r->m->node[i];

		if (is_heading(r, i) && n->level == 1 && !titled) {
			titled = true;
			read_title(r, i);
		} else if (is_heading(r, i) && n->level > 1) {
			before = false;
			read_status(r, i);
		} else if (before && n->kind == MARKDOWN_PARAGRAPH) {
			add_bold(r, i);
		}
	}
}

/* What the metadata say: of several the one in the spelling that is believed first. */
static const struct field *chosen(const struct reader *r, const char *name)
{
	const struct field *best = NULL;

	for (size_t i = 0; i < r->n; i++) {
		const struct field *f = &r->field[i];

		if (strcmp(f->name, name) == 0 && *f->value && (!best || f->style < best->style))
			best = f;
	}
	return best;
}

static void write_chosen(const struct reader *r, const char *name)
{
	const struct field *f = chosen(r, name);
	struct buf value = {0};

	if (!f)
		return;
	buf_str(&value, f->value);
	if (strcmp(name, "status") == 0 || strcmp(name, "plane") == 0)
		for (size_t i = 0; i < value.n; i++)
			value.p[i] = lower(value.p[i]);
	jsonw_str(r->b, name, buf_span(&value));
	buf_free(&value);
}

static void write_metadata(const struct reader *r)
{
	enum law_style style = STYLE_NONE;
	struct buf *b = r->b;

	for (size_t i = 0; i < r->n; i++)
		if (r->field[i].style < style && r->field[i].style != STYLE_TITLE)
			style = r->field[i].style;
	jsonw_open(b, "metadata");
	jsonw_cstr(b, "style", styles[style]);
	jsonw_array_open(b, "fields");
	for (size_t i = 0; i < r->n; i++) {
		const struct field *f = &r->field[i];

		jsonw_open(b, NULL);
		jsonw_cstr(b, "name", f->name);
		jsonw_cstr(b, "value", f->value);
		jsonw_cstr(b, "style", styles[f->style]);
		jsonw_int(b, "line", f->line);
		jsonw_close(b);
	}
	jsonw_array_close(b);
	if (r->yaml_error) {
		jsonw_open(b, "unreadable");
		jsonw_cstr(b, "reason", r->yaml_error);
		jsonw_int(b, "line", r->yaml_line);
		jsonw_close(b);
	}
	jsonw_close(b);
}

/* --- the items of the other sections --- */

/* The spans of code in a slice of a node, one by one; *part is 0 before the first. */
static bool next_code(const struct reader *r, uint32_t at, struct span within, uint32_t *part, struct span *code)
{
	const struct markdown_node *n = &r->m->node[at];

	for (; *part < n->parts; ++*part) {
		const struct markdown_part *p = &r->m->part[n->part + *part];
		struct span text = markdown_text(r->m, p->text);

		if (p->mark != MARK_CODE || text.p < within.p || text.p >= within.p + within.n)
			continue;
		++*part;
		*code = text;
		return true;
	}
	return false;
}

/* What an item or a row is about: its text, or the row's first cell. */
static struct span subject(const struct reader *r, uint32_t at)
{
	const struct markdown_node *n = &r->m->node[at];

	return n->kind == MARKDOWN_ROW && n->cells ? markdown_text(r->m, r->m->cell[n->cell]) : node_text(r, at);
}

static bool is_entry(const struct markdown_node *n)
{
	return (n->kind == MARKDOWN_ITEM && n->level == 1) || (n->kind == MARKDOWN_ROW && !n->head);
}

/* `[MUST] text`: the level, n = 0 where there is none; *text is what follows. */
static struct span level_of(struct span s, struct span *text)
{
	const char *end = s.n && s.p[0] == '[' ? memchr(s.p, ']', s.n) : NULL;
	struct span level;

	*text = trimmed(s);
	if (!end)
		return (struct span){0};
	level = (struct span){s.p + 1, (size_t)(end - s.p) - 1};
	if (level.n < 2 || level.n > 32) /* `[ ]` and `[x]` are boxes to tick */
		return (struct span){0};
	*text = trimmed((struct span){end + 1, (size_t)(s.p + s.n - end - 1)});
	return level;
}

/* A row's cells as one text. */
static void row_text(const struct reader *r, uint32_t at, struct buf *out)
{
	const struct markdown_node *n = &r->m->node[at];

	buf_reset(out);
	for (uint32_t i = 0; i < n->cells; i++) {
		if (i)
			buf_str(out, ": ");
		buf_span_add(out, markdown_text(r->m, r->m->cell[n->cell + i]));
	}
}

static void write_invariant(const struct reader *r, uint32_t at, struct buf *scratch)
{
	struct span text = node_text(r, at), level;

	if (r->m->node[at].kind == MARKDOWN_ROW) {
		row_text(r, at, scratch);
		text = scratch->n ? buf_span(scratch) : SPAN("");
	}
	level = level_of(text, &text);
	jsonw_open(r->b, NULL);
	if (level.n)
		jsonw_str(r->b, "level", level);
	jsonw_str(r->b, "text", text);
	jsonw_int(r->b, "line", r->m->node[at].line);
	jsonw_close(r->b);
}

static void write_one(const struct reader *r, const char *key, struct span value, uint32_t line)
{
	jsonw_open(r->b, NULL);
	jsonw_str(r->b, key, value);
	jsonw_int(r->b, "line", line);
	jsonw_close(r->b);
}

/* The first word of an item: up to a blank, a colon or a parenthesis; an ordinary one is the whole of it. */
static struct span leading_word(struct span s)
{
	size_t n = 0;

	s = trimmed(s);
	while (n < s.n && !memchr(" \t\n:(,", s.p[n], 6))
		n++;
	return (struct span){s.p, n};
}

static void write_named(const struct reader *r, const char *key, uint32_t at)
{
	struct span s = subject(r, at), code;
	uint32_t part = 0;

	if (!next_code(r, at, s, &part, &code) || code.p != s.p)
		code = leading_word(s);
	write_one(r, key, code, r->m->node[at].line);
}

static void write_patterns(const struct reader *r, uint32_t at)
{
	struct span s = subject(r, at), code;
	uint32_t part = 0;
	bool any = false;

	while (next_code(r, at, s, &part, &code)) {
		write_one(r, "pattern", code, r->m->node[at].line);
		any = true;
	}
	if (!any)
		write_one(r, "pattern", trimmed(s), r->m->node[at].line);
}

static void write_section(const struct reader *r, enum law_section s)
{
	uint32_t at = r->section[s];
	struct buf scratch = {0};

	jsonw_array_open(r->b, sections[s].name);
	while (at != MARKDOWN_NONE && (at = next_in(r, s, at)) != MARKDOWN_NONE) {
		if (!is_entry(&r->m->node[at]))
			continue;
		switch (s) {
		case SECTION_INVARIANTS:
			write_invariant(r, at, &scratch);
			break;
		case SECTION_PATHS:
			write_patterns(r, at);
			break;
		case SECTION_GATES:
			write_named(r, "gate", at);
			break;
		case SECTION_CHANGES:
			write_named(r, "type", at);
			break;
		default:
			write_one(r, "text", trimmed(node_text(r, at)), r->m->node[at].line);
			break;
		}
	}
	jsonw_array_close(r->b);
	buf_free(&scratch);
}

/* --- what may not be there --- */

static void write_content(const struct reader *r, enum content what, struct span text, uint32_t line, uint32_t lines)
{
	enum { SHOWN = 200 };
	size_t n = text.n < SHOWN ? text.n : SHOWN;

	while (n && n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n--;
	jsonw_open(r->b, NULL);
	jsonw_cstr(r->b, "what", content_name(what));
	jsonw_str(r->b, "text", (struct span){text.p, n});
	jsonw_int(r->b, "line", line);
	if (lines)
		jsonw_int(r->b, "lines", lines);
	jsonw_close(r->b);
}

/* The template of law documents may be shown (004 section 2.4). */
static bool is_template(struct span text)
{
	return text.n > 8 && memcmp(text.p, "# FMWK-{", 8) == 0;
}

static void write_words(const struct reader *r, struct span text, uint32_t line)
{
	for (size_t i = 0, end; i < text.n; i = end + 1) {
		struct span word;
		enum content what;

		for (end = i; end < text.n && !memchr(" \t\n|", text.p[end], 4);)
			end++;
		word = (struct span){text.p + i, end - i};
		what = content_of_word(&word);
		if (what != CONTENT_NONE)
			write_content(r, what, word, line, 0);
		line += end < text.n && text.p[end] == '\n';
	}
}

static uint32_t line_breaks(struct span s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

/* The plain text between spans of code, and these. */
static void write_inline(const struct reader *r, uint32_t at)
{
	const struct markdown_node *n = &r->m->node[at];
	struct span text = node_text(r, at);
	const char *p = text.p, *end = text.p + text.n;
	uint32_t line = n->line;

	for (uint32_t i = n->part; i < n->part + n->parts; i++) {
		const struct markdown_part *part = &r->m->part[i];
		struct span s = markdown_text(r->m, part->text), target = markdown_target(r->m, part);
		struct span plain = {p, s.p > p ? (size_t)(s.p - p) : 0};

		if (target.n && content_of_link(target) != CONTENT_NONE)
			write_content(r, content_of_link(target), target, part->line, 0);
		if (part->mark != MARK_CODE || !s.n)
			continue;
		write_words(r, plain, line);
		if (content_of_code(s) != CONTENT_NONE)
			write_content(r, content_of_code(s), s, part->line, 0);
		line += line_breaks(plain);
		p = s.p + s.n;
	}
	if (p < end)
		write_words(r, (struct span){p, (size_t)(end - p)}, line);
}

static void write_contents(const struct reader *r)
{
	jsonw_array_open(r->b, "content");
	for (uint32_t i = 0; i < r->m->n; i++) {
		const struct markdown_node *n = &r->m->node[i];
		struct span text = node_text(r, i);

		if (n->kind != MARKDOWN_CODE)
			write_inline(r, i);
		else if (i != r->yaml && !is_template(text))
			write_content(r, content_of_block(markdown_text(r->m, n->info), text), text, n->line,
				      n->last_line - n->line + 1);
	}
	jsonw_array_close(r->b);
}

void law_members(struct buf *b, const struct markdown *m, struct span file)
{
	static const char *const plain[] = {"framework_id", "title", "version", "status", "plane"};
	struct reader r = {.m = m, .b = b, .yaml = MARKDOWN_NONE};

	find_sections(&r);
	read_metadata(&r);
	if (file.n)
		jsonw_bytes(b, relpath_bad(file) ? "source" : "path", file);
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		write_chosen(&r, plain[i]);
	write_metadata(&r);
	write_sections(&r);
	for (int s = SECTION_INVARIANTS; s < SECTION_COUNT; s++)
		write_section(&r, (enum law_section)s);
	write_contents(&r);
	for (size_t i = 0; i < r.n; i++) {
		free(r.field[i].name);
		free(r.field[i].value);
	}
	free(r.field);
	free(r.yaml_error);
}
