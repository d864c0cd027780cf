#include "document/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <yaml.h>

/* libyaml looks ahead: at most a line's first 1024 characters and two of its buffers. */
enum { LOOK_AHEAD = 1 << 17 };

/* A collection that is open. */
struct level {
	bool object, flow, wants_key;
	bool each; /* its elements are trees of their own */
	bool some; /* something was written, a comma is due */
};

struct reading {
	const struct yaml_source *source;
	yaml_parser_t parser;
	struct yamldoc *document; /* where a failure is told */
	struct yamldoc *out;	  /* what is being written: the document or `element` */
	struct yamldoc element;
	struct level level[YAML_DEPTH];
	unsigned depth;
	bool each_next; /* the value to come is that of the member `each` */
	/* The bytes as they pass: where, and what of a character is still to come. */
	struct yaml_place at;
	uint32_t cp, least;
	unsigned more;
	unsigned char last;
	size_t chars, consumed; /* characters read; up to the end of the last event */
};

static bool fail(struct reading *r, struct yaml_place at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Keeps the first failure; always false. */
static bool fail(struct reading *r, struct yaml_place at, const char *fmt, ...)
{
	struct yamldoc *y = r->document;
	va_list ap;

	if (y->error)
		return false;
	va_start(ap, fmt);
	buf_vprintf(&y->why, fmt, ap);
	va_end(ap);
	y->error = buf_cstr(&y->why);
	y->error_at = at;
	return false;
}

static struct yaml_place place_of(yaml_mark_t m)
{
	return (struct yaml_place){(uint32_t)m.line + 1, (uint32_t)m.column + 1};
}

/* --- the bytes --- */

static bool check_character(struct reading *r, uint32_t cp)
{
	if (cp < r->least || (cp >= 0xd800 && cp <= 0xdfff) || cp > 0x10ffff)
		return fail(r, r->at, "text that is not UTF-8");
	if (cp == 0)
		return fail(r, r->at, "a NUL byte");
	if (cp == '\r')
		return fail(r, r->at, "a carriage return");
	if (cp == 0xfeff)
		return fail(r, r->at, "a byte-order mark");
	if (cp == 0x85 || cp == 0x2028 || cp == 0x2029)
		return fail(r, r->at, "a line separator other than line feed");
	if ((cp < 0x20 && cp != '\t' && cp != '\n') || (cp >= 0x7f && cp < 0xa0) || cp == 0xfffe || cp == 0xffff)
		return fail(r, r->at, "a control character");
	r->at.column++;
	r->chars++;
	if (cp == '\n')
		r->at = (struct yaml_place){r->at.line + 1, 1};
	return true;
}

static bool check_lead(struct reading *r, unsigned char c)
{
	if (c >= 0xc2 && c <= 0xdf) {
		r->more = 1;
		r->least = 0x80;
		r->cp = c & 0x1f;
	} else if (c >= 0xe0 && c <= 0xef) {
		r->more = 2;
		r->least = 0x800;
		r->cp = c & 0x0f;
	} else if (c >= 0xf0 && c <= 0xf4) {
		r->more = 3;
		r->least = 0x10000;
		r->cp = c & 0x07;
	} else {
		return fail(r, r->at, "text that is not UTF-8");
	}
	return true;
}

static bool check_byte(struct reading *r, unsigned char c)
{
	if (r->more) {
		if ((c & 0xc0) != 0x80)
			return fail(r, r->at, "text that is not UTF-8");
		r->cp = r->cp << 6 | (c & 0x3f);
		return --r->more ? true : check_character(r, r->cp);
	}
	if (c >= 0x80)
		return check_lead(r, c);
	r->least = 0;
	return check_character(r, c);
}

static bool check_end(struct reading *r)
{
	if (r->more)
		return fail(r, r->at, "text that is not UTF-8");
	if (r->chars && r->last != '\n')
		return fail(r, r->at, "a last line without line feed");
	return true;
}

/* libyaml's way to get bytes. */
static int next_bytes(void *data, unsigned char *p, size_t n, size_t *got)
{
	struct reading *r = data;
	ssize_t have;

	*got = 0;
	if (r->chars - r->consumed > r->source->limit + LOOK_AHEAD)
		return fail(r, r->at, "a value longer than %zu bytes", r->source->limit);
	do
		have = r->source->read(r->source->ctx, p, n);
	while (have < 0 && errno == EINTR);
	if (have < 0) {
		r->document->error_errno = errno;
		return fail(r, (struct yaml_place){0, 0}, "input that cannot be read");
	}
	for (ssize_t i = 0; i < have; i++)
		if (!check_byte(r, p[i]))
			return 0;
	if (have == 0 && !check_end(r))
		return 0;
	if (have)
		r->last = p[have - 1];
	*got = (size_t)have;
	return 1;
}

/* --- plain scalars --- */

static size_t digits(struct span s, size_t at)
{
	size_t n = at;

	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n - at;
}

/* [0-9]+ (\.[0-9]*)? or \.[0-9]+, then ([eE][-+]?[0-9]+)?, with a sign before it. */
static bool is_decimal(struct span s)
{
	size_t at = s.n && (s.p[0] == '-' || s.p[0] == '+'), whole, part = 0;

	whole = digits(s, at);
	at += whole;
	if (at < s.n && s.p[at] == '.') {
		part = digits(s, at + 1);
		at += 1 + part;
	}
	if (!whole && !part)
		return false;
	if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E')) {
		size_t power;

		at++;
		at += at < s.n && (s.p[at] == '-' || s.p[at] == '+');
		power = digits(s, at);
		if (!power)
			return false;
		at += power;
	}
	return at == s.n;
}

