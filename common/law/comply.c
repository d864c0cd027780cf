#include "law/comply.h"

#include "base/text.h"
#include "data/glob.h"
#include "schema/pattern.h"

#include <stdlib.h>
#include <strings.h>

#define BRIEF(s) (int)law_brief(s).n, law_brief(s).p

enum { SETS_MAX = 256 };

/* A pattern that no line may hold. */
struct forbidden {
	struct pattern *pattern;
	char *text, *files, *why; /* files NULL: all; why NULL: not said */
	uint32_t set;
};

/* A file that must be there. */
struct wanted {
	char *glob;
	uint32_t set;
	bool found;
};

struct fact {
	char *name, *value;
};

/* A set of rules is the document itself, or what stands behind a condition. */
struct rules {
	uint32_t at;
	uint32_t condition; /* 0: none */
	bool holds;
};

struct comply {
	const struct json *j;
	struct law_ends ends;
	struct rules set[SETS_MAX];
	uint32_t sets;
	struct forbidden *forbidden;
	size_t forbiddens;
	struct wanted *wanted;
	size_t wanteds;
	struct fact *fact;
	size_t facts;
	struct buf prefix, where; /* the file last told, behind the prefix */
	struct span path;	  /* the same, from the top of what is judged */
	uint64_t lines;
	struct buf a, b, latin;
};

#define SAY(c, line, ...) law_say(&(c)->ends, CODE_COMPLIANCE, buf_span(&(c)->where), (line), __VA_ARGS__)

static struct span text_of(const struct comply *c, uint32_t at, struct buf *scratch)
{
	return at && c->j->node[at].type == JSON_STRING ? json_string(c->j, at, scratch) : (struct span){0};
}

/* --- what is compiled once --- */

static char *own(struct span s)
{
	return xstrndup(s.p ? s.p : "", s.n);
}

static const char *add_wanted(struct comply *c, uint32_t set, struct span text)
{
	struct wanted *w;
	struct buf glob = {0};
	const char *why;

	buf_span_add(&glob, text);
	if (text.n && text.p[text.n - 1] == '/')
		buf_str(&glob, "**");
	why = glob_bad(buf_span(&glob));
	if (!why) {
		c->wanted = xreallocarray(c->wanted, c->wanteds + 1, sizeof *c->wanted);
		w = &c->wanted[c->wanteds++];
		*w = (struct wanted){.glob = own(buf_span(&glob)), .set = set};
	}
	buf_free(&glob);
	return why;
}

static const char *add_forbidden(struct comply *c, uint32_t set, uint32_t at)
{
	bool plain = c->j->node[at].type == JSON_STRING;
	struct span text = text_of(c, plain ? at : json_get(c->j, at, "pattern"), &c->a);
	uint32_t files = plain ? 0 : json_get(c->j, at, "files"), reason = plain ? 0 : json_get(c->j, at, "why");
	struct span glob = text_of(c, files, &c->b);
	struct pattern *pattern;
	const char *why = files ? glob_bad(glob) : NULL;
	struct forbidden *f;

	if (why)
		return why;
	pattern = pattern_new(text, &why);
	if (!pattern)
		return why;
	c->forbidden = xreallocarray(c->forbidden, c->forbiddens + 1, sizeof *c->forbidden);
	f = &c->forbidden[c->forbiddens++];
	*f = (struct forbidden){.pattern = pattern, .text = own(text), .files = files ? own(glob) : NULL, .set = set};
	if (reason)
		f->why = own(text_of(c, reason, &c->b));
	return NULL;
}

/* The globs that are names of members. */
static const char *check_names(struct comply *c, uint32_t object, struct buf *at)
{
	for (uint32_t k = json_first(c->j, object); k != c->j->node[object].end; k = json_next_member(c->j, k)) {
		struct span name = json_string(c->j, k, &c->a);
		const char *why;

		if (name.n && name.p[name.n - 1] == '/')
			name.n--;
		why = span_is(name, ".") ? NULL : glob_bad(name);
		if (why) {
			buf_printf(at, "/%.*s", BRIEF(name));
			return why;
		}
	}
	return NULL;
}

