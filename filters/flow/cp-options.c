#include "base/num.h"
#include "filter/internal.h"
#include "filter/stream.h"

#include <stdlib.h>

enum { OPTIONS_MAX = 60 };

/* The composition's facts, as it would give them to --describe. */
static struct filter facts;
static struct opt table[OPTIONS_MAX + 1];
static union {
	const char *text;
	bool flag;
	struct opt_list list;
} value[OPTIONS_MAX];
static unsigned options;

static char *text_of(const struct record *r, const char *key)
{
	struct buf scratch = {0};
	struct span s = {0};
	char *text;

	if (!record_str(r, key, &s, &scratch))
		s = SPAN("");
	text = xstrndup(s.p, s.n);
	buf_free(&scratch);
	return text;
}

/* An array of strings, joined by blanks. */
static const char *words_of(const struct record *r, const char *key)
{
	uint32_t at = record_get(r, key);
	struct buf b = {0};

	for (uint32_t c = at ? at + 1 : 0; at && c != r->json.node[at].end; c = json_next(&r->json, c)) {
		if (b.n)
			buf_char(&b, ' ');
		buf_span_add(&b, json_text(&r->json, c));
	}
	buf_cstr(&b);
	return b.p;
}

static unsigned index_of(const char *const *names, struct span name)
{
	unsigned i = 0;

	while (names[i] && !span_is(name, names[i]))
		i++;
	if (!names[i])
		bad_input("unable to use the facts: %.*s is no role or flag", (int)name.n, name.p);
	return i;
}

static void read_program(const struct record *r)
{
	uint32_t flags = record_get(r, "flags");
	int64_t n = 0;
	char *role = text_of(r, "role");

	facts.name = text_of(r, "name");
	facts.summary = text_of(r, "summary");
	facts.args = text_of(r, "args");
	facts.reads = words_of(r, "reads");
	facts.writes = words_of(r, "writes");
	facts.role = (enum filter_role)index_of(opt_roles, span_of(role));
	free(role);
	for (uint32_t c = flags ? flags + 1 : 0; flags && c != r->json.node[flags].end; c = json_next(&r->json, c))
		facts.flags |= 1u << index_of(opt_flags, json_text(&r->json, c));
	if (record_int(r, "operands_min", 0, 1000, &n))
		facts.operands_min = (unsigned)n;
	if (record_int(r, "operands_max", 0, INT32_MAX, &n))
		facts.operands_max = (unsigned)n;
	facts.opts = table;
}

static void read_option(const struct record *r)
{
	struct opt *o = &table[options];
	char *takes = text_of(r, "value");

	if (options == OPTIONS_MAX)
		bad_input("unable to use the facts: more than %d options", OPTIONS_MAX);
	o->name = text_of(r, "name");
	o->summary = text_of(r, "summary");
	o->value = *takes ? takes : NULL;
	o->required = record_true(r, "required");
	o->kind = !*takes ? OPT_FLAG : record_true(r, "repeat") ? OPT_LIST : strchr(takes, '|') ? OPT_CHOICE : OPT_STR;
	o->target = &value[options++];
	if (!*takes)
		free(takes);
}

/* A composition gives its facts without an end; what a program describes of itself has one. */
static void read_facts(void)
{
	struct stream s;
	enum stream_result got;

	stream_open(&s, 0, "stdin");
	while ((got = stream_next(&s)) == STREAM_RECORD) {
		err_place("stdin", s.record.number);
		if (record_is(&s.record, "program"))
			read_program(&s.record);
		else if (record_is(&s.record, "option"))
			read_option(&s.record);
		else
			bad_input("unable to use the facts: neither program nor option");
	}
	err_place(NULL, 0);
	if (got == STREAM_BAD)
		filter_leave_open(s.bad);
	if (!facts.name)
		bad_input("unable to use the facts: they name no program");
	if (got == STREAM_END)
		filter_input_ended(s.status, buf_span(&s.by), s.by_hand);
	stream_close(&s);
}

/* A word of shell, whatever is in it. */
static void quote(struct buf *b, const char *text)
{
	buf_char(b, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buf_str(b, "'\\''");
		else
			buf_char(b, *text);
	}
	buf_char(b, '\'');
}

static void assign(struct buf *b, const char *name, const char *text)
{
	buf_str(b, "opt_");
	for (; *name; name++)
		buf_char(b, *name == '-' ? '_' : *name);
	buf_char(b, '=');
	quote(b, text ? text : "");
	buf_char(b, '\n');
}

/* A repeatable option's values as words of shell: eval "set -- $opt_x" has them back. */
static void assign_list(struct buf *b, const char *name, const struct opt_list *list)
{
	struct buf words = {0};

	for (unsigned i = 0; i < list->n; i++) {
		quote(&words, list->item[i]);
		buf_char(&words, ' ');
	}
	assign(b, name, buf_cstr(&words));
	buf_free(&words);
}

static void assign_shared(struct buf *b, const struct shared_options *s)
{
	/* A composition may have a --root of its own, which need not be there. */
	if (facts.flags & FILTER_ROOT)
		assign(b, "root", root_given(s->root));
	assign(b, "fail-on", s->fail_on);
	assign(b, "quiet", s->quiet ? "1" : "");
	assign(b, "dry-run", s->dry_run ? "1" : "");
	assign(b, "allow-empty", s->allow_empty ? "1" : "");
	assign(b, "open", s->open ? "1" : "");
}

static void start(int argc, char **argv)
{
	struct shared_options shared = {0};
	struct buf b = {0}, text = {0};
	char **words = xcalloc((size_t)argc + 2, sizeof *words);
	int operands;

	read_facts();
	err_program(facts.name);
	memcpy(words + 1, argv, (size_t)argc * sizeof *words);
	if (opt_parse(&facts, &shared, argc + 1, words, &operands, &text) == OPT_ANSWERED) {
		buf_str(&b, "printf %s ");
		quote(&b, buf_cstr(&text));
		buf_str(&b, " || exit 4\nexit 0\n");
	} else {
		for (unsigned i = 0; i < options; i++) {
			if (table[i].kind == OPT_LIST)
				assign_list(&b, table[i].name, &value[i].list);
			else
				assign(&b, table[i].name,
				       table[i].kind == OPT_FLAG ? (value[i].flag ? "1" : "") : value[i].text);
		}
		assign_shared(&b, &shared);
		buf_str(&b, "set --");
		for (int i = 1; i <= operands; i++) {
			buf_char(&b, ' ');
			quote(&b, words[i]);
		}
		buf_char(&b, '\n');
	}
	emit_text(buf_span(&b));
	buf_free(&b);
	buf_free(&text);
	free(words);
}

static const struct filter self = {
	.name = "cp-options",
	.summary = "parse the options of a composition into shell assignments",
	.args = "[ARG...]",
	.reads = "program option",
	.writes = "",
	.role = ROLE_MAPPER,
	.flags = FILTER_TEXT | FILTER_OWN_INPUT,
	.operands_max = INT32_MAX,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