/* 0o17 and 0x1f; .inf and .nan with their spellings. */
static bool is_special(struct span s)
{
	static const char *const words[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"};

	if (s.n > 2 && s.p[0] == '0' && (s.p[1] == 'o' || s.p[1] == 'x')) {
		const char *allowed = s.p[1] == 'o' ? "01234567" : "0123456789abcdefABCDEF";

		for (size_t i = 2; i < s.n; i++)
			if (!memchr(allowed, s.p[i], strlen(allowed)))
				return false;
		return true;
	}
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		bool sign = i < 3 && s.n && (s.p[0] == '-' || s.p[0] == '+');

		if (span_is((struct span){s.p + sign, s.n - sign}, words[i]))
			return true;
	}
	return false;
}

static const char *word_of(struct span s)
{
	static const char *const words[][2] = {
		{"", "null"},	    {"~", "null"},	{"null", "null"},   {"Null", "null"},
		{"NULL", "null"},   {"true", "true"},	{"True", "true"},   {"TRUE", "true"},
		{"false", "false"}, {"False", "false"}, {"FALSE", "false"},
	};

	for (size_t i = 0; s.n < 6 && i < sizeof words / sizeof *words; i++)
		if (span_is(s, words[i][0]))
			return words[i][1];
	return NULL;
}

enum meaning { MEANS_STRING, MEANS_WORD, MEANS_NUMBER, MEANS_NOTHING };

static enum meaning meaning_of(struct span s)
{
	if (word_of(s))
		return MEANS_WORD;
	if (is_decimal(s))
		return json_number_survives(s) ? MEANS_NUMBER : MEANS_NOTHING;
	return is_special(s) ? MEANS_NOTHING : MEANS_STRING;
}

/* --- writing --- */

static void place_add(struct yamldoc *y, struct yaml_place at)
{
	if (y->n == y->cap) {
		y->cap = y->cap ? y->cap * 2 : 64;
		y->place = xreallocarray(y->place, y->cap, sizeof *y->place);
	}
	y->place[y->n++] = at;
}

static void reset(struct yamldoc *y)
{
	buf_reset(&y->text);
	buf_reset(&y->why);
	y->n = 0;
	y->error = NULL;
	y->error_errno = 0;
	y->error_at = (struct yaml_place){0, 0};
}

static bool within(struct reading *r, struct yaml_place at)
{
	return r->out->text.n <= r->source->limit ||
	       fail(r, at, "a %s longer than %zu bytes as JSON", r->out == r->document ? "document" : "value",
		    r->source->limit);
}

static struct level *top(struct reading *r)
{
	return r->depth ? &r->level[r->depth - 1] : NULL;
}

/* A value or key is about to be written at `at`: what must stand before it. */
static void before(struct reading *r, struct yaml_place at)
{
	struct level *l = top(r);

	if (l && l->each) {
		reset(&r->element);
		r->out = &r->element;
	} else if (l && l->some && (!l->object || l->wants_key)) {
		buf_char(&r->out->text, ',');
	}
	if (l)
		l->some = true;
	place_add(r->out, at);
}

struct member {
	struct span key;
	uint32_t at;
};

static int member_cmp(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int by_key = span_cmp(x->key, y->key);

	return by_key ? by_key : (x->at > y->at) - (x->at < y->at);
}

/* The first key of object `at` that an earlier one equals. Only one writer made the text, so equal keys are equal as
 * they are escaped. */