static const char *load_lists(struct comply *c, uint32_t set, struct buf *at)
{
	uint32_t top = c->set[set].at, list = json_get(c->j, top, "required_files"), i = 0;
	const char *why = NULL;

	for (uint32_t e = list ? json_first(c->j, list) : 0; list && e != c->j->node[list].end;
	     e = json_next(c->j, e), i++)
		if ((why = add_wanted(c, set, text_of(c, e, &c->a)))) {
			buf_printf(at, "/required_files/%u", i);
			return why;
		}
	list = json_get(c->j, top, "forbidden_patterns");
	i = 0;
	for (uint32_t e = list ? json_first(c->j, list) : 0; list && e != c->j->node[list].end;
	     e = json_next(c->j, e), i++)
		if ((why = add_forbidden(c, set, e))) {
			buf_printf(at, "/forbidden_patterns/%u", i);
			return why;
		}
	return NULL;
}

static const char *load_set(struct comply *c, uint32_t set, struct buf *at)
{
	static const char *const maps[] = {"file_names", "required_sections", "max_lines", NULL};
	const char *why = load_lists(c, set, at);

	for (const char *const *name = maps; !why && *name; name++) {
		uint32_t map = json_get(c->j, c->set[set].at, *name);
		size_t here = at->n;

		if (!map || c->j->node[map].type != JSON_OBJECT)
			continue;
		buf_printf(at, "/%s", *name);
		why = check_names(c, map, at);
		if (!why)
			at->n = here;
	}
	return why;
}

static const char *load_conditions(struct comply *c)
{
	uint32_t list = json_get(c->j, 0, "when");

	for (uint32_t e = list ? json_first(c->j, list) : 0; list && e != c->j->node[list].end;
	     e = json_next(c->j, e)) {
		uint32_t then = json_get(c->j, e, "then"), otherwise = json_get(c->j, e, "else");

		if (c->sets + 2 > SETS_MAX)
			return "more than 127 conditions";
		if (then)
			c->set[c->sets++] =
				(struct rules){.at = then, .condition = json_get(c->j, e, "if"), .holds = true};
		if (otherwise)
			c->set[c->sets++] = (struct rules){.at = otherwise, .condition = json_get(c->j, e, "if")};
	}
	return NULL;
}

struct comply *comply_new(const struct json *companion, struct span prefix, struct law_ends ends, const char **why,
			  struct buf *at)
{
	struct comply *c = xcalloc(1, sizeof *c);

	c->j = companion;
	c->ends = ends;
	buf_span_add(&c->prefix, prefix);
	c->set[c->sets++] = (struct rules){.at = 0, .holds = true};
	*why = load_conditions(c);
	for (uint32_t i = 0; !*why && i < c->sets; i++) {
		buf_reset(at);
		if (i)
			buf_str(at, "/when");
		*why = load_set(c, i, at);
	}
	if (!*why)
		return c;
	comply_free(c);
	return NULL;
}

void comply_free(struct comply *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->forbiddens; i++) {
		pattern_free(c->forbidden[i].pattern);
		free(c->forbidden[i].text);
		free(c->forbidden[i].files);
		free(c->forbidden[i].why);
	}
	for (size_t i = 0; i < c->wanteds; i++)
		free(c->wanted[i].glob);
	for (size_t i = 0; i < c->facts; i++) {
		free(c->fact[i].name);
		free(c->fact[i].value);
	}
	free(c->forbidden);
	free(c->wanted);
	free(c->fact);
	buf_free(&c->prefix);
	buf_free(&c->where);
	buf_free(&c->a);
	buf_free(&c->b);
	buf_free(&c->latin);
	free(c);
}

/* --- facts and conditions --- */

bool comply_asks(const struct comply *c, uint32_t i, struct span *name, struct span *file, struct span *heading,
		 struct buf scratch[3])
{
	uint32_t map = json_get(c->j, 0, "facts"), k;

	if (!map || i >= c->j->node[map].count)
		return false;
	for (k = json_first(c->j, map); i; i--)
		k = json_next_member(c->j, k);
	*name = json_string(c->j, k, &scratch[0]);
	*file = text_of(c, json_get(c->j, k + 1, "file"), &scratch[1]);
	*heading = text_of(c, json_get(c->j, k + 1, "section"), &scratch[2]);
	return true;
}

static const struct fact *fact_named(const struct comply *c, struct span name)
{
	for (size_t i = 0; i < c->facts; i++)
		if (span_is(name, c->fact[i].name))
			return &c->fact[i];
	return NULL;
}

void comply_fact(struct comply *c, struct span name, struct span value)
{
	if (fact_named(c, name))
		return;
	c->fact = xreallocarray(c->fact, c->facts + 1, sizeof *c->fact);
	c->fact[c->facts++] = (struct fact){own(name), own(value)};
}

