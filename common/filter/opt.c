#include "base/num.h"
#include "data/jsonw.h"
#include "filter/internal.h"
#include "filter/stream.h"

#include <assert.h>

enum { SHARED_MAX = 10, INDENT = 26 };

/* The shared options this filter takes, in the order help shows them. */
static void shared_table(const struct filter *self, struct shared_options *s, struct opt out[SHARED_MAX + 1])
{
	const struct opt root = {.name = "root", .value = "DIR", .summary = "the plane's root", .kind = OPT_STR,
				 .target = &s->root};
	const struct opt dry = {.name = "dry-run", .summary = "say what would be done, change nothing",
				.target = &s->dry_run};
	const struct opt open = {.name = "open", .summary = "accept a stream without an end record",
				 .target = &s->open};
	const struct opt empty = {.name = "allow-empty", .summary = "pass although nothing was judged",
				  .target = &s->allow_empty};
	const struct opt fail = {.name = "fail-on", .value = "error|warning|note", .kind = OPT_CHOICE,
				 .target = &s->fail_on, .summary = "the least severity that makes the status 1"};
	const struct opt quiet = {.name = "quiet", .summary = "no warnings on stderr", .target = &s->quiet};

	if (self->flags & FILTER_ROOT)
		*out++ = root;
	if (self->flags & FILTER_DRY_RUN)
		*out++ = dry;
	if (self->flags & FILTER_GATE) {
		*out++ = empty;
		*out++ = fail;
	}
	if (self->role != ROLE_SOURCE && *self->reads)
		*out++ = open;
	*out++ = quiet;
	*out++ = (struct opt){.name = "help", .summary = "show this text"};
	*out++ = (struct opt){.name = "version", .summary = "show the version"};
	*out++ = (struct opt){.name = "describe", .summary = "show these facts as records"};
	*out = (struct opt){0};
}

/* --- answers --- */

const char *const opt_roles[] = {"source", "mapper", "judge", "effect", NULL};
const char *const opt_flags[] = {"root", "dry-run", "findings-ok", "text", "gate", "own-input", "command",
				 "single", NULL};

static void help_option(struct buf *b, const struct opt *o)
{
	size_t start = b->n;

	buf_str(b, "  ");
	if (o->letter)
		buf_printf(b, "-%c, ", o->letter);
	buf_printf(b, "--%s", o->name);
	if (o->value)
		buf_printf(b, " %s", o->value);
	do
		buf_char(b, ' ');
	while (b->n - start < INDENT);
	buf_printf(b, "%s%s\n", o->summary, o->required ? " (required)" : "");
}

static void help_text(struct buf *b, const struct filter *self, const struct opt *shared)
{
	buf_printf(b, "usage: %s [OPTION]...%s%s\n%s\n\n", self->name, self->args[0] ? " " : "", self->args,
		   self->summary);
	for (const struct opt *o = self->opts; o && o->name; o++)
		help_option(b, o);
	for (; shared->name; shared++)
		help_option(b, shared);
	buf_str(b, "\nstatus: 0 yes, 1 no, 2 called wrongly, 3 input not trustworthy, 4 the system failed\n");
	buf_printf(b, "manual: man %s\n", self->name);
}

static void words(struct buf *b, const char *key, const char *list)
{
	jsonw_array_open(b, key);
	while (*list) {
		size_t n = strcspn(list, " ");

		jsonw_str(b, NULL, (struct span){list, n});
		list += n + (list[n] == ' ');
	}
	jsonw_array_close(b);
}

static void describe_program(struct buf *b, const struct filter *self)
{
	jsonw_open(b, NULL);
	jsonw_cstr(b, "kind", "program");
	jsonw_cstr(b, "name", self->name);
	jsonw_cstr(b, "summary", self->summary);
	jsonw_cstr(b, "version", CP_VERSION);
	jsonw_cstr(b, "role", opt_roles[self->role]);
	words(b, "reads", self->reads);
	words(b, "writes", self->writes);
	jsonw_array_open(b, "flags");
	for (unsigned i = 0; opt_flags[i]; i++)
		if (self->flags & 1u << i)
			jsonw_cstr(b, NULL, opt_flags[i]);
	jsonw_array_close(b);
	jsonw_cstr(b, "args", self->args);
	jsonw_int(b, "operands_min", self->operands_min);
	jsonw_int(b, "operands_max", self->operands_max);
	jsonw_close(b);
	buf_char(b, '\n');
}

static void describe_option(struct buf *b, const struct opt *o)
{
	jsonw_open(b, NULL);
	jsonw_cstr(b, "kind", "option");
	jsonw_cstr(b, "name", o->name);
	if (o->letter)
		jsonw_str(b, "letter", (struct span){&o->letter, 1});
	if (o->value)
		jsonw_cstr(b, "value", o->value);
	jsonw_cstr(b, "summary", o->summary);
	jsonw_bool(b, "required", o->required);
	jsonw_bool(b, "repeat", o->kind == OPT_LIST);
	jsonw_close(b);
	buf_char(b, '\n');
}

static void describe(struct buf *b, const struct filter *self, const struct opt *shared)
{
	uint64_t count = 1;

	describe_program(b, self);
	for (const struct opt *o = self->opts; o && o->name; o++, count++)
		describe_option(b, o);
	for (; shared->name; shared++, count++)
		describe_option(b, shared);
	end_write(b, count, STATUS_YES, span_of(self->name), false);
	buf_char(b, '\n');
}