static uint32_t repeated(const struct json *j, uint32_t at)
{
	uint32_t count = j->node[at].count, n = 0, first = UINT32_MAX;
	struct member *m = xcalloc(count + 1, sizeof *m);

	for (uint32_t k = json_first(j, at); k != j->node[at].end; k = json_next_member(j, k))
		m[n++] = (struct member){json_text(j, k), k};
	qsort(m, n, sizeof *m, member_cmp);
	for (uint32_t i = 1; i < n; i++)
		if (span_eq(m[i - 1].key, m[i].key) && m[i].at < first)
			first = m[i].at;
	free(m);
	return first;
}

/* The parser of JSON has found a key twice: at once, or when the object closed. */
static bool duplicate(struct reading *r, const struct yamldoc *y)
{
	const struct json *j = &y->json;
	uint32_t at = j->n - 1;

	if (j->text[j->error_offset - 1] == '}')
		for (uint32_t i = 0; i < j->n; i++)
			if (j->node[i].type == JSON_OBJECT && j->node[i].off + j->node[i].len == j->error_offset)
				at = repeated(j, i);
	return fail(r, y->place[at], "a duplicate key, %.*s", (int)(j->node[at].len < 200 ? j->node[at].len : 200),
		    j->text + j->node[at].off);
}

static bool finish(struct reading *r, struct yamldoc *y)
{
	buf_cstr(&y->text);
	if (json_parse(&y->json, y->text.p, y->text.n, JSON_DOCUMENT))
		return true;
	if (strcmp(y->json.error, "duplicate key") == 0)
		return duplicate(r, y);
	return fail(r, y->place[0], "%s", y->json.error);
}

/* A value was written whole. */
static bool after(struct reading *r)
{
	struct level *l = top(r);

	if (l && l->object)
		l->wants_key = true;
	if (!l || !l->each)
		return true;
	r->out = r->document;
	if (!finish(r, &r->element))
		return false;
	return r->source->element(r->source->element_ctx, &r->element) || fail(r, r->element.place[0], "stopped");
}

static bool add_key(struct reading *r, const yaml_event_t *e)
{
	struct span s = {(const char *)e->data.scalar.value, e->data.scalar.length};
	struct yaml_place at = place_of(e->start_mark);
	bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

	if (plain && span_is(s, "<<"))
		return fail(r, at, "a merge key");
	if (plain && meaning_of(s) != MEANS_STRING)
		return fail(r, at, "a key that is no string");
	before(r, at);
	json_quote(&r->out->text, s);
	buf_char(&r->out->text, ':');
	top(r)->wants_key = false;
	r->each_next = r->depth == 1 && r->source->each && span_is(s, r->source->each);
	return within(r, at);
}