/* Is each fact that the condition names one of the values it gives? */
static bool condition_holds(struct comply *c, uint32_t condition)
{
	for (uint32_t k = json_first(c->j, condition); k != c->j->node[condition].end; k = json_next_member(c->j, k)) {
		const struct fact *f = fact_named(c, json_string(c->j, k, &c->a));
		uint32_t v = k + 1;
		bool any = false;

		if (!f)
			return false;
		if (c->j->node[v].type == JSON_STRING)
			any = span_is(json_string(c->j, v, &c->a), f->value);
		else
			for (uint32_t e = json_first(c->j, v); e != c->j->node[v].end; e = json_next(c->j, e))
				any |= span_is(json_string(c->j, e, &c->a), f->value);
		if (!any)
			return false;
	}
	return true;
}

void comply_decide(struct comply *c)
{
	for (uint32_t i = 0; i < c->sets; i++)
		if (c->set[i].condition)
			c->set[i].holds = condition_holds(c, c->set[i].condition) == c->set[i].holds;
}

/* --- files --- */

static struct span base_name(struct span path)
{
	size_t at = path.n;

	while (at && path.p[at - 1] != '/')
		at--;
	return (struct span){path.p + at, path.n - at};
}

/* Does a glob fit, or is it a directory (with a slash behind it, `./` is the top) and the path beneath it? */
static bool fits(struct span glob, struct span path)
{
	if (!glob.n || glob.p[glob.n - 1] != '/')
		return glob_match(glob, path);
	if (span_is(glob, "./"))
		return true;
	return path.n > glob.n && memcmp(path.p, glob.p, glob.n) == 0;
}

/* One name, or one of several. */
static bool name_fits(struct comply *c, uint32_t v, struct span name)
{
	if (c->j->node[v].type == JSON_STRING)
		return glob_match(json_string(c->j, v, &c->b), name);
	for (uint32_t e = json_first(c->j, v); e != c->j->node[v].end; e = json_next(c->j, e))
		if (glob_match(json_string(c->j, e, &c->b), name))
			return true;
	return false;
}

static void judge_name(struct comply *c, uint32_t set)
{
	uint32_t map = json_get(c->j, c->set[set].at, "file_names");

	for (uint32_t k = map ? json_first(c->j, map) : 0; map && k != c->j->node[map].end;
	     k = json_next_member(c->j, k)) {
		struct span dir = json_string(c->j, k, &c->a), shown;

		if (!fits(dir, c->path) || name_fits(c, k + 1, base_name(c->path)))
			continue;
		shown = json_source(c->j, k + 1);
		SAY(c, 0, "the name is not one that files in %.*s have: %.*s", BRIEF(dir), BRIEF(shown));
	}
}

/* A member of one of the maps whose glob fits the file, from member *k on (0: the first); false: no more. */
static bool next_fit(struct comply *c, uint32_t set, const char *name, uint32_t *k)
{
	uint32_t map = json_get(c->j, c->set[set].at, name);

	if (!c->set[set].holds || !map || c->j->node[map].type != JSON_OBJECT)
		return false;
	for (*k = *k ? json_next_member(c->j, *k) : json_first(c->j, map); *k != c->j->node[map].end;
	     *k = json_next_member(c->j, *k))
		if (fits(json_string(c->j, *k, &c->a), c->path))
			return true;
	return false;
}

/* The least that a rule of a set allows; 0: none does. */
static int64_t max_lines(struct comply *c, uint32_t set)
{
	uint32_t v = json_get(c->j, c->set[set].at, "max_lines"), k = 0;
	int64_t least = 0, n;

	if (!v || !c->set[set].holds)
		return 0;
	if (json_int(c->j, v, 1, INT64_MAX, &n))
		return n;
	while (next_fit(c, set, "max_lines", &k))
		if (json_int(c->j, k + 1, 1, INT64_MAX, &n) && (!least || n < least))
			least = n;
	return least;
}

static bool applies(const struct comply *c, const struct forbidden *f)
{
	return c->set[f->set].holds && (!f->files || fits(span_of(f->files), c->path));
}

static unsigned wants(struct comply *c)
{
	unsigned w = COMPLY_NOTHING;

	for (size_t i = 0; i < c->forbiddens; i++)
		if (applies(c, &c->forbidden[i]))
			w |= COMPLY_LINES;
	for (uint32_t i = 0; i < c->sets; i++) {
		uint32_t k = 0;

		if (max_lines(c, i))
			w |= COMPLY_LINES;
		if (next_fit(c, i, "required_sections", &k))
			w |= COMPLY_MARKDOWN;
	}
	return w;
}