static bool answer(const struct filter *self, const struct opt *shared, const char *name, struct buf *b)
{
	if (strcmp(name, "help") == 0)
		help_text(b, self, shared);
	else if (strcmp(name, "version") == 0)
		buf_printf(b, "%s %s\n", self->name, CP_VERSION);
	else if (strcmp(name, "describe") == 0)
		describe(b, self, shared);
	else
		return false;
	return true;
}

/* --- parsing --- */

static const struct opt *lookup(const struct opt *table, struct span name, char letter)
{
	for (; table && table->name; table++)
		if (letter ? table->letter == letter : span_is(name, table->name))
			return table;
	return NULL;
}

static bool choice_ok(const char *choices, const char *value)
{
	size_t n = strlen(value);

	for (const char *p = choices; *p; p += *p == '|') {
		size_t len = strcspn(p, "|");

		if (len == n && memcmp(p, value, n) == 0)
			return true;
		p += len;
	}
	return false;
}

static void set_value(const struct opt *o, const char *value)
{
	struct opt_list *list = o->target;

	assert(o->target && (o->kind == OPT_FLAG || (value && (o->kind != OPT_CHOICE || o->value))));
	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)o->target = true;
		break;
	case OPT_INT:
		if (!num_i64(value, strlen(value), o->min, o->max, o->target))
			bad_usage("unable to use --%s %s: a number from %lld to %lld is wanted", o->name, value,
				  (long long)o->min, (long long)o->max);
		break;
	case OPT_CHOICE:
		if (!choice_ok(o->value, value))
			bad_usage("unable to use --%s %s: one of %s is wanted", o->name, value, o->value);
		*(const char **)o->target = value;
		break;
	case OPT_STR:
		*(const char **)o->target = value;
		break;
	case OPT_LIST:
		list->item = xreallocarray(list->item, list->n + 1, sizeof *list->item);
		list->item[list->n++] = value;
		break;
	}
}

/* One word of the command line, split. */
struct word {
	const struct opt *opt;
	const char *name, *value; /* value: behind a `=`, or NULL */
};

static struct word split(const struct filter *self, const struct opt *shared, const char *arg)
{
	bool lengthy = arg[1] == '-';
	struct span name = {arg + 2, strcspn(arg + 1 + lengthy, "=")};
	struct word w = {0};

	if (lengthy) {
		w.value = name.p[name.n] == '=' ? name.p + name.n + 1 : NULL;
		w.opt = lookup(self->opts, name, 0);
		if (!w.opt)
			w.opt = lookup(shared, name, 0);
	} else if (arg[1] && !arg[2]) {
		w.opt = lookup(self->opts, SPAN(""), arg[1]);
	}
	if (!w.opt)
		bad_usage("unable to use %s: no such option (see --help)", arg);
	return w;
}

static void check_required(const struct filter *self, const bool *given)
{
	for (const struct opt *o = self->opts; o && o->name; o++)
		if (o->required && !given[o - self->opts])
			bad_usage("unable to go on without --%s %s", o->name, o->value ? o->value : "");
}

static void check_operands(const struct filter *self, int n)
{
	if ((unsigned)n < self->operands_min)
		bad_usage("unable to go on without %s (see --help)", self->args);
	if ((unsigned)n > self->operands_max)
		bad_usage("unable to use so many operands: at most %u (see --help)", self->operands_max);
}

/* What one option says: its word, and its value where that is a word of its own. *i steps over both. */
static bool take_option(const struct filter *self, const struct opt *shared, int argc, char **argv, int *i,
			bool *given, struct buf *text)
{
	struct word w = split(self, shared, argv[*i]);

	if (!w.opt->value && w.value)
		bad_usage("unable to use %s: --%s takes no value", argv[*i], w.opt->name);
	if (w.opt->value && !w.value) {
		if (++*i == argc)
			bad_usage("unable to use --%s: it takes a value", w.opt->name);
		w.value = argv[*i];
	}
	if (!w.opt->target && answer(self, shared, w.opt->name, text))
		return false;
	if (self->opts && w.opt >= self->opts && w.opt < self->opts + 64)
		given[w.opt - self->opts] = true;
	set_value(w.opt, w.value);
	return true;
}

enum opt_answer opt_parse(const struct filter *self, struct shared_options *s, int argc, char **argv, int *operands,
			  struct buf *text)
{
	struct opt shared[SHARED_MAX + 1];
	bool given[64] = {false};
	int i, n = 0;

	shared_table(self, s, shared);
	/* Operands gather at the front of argv, behind the name, in the order they were given. */
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (argv[i][0] == '-' && argv[i][1]) {
			if (!take_option(self, shared, argc, argv, &i, given, text))
				return OPT_ANSWERED;
			continue;
		}
		/* What follows the command's name is the command's own. */
		if (self->flags & FILTER_COMMAND && (unsigned)n + 1 >= self->operands_min)
			break;
		argv[++n] = argv[i];
	}
	while (i < argc)
		argv[++n] = argv[i++];
	argv[n + 1] = NULL;
	check_required(self, given);
	check_operands(self, n);
	*operands = n;
	return OPT_RUN;
}
