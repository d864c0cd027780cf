#include "law/law.h"

#include "data/semver.h"
#include "law/content.h"

#include <strings.h>

struct check {
	const struct law_ends *ends;
	const struct law_doc *d;
	const struct json *j;
	struct buf scratch, more;
};

#define SAY(c, code, line, ...) law_say((c)->ends, (code), (c)->d->where, (line), __VA_ARGS__)
#define BRIEF(s) (int)law_brief(s).n, law_brief(s).p

bool law_gate_ok(struct span gate)
{
	for (size_t i = 0; i < gate.n; i++)
		if (!memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", gate.p[i], 37))
			return false;
	return gate.n && gate.n <= 64 && gate.p[0] == 'G';
}

bool law_change_known(struct span type)
{
	static const char *const types[] = {"code_change",	"spec_delta",	    "registry_change",
					    "dependency_add",	"package_install",  "kernel_upgrade",
					    "baseline_refresh", "firewall_override"};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (span_is(type, types[i]))
			return true;
	return false;
}

/* A member that is an array, 0 where it is none. */
static uint32_t list_of(const struct check *c, uint32_t at, const char *key)
{
	uint32_t v = json_get(c->j, at, key);

	return v && c->j->node[v].type == JSON_ARRAY ? v : 0;
}

/* --- metadata --- */

static bool counted(struct span name)
{
	return span_is(name, "framework_id") || span_is(name, "version") || span_is(name, "status") ||
	       span_is(name, "plane");
}

static bool same_value(struct span name, struct span a, struct span b)
{
	return span_is(name, "status") || span_is(name, "plane")
		       ? a.n == b.n && (!a.n || strncasecmp(a.p, b.p, a.n) == 0)
		       : span_eq(a, b);
}

static uint32_t fields_of(const struct check *c)
{
	uint32_t metadata = json_get(c->j, 0, "metadata");

	return metadata ? list_of(c, metadata, "fields") : 0;
}

uint64_t law_field_line(const struct law_doc *d, const char *name)
{
	struct buf value_text = {0}, scratch = {0};
	struct span value = law_string(d, name, &value_text), wanted = span_of(name);
	struct check c = {.d = d, .j = &d->r.json};
	uint32_t list = fields_of(&c);
	uint64_t line = 0;

	for (uint32_t e = list ? json_first(c.j, list) : 0; list && !line && e != c.j->node[list].end;
	     e = json_next(c.j, e))
		if (span_eq(law_member(c.j, e, "name", &scratch), wanted) &&
		    same_value(wanted, law_member(c.j, e, "value", &scratch), value))
			line = law_line(c.j, e);
	buf_free(&value_text);
	buf_free(&scratch);
	return line;
}

static uint64_t line_of(const struct check *c, const char *name)
{
	return law_field_line(c->d, name);
}

/* The value that an earlier field of that name has; false: there is none. */
static bool earlier_field(struct check *c, uint32_t list, uint32_t before, struct span name, struct span *value,
			  uint64_t *line)
{
	for (uint32_t e = json_first(c->j, list); e != before; e = json_next(c->j, e)) {
		if (!span_eq(law_member(c->j, e, "name", &c->scratch), name))
			continue;
		*value = law_member(c->j, e, "value", &c->scratch);
		*line = law_line(c->j, e);
		return true;
	}
	return false;
}

/* The same thing said twice must be the same. */
static void check_twice(struct check *c, uint32_t list)
{
	struct buf name_text = {0}, value_text = {0};

	for (uint32_t e = json_first(c->j, list); e != c->j->node[list].end; e = json_next(c->j, e)) {
		struct span name = law_member(c->j, e, "name", &name_text), first;
		struct span value = law_member(c->j, e, "value", &value_text);
		uint64_t line;

		if (counted(name) && earlier_field(c, list, e, name, &first, &line) && !same_value(name, first, value))
			SAY(c, CODE_METADATA, law_line(c->j, e), "%.*s is %.*s, but %.*s in line %llu", BRIEF(name),
			    BRIEF(value), BRIEF(first), (unsigned long long)line);
	}
	buf_free(&name_text);
	buf_free(&value_text);
}

/* One warning for each spelling that is not the template's. */
static void check_style(struct check *c, uint32_t list)
{
	for (unsigned s = STYLE_BOLD_LIST; s < STYLE_TITLE; s++)
		for (uint32_t e = json_first(c->j, list); e != c->j->node[list].end; e = json_next(c->j, e)) {
			if (!span_is(law_member(c->j, e, "style", &c->scratch), law_style_name((enum law_style)s)) ||
			    !counted(law_member(c->j, e, "name", &c->scratch)))
				continue;
			SAY(c, CODE_SPELLING, law_line(c->j, e),
			    "metadata spelled as %s: the template has - name: value",
			    s == STYLE_BOLD_LIST ? "a list in bold"
			    : s == STYLE_YAML	 ? "YAML"
			    : s == STYLE_BOLD	 ? "lines in bold"
						 : "a section Status");
			break;
		}
}

static void check_title(struct check *c)
{
	uint32_t list = list_of(c, 0, "sections"), e = list ? json_first(c->j, list) : 0;
	int64_t level;

	if (!list || e == c->j->node[list].end || !json_int(c->j, json_get(c->j, e, "level"), 1, 6, &level) ||
	    level != 1)
		SAY(c, CODE_METADATA, 0, "it does not begin with a title: # FMWK-ID: Title");
}

/* Does anything but the title say it? */
static bool id_in_metadata(struct check *c)
{
	uint32_t list = fields_of(c);

	for (uint32_t e = list ? json_first(c->j, list) : 0; list && e != c->j->node[list].end; e = json_next(c->j, e))
		if (span_is(law_member(c->j, e, "name", &c->scratch), "framework_id") &&
		    !span_is(law_member(c->j, e, "style", &c->scratch), law_style_name(STYLE_TITLE)))
			return true;
	return false;
}

static void check_values(struct check *c)
{
	struct span id = c->d->id, s;
	struct semver v;
	const char *why;

	if (!id.n)
		SAY(c, CODE_METADATA, 0, "it has no framework_id");
	else if (!ident_is(IDENT_FRAMEWORK, id))
		SAY(c, CODE_METADATA, line_of(c, "framework_id"), "framework_id is no id of a framework: %.*s",
		    BRIEF(id));
	else if (!id_in_metadata(c))
		SAY(c, CODE_METADATA, line_of(c, "framework_id"), "framework_id stands in the title alone");
	s = law_string(c->d, "version", &c->scratch);
	why = s.n ? semver_parse(&v, s) : NULL;
	if (!s.n)
		SAY(c, CODE_METADATA, 0, "it has no version");
	else if (why)
		SAY(c, CODE_METADATA, line_of(c, "version"), "the version %s", why);
	s = law_string(c->d, "status", &c->scratch);
	if (!s.n)
		SAY(c, CODE_METADATA, 0, "it has no status");
	else if (!law_status_known(s))
		SAY(c, CODE_METADATA, line_of(c, "status"), "the status is none of draft, active and deprecated");
	s = law_string(c->d, "plane", &c->scratch);
	if (!s.n)
		SAY(c, CODE_METADATA, 0, "it has no plane");
	else if (!law_plane_known(s))
		SAY(c, CODE_METADATA, line_of(c, "plane"), "the plane is none of ho3, ho2 and ho1");
}

static void check_metadata(struct check *c)
{
	uint32_t list = fields_of(c), metadata = json_get(c->j, 0, "metadata");
	uint32_t bad = metadata ? json_get(c->j, metadata, "unreadable") : 0;

	check_title(c);
	check_values(c);
	if (bad)
		SAY(c, CODE_METADATA, law_line(c->j, bad), "the block of metadata is not to be read: %.*s",
		    BRIEF(law_member(c->j, bad, "reason", &c->scratch)));
	if (list) {
		check_twice(c, list);
		check_style(c, list);
	}
}

/* --- sections --- */

/* The section's first heading of the highest level, and how many there are of that level. 0: none. */
static unsigned headings(struct check *c, enum law_section s, uint64_t *line, int64_t *top, uint64_t *second)
{
	uint32_t list = list_of(c, 0, "sections");
	unsigned n = 0;
	int64_t level;

	*top = 7;
	for (uint32_t e = list ? json_first(c->j, list) : 0; list && e != c->j->node[list].end;
	     e = json_next(c->j, e)) {
		uint32_t v = json_get(c->j, e, "level");

		if (!span_is(law_member(c->j, e, "name", &c->scratch), law_section_name(s)) || !v ||
		    !json_int(c->j, v, 1, 6, &level) || level > *top)
			continue;
		if (level < *top)
			n = 0;
		*top = level;
		*(n ? second : line) = law_line(c->j, e);
		n++;
	}
	return n;
}

static void check_sections(struct check *c)
{
	for (int s = 0; s < SECTION_COUNT; s++) {
		const char *title = law_section_title((enum law_section)s);
		uint64_t line = 0, second = 0;
		int64_t level;
		unsigned n = headings(c, (enum law_section)s, &line, &level, &second);
		uint32_t items = s == SECTION_METADATA ? 0 : list_of(c, 0, law_section_name((enum law_section)s));

		if (!n) {
			SAY(c, CODE_SECTION, 0, "it has no section %s", title);
			continue;
		}
		if (n > 1)
			SAY(c, CODE_SECTION, second, "a second section %s", title);
		if (level != 2)
			law_say_as(c->ends, CODE_SPELLING, SEVERITY_WARNING, c->d->where, line,
				   "the section %s is not of the second level", title);
		if (s != SECTION_METADATA && (!items || !c->j->node[items].count))
			SAY(c, CODE_SECTION, line, "the section %s lists nothing", title);
	}
}

/* --- what sections list --- */

static bool level_known(struct span level)
{
	return span_is(level, "MUST") || span_is(level, "MUST NOT") || span_is(level, "SHOULD") ||
	       span_is(level, "SHOULD NOT") || span_is(level, "MAY");
}

static void check_invariant(struct check *c, uint32_t e)
{
	struct span level = law_member(c->j, e, "level", &c->scratch);
	uint64_t line = law_line(c->j, e);

	if (!level.n)
		SAY(c, CODE_CLAUSE, line,
		    "a rule without its level: [MUST], [MUST NOT], [SHOULD], [SHOULD NOT] or [MAY]");
	else if (!level_known(level))
		SAY(c, CODE_CLAUSE, line, "a rule of an unknown level: [%.*s]", BRIEF(level));
	if (!law_member(c->j, e, "text", &c->scratch).n)
		SAY(c, CODE_CLAUSE, line, "a rule that says nothing");
}

/* Where no rule has a level it is one fault, not one of each. */
static void check_invariants(struct check *c)
{
	uint32_t list = list_of(c, 0, "invariants");
	bool any = false;

	for (uint32_t e = list ? json_first(c->j, list) : 0; list && e != c->j->node[list].end; e = json_next(c->j, e))
		any |= law_member(c->j, e, "level", &c->scratch).n != 0;
	if (list && !any && c->j->node[list].count) {
		SAY(c, CODE_CLAUSE, law_line(c->j, json_first(c->j, list)),
		    "%u items, and none is a rule with its level: - [MUST] rule", c->j->node[list].count);
		return;
	}
	for (uint32_t e = list ? json_first(c->j, list) : 0; list && e != c->j->node[list].end; e = json_next(c->j, e))
		check_invariant(c, e);
}

static const char *pattern_bad(struct span s)
{
	return authority_bad(s);
}
static const char *gate_bad(struct span s)
{
	return law_gate_ok(s) ? NULL : "is no id of a gate: G, then capital letters, digits and -";
}
static const char *change_bad(struct span s)
{
	return law_change_known(s) ? NULL : "is no type of work order";
}

/* Each item by itself, and none twice. */
static void check_items(struct check *c, enum law_section s, const char *key, const char *(*bad)(struct span))
{
	uint32_t list = list_of(c, 0, law_section_name(s));

	if (!list)
		return;
	for (uint32_t e = json_first(c->j, list); e != c->j->node[list].end; e = json_next(c->j, e)) {
		struct span item = law_member(c->j, e, key, &c->more);
		const char *why = bad(item);

		if (why)
			SAY(c, CODE_CLAUSE, law_line(c->j, e), "the %s %.*s %s", key, BRIEF(item), why);
		for (uint32_t o = json_first(c->j, list); !why && o != e; o = json_next(c->j, o))
			if (span_eq(law_member(c->j, o, key, &c->scratch), item)) {
				law_say_as(c->ends, CODE_CLAUSE, SEVERITY_WARNING, c->d->where, law_line(c->j, e),
					   "the %s %.*s is listed twice", key, BRIEF(item));
				break;
			}
	}
}

/* --- what may not be there --- */

static void check_content(struct check *c)
{
	uint32_t list = list_of(c, 0, "content");

	for (uint32_t e = list ? json_first(c->j, list) : 0; list && e != c->j->node[list].end;
	     e = json_next(c->j, e)) {
		enum content what = content_named(law_member(c->j, e, "what", &c->scratch));
		struct span text = law_member(c->j, e, "text", &c->scratch);
		uint32_t v = json_get(c->j, e, "lines");
		int64_t lines;

		if (what == CONTENT_NONE)
			continue;
		if (v && json_int(c->j, v, 1, INT32_MAX, &lines))
			SAY(c, CODE_PROHIBITED, law_line(c->j, e), "%s, %lld lines", content_text(what),
			    (long long)lines);
		else
			SAY(c, CODE_PROHIBITED, law_line(c->j, e), "%s: %.*s", content_text(what), BRIEF(text));
	}
}

static void check_one(struct lawbook *b, const struct law_doc *d, const struct law_ends *e)
{
	struct check c = {.ends = e, .d = d, .j = &d->r.json};
	const struct law_doc *earlier = d->id.n ? lawbook_earlier(b, d) : NULL;

	if (earlier)
		SAY(&c, CODE_DUPLICATE, line_of(&c, "framework_id"), "%.*s is also the framework in %.*s",
		    BRIEF(d->id), BRIEF(earlier->where));
	check_metadata(&c);
	check_sections(&c);
	check_invariants(&c);
	check_items(&c, SECTION_PATHS, "pattern", pattern_bad);
	check_items(&c, SECTION_GATES, "gate", gate_bad);
	check_items(&c, SECTION_CHANGES, "type", change_bad);
	check_content(&c);
	buf_free(&c.scratch);
	buf_free(&c.more);
}

uint64_t law_check(struct lawbook *b, const struct law_ends *e)
{
	uint64_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		if (b->doc[i]->judged && b->doc[i]->sort == LAW_FRAMEWORK) {
			check_one(b, b->doc[i], e);
			n++;
		}
	return n;
}