/* libyaml does not tell the tag `!` of a plain scalar, but counts it in its extent. */
static bool has_bare_tag(const yaml_event_t *e, struct span s)
{
	size_t chars = 0;

	if (e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return e->data.scalar.plain_implicit;
	for (size_t i = 0; i < s.n; i++)
		chars += (s.p[i] & 0xc0) != 0x80;
	return e->start_mark.line == e->end_mark.line && e->end_mark.index - e->start_mark.index != chars;
}

static bool add_plain(struct reading *r, struct span s, struct yaml_place at)
{
	if (s.n == 0 && r->depth && top(r)->flow)
		return fail(r, at, "an empty value in a flow collection");
	if (s.n == 0 && !r->depth)
		return fail(r, at, "an empty document");
	switch (meaning_of(s)) {
	case MEANS_WORD:
		before(r, at);
		buf_str(&r->out->text, word_of(s));
		return true;
	case MEANS_NUMBER:
		before(r, at);
		buf_span_add(&r->out->text, s);
		return true;
	case MEANS_NOTHING:
		return fail(r, at, "a number that JSON cannot say so (in quotes it is a string)");
	default:
		before(r, at);
		json_quote(&r->out->text, s);
		return true;
	}
}

static bool add_scalar(struct reading *r, const yaml_event_t *e)
{
	struct span s = {(const char *)e->data.scalar.value, e->data.scalar.length};
	struct yaml_place at = place_of(e->start_mark);
	bool good = true;

	if (e->data.scalar.anchor)
		return fail(r, at, "an anchor");
	if (e->data.scalar.tag || has_bare_tag(e, s))
		return fail(r, at, "a tag");
	if (r->depth && top(r)->object && top(r)->wants_key)
		return add_key(r, e);
	r->each_next = false;
	if (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		good = add_plain(r, s, at);
	} else {
		before(r, at);
		json_quote(&r->out->text, s);
	}
	return good && within(r, at) && after(r);
}

/* What both kinds of collection have. */
struct opening {
	const yaml_char_t *anchor, *tag;
	bool object, flow;
};

static bool open_collection(struct reading *r, const yaml_event_t *e, struct opening o)
{
	struct yaml_place at = place_of(e->start_mark);
	struct level *l = top(r);

	if (o.anchor)
		return fail(r, at, "an anchor");
	if (o.tag)
		return fail(r, at, "a tag");
	if (l && l->object && l->wants_key)
		return fail(r, at, "a key that is no string");
	if (o.object && o.flow && e->start_mark.index == e->end_mark.index)
		return fail(r, at, "a pair without braces in a flow sequence");
	if (r->depth == YAML_DEPTH)
		return fail(r, at, "a depth over %d", YAML_DEPTH);
	before(r, at);
	buf_char(&r->out->text, o.object ? '{' : '[');
	r->level[r->depth++] = (struct level){
		.object = o.object, .flow = o.flow, .wants_key = o.object, .each = !o.object && r->each_next};
	r->each_next = false;
	return within(r, at);
}

static bool close_collection(struct reading *r, bool object)
{
	r->depth--;
	buf_char(&r->out->text, object ? '}' : ']');
	return after(r);
}

static bool open_document(struct reading *r, const yaml_event_t *e)
{
	struct yaml_place at = place_of(e->start_mark);

	if (e->data.document_start.version_directive ||
	    e->data.document_start.tag_directives.start != e->data.document_start.tag_directives.end)
		return fail(r, at, "a directive");
	return !r->document->n || fail(r, at, "a second document");
}

static bool take(struct reading *r, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return open_document(r, e);
	case YAML_SCALAR_EVENT:
		return add_scalar(r, e);
	case YAML_SEQUENCE_START_EVENT:
		return open_collection(
			r, e,
			(struct opening){.anchor = e->data.sequence_start.anchor,
					 .tag = e->data.sequence_start.tag,
					 .flow = e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE});
	case YAML_MAPPING_START_EVENT:
		return open_collection(
			r, e,
			(struct opening){.anchor = e->data.mapping_start.anchor,
					 .tag = e->data.mapping_start.tag,
					 .object = true,
					 .flow = e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE});
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_collection(r, e->type == YAML_MAPPING_END_EVENT);
	case YAML_ALIAS_EVENT:
		return fail(r, place_of(e->start_mark), "an alias");
	default:
		return true;
	}
}

/* libyaml's own words; "did not find expected key" needs to hear of what. */
static bool syntax(struct reading *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *what = p->problem ? p->problem : "what is not YAML";

	if (p->error == YAML_MEMORY_ERROR) {
		r->document->error_errno = ENOMEM;
		return fail(r, (struct yaml_place){0, 0}, "out of memory");
	}
	if (p->context)
		return fail(r, place_of(p->problem_mark), "bad syntax (%s, %s)", what, p->context);
	return fail(r, place_of(p->problem_mark), "bad syntax (%s)", what);
}

static bool read_events(struct reading *r)
{
	for (;;) {
		yaml_event_t e;
		bool good, last;

		if (!yaml_parser_parse(&r->parser, &e))
			return syntax(r);
		r->consumed = e.end_mark.index;
		last = e.type == YAML_STREAM_END_EVENT;
		good = take(r, &e);
		yaml_event_delete(&e);
		if (!good)
			return false;
		if (last)
			break;
	}
	if (!r->document->n)
		return fail(r, (struct yaml_place){1, 1}, "an empty document");
	return finish(r, r->document);
}

bool yamldoc_read(struct yamldoc *y, const struct yaml_source *source)
{
	struct reading r = {.source = source, .document = y, .out = y, .at = {1, 1}};
	bool good;

	reset(y);
	if (!yaml_parser_initialize(&r.parser)) {
		y->error_errno = ENOMEM;
		return fail(&r, (struct yaml_place){0, 0}, "out of memory");
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input(&r.parser, next_bytes, &r);
	good = read_events(&r);
	yaml_parser_delete(&r.parser);
	yamldoc_free(&r.element);
	return good;
}

struct memory {
	const char *p;
	size_t n;
};

static ssize_t read_memory(void *ctx, void *p, size_t n)
{
	struct memory *m = ctx;

	n = n < m->n ? n : m->n;
	if (n)
		memcpy(p, m->p, n);
	m->p += n;
	m->n -= n;
	return (ssize_t)n;
}

bool yamldoc_parse(struct yamldoc *y, const char *text, size_t n, size_t limit)
{
	struct memory m = {text, n};

	return yamldoc_read(y, &(struct yaml_source){.read = read_memory, .ctx = &m, .limit = limit});
}

void yamldoc_free(struct yamldoc *y)
{
	buf_free(&y->text);
	buf_free(&y->why);
	json_free(&y->json);
	free(y->place);
	*y = (struct yamldoc){0};
}