unsigned comply_file(struct comply *c, struct span path)
{
	buf_reset(&c->where);
	buf_span_add(&c->where, buf_span(&c->prefix));
	buf_span_add(&c->where, path);
	c->path = (struct span){c->where.p + c->prefix.n, path.n};
	c->lines = 0;
	for (size_t i = 0; i < c->wanteds; i++)
		if (!c->wanted[i].found)
			c->wanted[i].found = glob_match(span_of(c->wanted[i].glob), c->path);
	for (uint32_t i = 0; i < c->sets; i++)
		if (c->set[i].holds)
			judge_name(c, i);
	return wants(c);
}

/* Bytes that are no UTF-8 are read as Latin-1: what is forbidden is found in any file. */
static struct span readable(struct comply *c, struct span line)
{
	if (utf8_valid(line.p, line.n))
		return line;
	buf_reset(&c->latin);
	for (size_t i = 0; i < line.n; i++)
		utf8_add(&c->latin, (unsigned char)line.p[i]);
	return buf_span(&c->latin);
}

void comply_line(struct comply *c, struct span line)
{
	struct span text = readable(c, line);

	c->lines++;
	for (size_t i = 0; i < c->forbiddens; i++) {
		const struct forbidden *f = &c->forbidden[i];
		enum pattern_result found = applies(c, f) ? pattern_search(f->pattern, text) : PATTERN_ABSENT;

		if (found == PATTERN_FOUND)
			SAY(c, c->lines, "it holds what may not be there: %.*s%s%.*s", BRIEF(span_of(f->text)),
			    f->why ? ": " : "", BRIEF(span_of(f->why ? f->why : "")));
		else if (found == PATTERN_LIMIT)
			SAY(c, c->lines, "the line could not be searched for %.*s in bounded time",
			    BRIEF(span_of(f->text)));
	}
}

void comply_lines_end(struct comply *c)
{
	for (uint32_t i = 0; i < c->sets; i++) {
		int64_t max = max_lines(c, i);

		if (max && c->lines > (uint64_t)max)
			SAY(c, (uint64_t)max + 1, "it has %llu lines, and may have %lld", (unsigned long long)c->lines,
			    (long long)max);
	}
}

/* A heading of any level, in whatever case; the rule may have `#` before it. */
static bool has_section(const struct markdown *m, struct span title)
{
	while (title.n && (title.p[0] == '#' || title.p[0] == ' '))
		title = (struct span){title.p + 1, title.n - 1};
	for (uint32_t i = 0; i < m->n; i++) {
		struct span text = markdown_text(m, m->node[i].text);

		if (m->node[i].kind == MARKDOWN_HEADING && text.n == title.n &&
		    (text.n == 0 || strncasecmp(text.p, title.p, text.n) == 0))
			return true;
	}
	return false;
}

static void judge_sections(struct comply *c, uint32_t list, const struct markdown *m)
{
	for (uint32_t e = json_first(c->j, list); e != c->j->node[list].end; e = json_next(c->j, e)) {
		struct span title = text_of(c, e, &c->b);

		if (!has_section(m, title))
			SAY(c, 0, "it has no section %.*s", BRIEF(title));
	}
}

void comply_markdown(struct comply *c, const struct markdown *m, const char *why, uint64_t line)
{
	for (uint32_t i = 0; i < c->sets; i++) {
		uint32_t k = 0;

		while (next_fit(c, i, "required_sections", &k)) {
			if (m)
				judge_sections(c, k + 1, m);
			else
				SAY(c, line, "its sections cannot be read: %s", why);
		}
	}
}

void comply_unread(struct comply *c, const char *why)
{
	SAY(c, 0, "it could not be judged: %s", why);
}

void comply_end(struct comply *c)
{
	for (size_t i = 0; i < c->wanteds; i++) {
		const struct wanted *w = &c->wanted[i];
		size_t n = strlen(w->glob);

		if (w->found || !c->set[w->set].holds)
			continue;
		buf_reset(&c->where);
		buf_span_add(&c->where, buf_span(&c->prefix));
		if (authority_is_path(span_of(w->glob)))
			buf_str(&c->where, w->glob);
		else if (c->where.n)
			c->where.n--; /* the directory's name without the slash */
		SAY(c, 0, "nothing is there as %.*s", (int)(n > 80 ? 80 : n), w->glob);
	}
}
