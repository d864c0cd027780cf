#include "law/spec.h"

#include "data/relpath.h"
#include "data/semver.h"

#include <stdlib.h>

struct check {
	struct lawbook *book;
	const struct law_ends *ends;
	const struct law_doc *d;
	const struct json *j;
	uint32_t doc;		   /* its document */
	struct law_doc *framework; /* NULL: not at hand */
	bool whole;
	struct buf scratch, more;
};

#define SAY(c, code, line, ...) law_say((c)->ends, (code), (c)->d->where, (line), __VA_ARGS__)
#define BRIEF(s) (int)law_brief(s).n, law_brief(s).p

static const struct field {
	const char *name;
	enum json_type type;
	bool required;
} fields[] = {
	{"spec_id", JSON_STRING, true},		{"title", JSON_STRING, true},	   {"framework_id", JSON_STRING, true},
	{"status", JSON_STRING, true},		{"version", JSON_STRING, true},	   {"plane_id", JSON_STRING, true},
	{"assets", JSON_ARRAY, true},		{"acceptance", JSON_OBJECT, true}, {"interfaces", JSON_ARRAY, false},
	{"invariants", JSON_ARRAY, false},	{"non_goals", JSON_ARRAY, false},  {"dependencies", JSON_ARRAY, false},
	{"entity_type", JSON_STRING, false},	{"gates", JSON_ARRAY, false},	   {"metadata", JSON_OBJECT, false},
	{"required_assets", JSON_ARRAY, false},
};

static const char *type_text(enum json_type type)
{
	return type == JSON_STRING ? "text" : type == JSON_ARRAY ? "a list" : "a mapping";
}

static const struct field *field_named(struct span name)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (span_is(name, fields[i].name))
			return &fields[i];
	return NULL;
}

static enum json_type type_of(const struct check *c, uint32_t at)
{
	return (enum json_type)c->j->node[at].type;
}

/* The value of a field where it is there and of its type, else 0. */
static uint32_t value(const struct check *c, const char *name)
{
	uint32_t v = json_get(c->j, c->doc, name);

	return v && type_of(c, v) == field_named(span_of(name))->type ? v : 0;
}

static uint64_t line_of(const struct check *c, const char *name)
{
	return spec_line(c->d, "/%s", name);
}

static void unknown_field(struct check *c, struct span name)
{
	struct buf pointer = {0};

	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '~' || name.p[i] == '/')
			buf_str(&pointer, name.p[i] == '~' ? "~0" : "~1");
		else
			buf_char(&pointer, name.p[i]);
	}
	SAY(c, CODE_METADATA, line_of(c, buf_cstr(&pointer)), "%.*s is no field of a spec", BRIEF(name));
	buf_free(&pointer);
}

static void check_fields(struct check *c)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		uint32_t v = json_get(c->j, c->doc, fields[i].name);

		if (!v && fields[i].required)
			SAY(c, CODE_METADATA, 0, "it has no %s", fields[i].name);
		if (v && type_of(c, v) != fields[i].type)
			SAY(c, CODE_METADATA, line_of(c, fields[i].name), "%s is not %s%s", fields[i].name,
			    type_text(fields[i].type),
			    strcmp(fields[i].name, "framework_id") == 0 ? ": a spec has exactly one framework" : "");
		if (v && type_of(c, v) == fields[i].type && fields[i].required && fields[i].type == JSON_ARRAY &&
		    !c->j->node[v].count)
			SAY(c, CODE_METADATA, line_of(c, fields[i].name), "%s is empty", fields[i].name);
	}
	for (uint32_t k = json_first(c->j, c->doc); k != c->j->node[c->doc].end; k = json_next_member(c->j, k)) {
		struct span name = json_string(c->j, k, &c->scratch);

		if (!field_named(name))
			unknown_field(c, name);
	}
}

/* The text of a field, n = 0 where it is not there. */
static struct span text(struct check *c, const char *name)
{
	uint32_t v = value(c, name);

	return v ? json_string(c->j, v, &c->scratch) : (struct span){0};
}

/* `specs/ID/manifest.yaml` is the manifest of ID. */
static void check_place(struct check *c)
{
	static const struct span dir = {"specs/", 6}, file = {"/manifest.yaml", 14};
	struct span w = c->d->where, id;

	if (w.n <= dir.n + file.n || memcmp(w.p, dir.p, dir.n) != 0 || memcmp(w.p + w.n - file.n, file.p, file.n) != 0)
		return;
	id = (struct span){w.p + dir.n, w.n - dir.n - file.n};
	if (c->d->id.n && !span_eq(id, c->d->id))
		SAY(c, CODE_METADATA, line_of(c, "spec_id"), "it is %.*s, but lies in the directory of %.*s",
		    BRIEF(c->d->id), BRIEF(id));
}

static void check_identity(struct check *c)
{
	struct semver v;
	struct span s;
	const char *why;

	s = text(c, "spec_id");
	if (value(c, "spec_id") && !ident_is(IDENT_SPEC, s))
		SAY(c, CODE_METADATA, line_of(c, "spec_id"), "spec_id is no id of a spec: %.*s", BRIEF(s));
	s = text(c, "framework_id");
	if (value(c, "framework_id") && !ident_is(IDENT_FRAMEWORK, s))
		SAY(c, CODE_METADATA, line_of(c, "framework_id"), "framework_id is no id of a framework: %.*s",
		    BRIEF(s));
	s = text(c, "version");
	why = value(c, "version") ? semver_parse(&v, s) : NULL;
	if (why)
		SAY(c, CODE_METADATA, line_of(c, "version"), "the version %.*s %s", BRIEF(s), why);
	s = text(c, "status");
	if (value(c, "status") && !law_status_known(s))
		SAY(c, CODE_METADATA, line_of(c, "status"), "status is none of draft, active and deprecated: %.*s",
		    BRIEF(s));
	s = text(c, "plane_id");
	if (value(c, "plane_id") && !law_plane_known(s))
		SAY(c, CODE_METADATA, line_of(c, "plane_id"), "plane_id is none of ho3, ho2 and ho1: %.*s", BRIEF(s));
	check_place(c);
}

/* A list of text that is not empty. */
static void check_texts(struct check *c, uint32_t list, const char *pointer)
{
	uint32_t i = 0;

	for (uint32_t e = json_first(c->j, list); e != c->j->node[list].end; e = json_next(c->j, e), i++)
		if (type_of(c, e) != JSON_STRING || !json_string(c->j, e, &c->scratch).n)
			SAY(c, CODE_METADATA, spec_line(c->d, "%s/%u", pointer, i), "what %s lists is not text",
			    pointer + 1);
}

static void check_acceptance(struct check *c)
{
	uint32_t v = value(c, "acceptance"), n = 0;

	if (!v)
		return;
	for (uint32_t k = json_first(c->j, v); k != c->j->node[v].end; k = json_next_member(c->j, k)) {
		struct span name = json_string(c->j, k, &c->scratch);
		const char *pointer = span_is(name, "tests")	? "/acceptance/tests"
				      : span_is(name, "checks") ? "/acceptance/checks"
								: NULL;

		if (!pointer) {
			SAY(c, CODE_METADATA, line_of(c, "acceptance"), "acceptance has tests and checks, not %.*s",
			    BRIEF(name));
		} else if (type_of(c, k + 1) != JSON_ARRAY) {
			SAY(c, CODE_METADATA, spec_line(c->d, "%s", pointer), "%s is not a list", pointer + 1);
		} else {
			check_texts(c, k + 1, pointer);
			n += c->j->node[k + 1].count;
		}
	}
	if (!n)
		SAY(c, CODE_METADATA, line_of(c, "acceptance"), "acceptance has neither test nor check");
}

static void check_interfaces(struct check *c)
{
	uint32_t list = json_get(c->j, c->doc, "interfaces"), i = 0;

	if (!list || type_of(c, list) != JSON_ARRAY)
		return;
	for (uint32_t e = json_first(c->j, list); e != c->j->node[list].end; e = json_next(c->j, e), i++) {
		struct span name = law_member(c->j, e, "name", &c->scratch);

		if (!name.n)
			SAY(c, CODE_METADATA, spec_line(c->d, "/interfaces/%u", i), "an interface without a name");
	}
}

static void check_lists(struct check *c)
{
	static const char *const names[] = {"/invariants", "/non_goals", "/required_assets", "/gates", NULL};

	for (const char *const *p = names; *p; p++)
		if (value(c, *p + 1))
			check_texts(c, value(c, *p + 1), *p);
	check_acceptance(c);
	check_interfaces(c);
}

/* --- assets --- */

static void check_authority(struct check *c, struct span path, uint64_t line)
{
	struct authority_ids known = {0};

	if (!c->framework || !law_authorizations(c->framework))
		return;
	known.id[IDENT_SPEC] = c->d->id;
	known.id[IDENT_FRAMEWORK] = c->framework->id;
	if (law_allows(c->framework, path, &known, NULL, NULL) < 0)
		SAY(c, CODE_UNAUTHORIZED, line, "no path authorization of %.*s allows %.*s", BRIEF(c->framework->id),
		    BRIEF(path));
}

static void check_asset(struct check *c, struct span path, uint64_t line)
{
	const char *why;

	if (!path.n) {
		SAY(c, CODE_ASSET, line, "an asset that is no path");
		return;
	}
	why = relpath_bad(path);
	if (why)
		SAY(c, CODE_ASSET, line, "the path %.*s %s", BRIEF(path), why);
	else if (!authority_is_path(path))
		SAY(c, CODE_ASSET, line, "%.*s is a pattern: assets are exact paths", BRIEF(path));
	else
		check_authority(c, path, line);
}

static void check_assets(struct check *c)
{
	uint32_t list = value(c, "assets"), i = 0;
	bool objects = false;

	if (!list)
		return;
	if (c->framework && !law_authorizations(c->framework))
		SAY(c, CODE_UNAUTHORIZED, line_of(c, "assets"), "%.*s authorizes no path, so no asset is allowed (%u)",
		    BRIEF(c->framework->id), c->j->node[list].count);
	for (uint32_t e = json_first(c->j, list); e != c->j->node[list].end; e = json_next(c->j, e), i++) {
		struct span path = type_of(c, e) == JSON_STRING ? json_string(c->j, e, &c->scratch)
								: law_member(c->j, e, "path", &c->scratch);

		objects |= type_of(c, e) == JSON_OBJECT;
		check_asset(c, path, spec_line(c->d, "/assets/%u", i));
	}
	if (objects)
		SAY(c, CODE_SPELLING, line_of(c, "assets"), "assets are objects, where a list of paths is asked for");
}

/* --- framework --- */

static void check_framework(struct check *c)
{
	uint64_t line = line_of(c, "framework_id");
	struct span id = text(c, "framework_id"), status;
	bool active = span_is(law_string(c->d, "status", &c->more), "active");

	if (!id.n)
		return;
	c->framework = lawbook_find(c->book, LAW_FRAMEWORK, id);
	if (!c->framework) {
		if (c->whole || lawbook_has(c->book, LAW_FRAMEWORK))
			SAY(c, CODE_CHAIN, line, "there is no framework %.*s", BRIEF(id));
		else
			law_say_as(c->ends, CODE_CHAIN, SEVERITY_WARNING, c->d->where, line,
				   "%.*s is not at hand: the assets were not held against it", BRIEF(id));
		return;
	}
	status = law_string(c->framework, "status", &c->more);
	if (active && !span_is(status, "active"))
		SAY(c, CODE_CHAIN, line, "it is active, but its framework %.*s is %.*s", BRIEF(id),
		    BRIEF(status.n ? status : SPAN("without a status")));
}

/* --- dependencies --- */

static bool has_interface(const struct law_doc *d, struct span name)
{
	const struct json *j = &d->r.json;
	uint32_t doc = json_get(j, 0, "document"), list = doc ? json_get(j, doc, "interfaces") : 0;
	struct buf scratch = {0};
	bool found = false;

	if (!list || j->node[list].type != JSON_ARRAY)
		return false;
	for (uint32_t e = json_first(j, list); !found && e != j->node[list].end; e = json_next(j, e))
		found = span_eq(law_member(j, e, "name", &scratch), name);
	buf_free(&scratch);
	return found;
}

static void check_used_interfaces(struct check *c, const struct law_doc *on, uint32_t list, uint32_t at)
{
	uint32_t i = 0;

	for (uint32_t e = json_first(c->j, list); e != c->j->node[list].end; e = json_next(c->j, e), i++) {
		struct span name = type_of(c, e) == JSON_STRING ? json_string(c->j, e, &c->more) : (struct span){0};

		if (!name.n || !has_interface(on, name))
			SAY(c, CODE_DEPENDENCY, spec_line(c->d, "/dependencies/%u/interfaces/%u", at, i),
			    "%.*s has no interface %.*s", BRIEF(on->id), BRIEF(name));
	}
}

static void check_dependency(struct check *c, uint32_t e, uint32_t at)
{
	uint64_t line = spec_line(c->d, "/dependencies/%u", at);
	struct span id = law_member(c->j, e, "spec_id", &c->scratch);
	uint32_t list = json_get(c->j, e, "interfaces");
	const struct law_doc *on;

	if (!ident_is(IDENT_SPEC, id)) {
		struct span shown = type_of(c, e) == JSON_STRING ? json_string(c->j, e, &c->scratch) : id;

		SAY(c, CODE_DEPENDENCY, line, "a dependency that names no spec%s%.*s", shown.n ? ": " : "",
		    BRIEF(shown));
		return;
	}
	on = lawbook_find(c->book, LAW_SPEC, id);
	if (!on && (c->whole || c->book->n > 1))
		SAY(c, CODE_DEPENDENCY, line, "there is no spec %.*s", BRIEF(id));
	else if (!on)
		law_say_as(c->ends, CODE_DEPENDENCY, SEVERITY_WARNING, c->d->where, line, "%.*s is not at hand",
			   BRIEF(id));
	else if (list && type_of(c, list) == JSON_ARRAY)
		check_used_interfaces(c, on, list, at);
	if (list && type_of(c, list) != JSON_ARRAY)
		SAY(c, CODE_DEPENDENCY, line, "its interfaces are not a list");
}

static void check_dependencies(struct check *c)
{
	uint32_t list = value(c, "dependencies"), at = 0;

	if (!list)
		return;
	for (uint32_t e = json_first(c->j, list); e != c->j->node[list].end; e = json_next(c->j, e), at++)
		check_dependency(c, e, at);
}

/* --- all of them together --- */

/* One spec on the way along dependencies, and which of them comes next. */
struct way {
	struct law_doc *d;
	uint32_t list, next, at;
};

static struct way way_of(struct law_doc *d)
{
	const struct json *j = &d->r.json;
	uint32_t doc = json_get(j, 0, "document"), list = doc ? json_get(j, doc, "dependencies") : 0;

	if (list && j->node[list].type != JSON_ARRAY)
		list = 0;
	return (struct way){.d = d, .list = list, .next = list ? json_first(j, list) : 0};
}

enum { UNSEEN, ON_THE_WAY, DONE };

/* Depth first, without recursion: a chain may be as long as the stream. */
static void check_cycles_from(struct lawbook *b, const struct law_ends *e, struct law_doc *first, struct way *stack)
{
	struct buf scratch = {0};
	size_t n = 0;

	first->mark = ON_THE_WAY;
	stack[n++] = way_of(first);
	while (n) {
		struct way *w = &stack[n - 1];
		const struct json *j = &w->d->r.json;
		struct law_doc *to;

		if (!w->list || w->next == j->node[w->list].end) {
			w->d->mark = DONE;
			n--;
			continue;
		}
		to = lawbook_find(b, LAW_SPEC, law_member(j, w->next, "spec_id", &scratch));
		w->next = json_next(j, w->next);
		w->at++;
		if (to && to->mark == ON_THE_WAY)
			law_say(e, CODE_DEPENDENCY, w->d->where, spec_line(w->d, "/dependencies/%u", w->at - 1),
				"%.*s depends on %.*s, which depends on it", BRIEF(w->d->id), BRIEF(to->id));
		if (to && to->mark == UNSEEN) {
			to->mark = ON_THE_WAY;
			stack[n++] = way_of(to);
		}
	}
	buf_free(&scratch);
}

static void check_cycles(struct lawbook *b, const struct law_ends *e)
{
	struct way *stack = xcalloc(b->n + 1, sizeof *stack);

	for (size_t i = 0; i < b->n; i++)
		b->doc[i]->mark = UNSEEN;
	for (size_t i = 0; i < b->n; i++)
		if (b->doc[i]->judged && b->doc[i]->sort == LAW_SPEC && b->doc[i]->mark == UNSEEN)
			check_cycles_from(b, e, b->doc[i], stack);
	free(stack);
}

struct claim {
	char *path;
	const struct law_doc *d;
	uint32_t at;
	size_t order;
};

static int claim_cmp(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int c = strcmp(x->path, y->path);

	return c ? c : (x->order > y->order) - (x->order < y->order);
}

static void check_claims(struct claim *claims, size_t n, const struct law_ends *e)
{
	qsort(claims, n, sizeof *claims, claim_cmp);
	for (size_t i = 1; i < n; i++) {
		const struct claim *x = &claims[i - 1], *y = &claims[i];

		if (strcmp(x->path, y->path) != 0 || !y->d->judged)
			continue;
		if (x->d == y->d)
			law_say(e, CODE_DUPLICATE, y->d->where, spec_line(y->d, "/assets/%u", y->at),
				"%.*s is listed twice", BRIEF(span_of(y->path)));
		else
			law_say(e, CODE_DUPLICATE, y->d->where, spec_line(y->d, "/assets/%u", y->at),
				"%.*s belongs to %.*s, too", BRIEF(span_of(y->path)), BRIEF(x->d->id));
	}
}

/* A file belongs to at most one spec (004 section 6.2, O5). */
static void check_owners(struct lawbook *b, const struct law_ends *e)
{
	struct claim *claims = NULL;
	struct buf scratch = {0};
	size_t n = 0, cap = 0;
	for (size_t i = 0; i < b->n; i++) {
		uint32_t cursor = 0;
		struct span path;

		for (uint32_t at = 0; b->doc[i]->sort == LAW_SPEC && spec_asset(b->doc[i], &cursor, &path, &scratch);
		     at++) {
			if (!path.n || memchr(path.p, 0, path.n))
				continue;
			if (n == cap) {
				cap = cap ? cap * 2 : 64;
				claims = xreallocarray(claims, cap, sizeof *claims);
			}
			claims[n] = (struct claim){xstrndup(path.p, path.n), b->doc[i], at, n};
			n++;
		}
	}
	if (n)
		check_claims(claims, n, e);
	for (size_t i = 0; i < n; i++)
		free(claims[i].path);
	free(claims);
	buf_free(&scratch);
}

static void check_one(struct lawbook *b, struct law_doc *d, const struct law_ends *e, bool whole)
{
	struct check c = {.book = b, .ends = e, .d = d, .j = &d->r.json, .whole = whole};
	const struct law_doc *earlier = lawbook_earlier(b, d);

	c.doc = json_get(c.j, 0, "document");
	if (!c.doc || type_of(&c, c.doc) != JSON_OBJECT) {
		SAY(&c, CODE_METADATA, 0, "a spec record without a document");
		return;
	}
	if (d->id.n && earlier)
		SAY(&c, CODE_DUPLICATE, line_of(&c, "spec_id"), "%.*s is also the spec in %.*s", BRIEF(d->id),
		    BRIEF(earlier->where));
	check_fields(&c);
	check_identity(&c);
	check_lists(&c);
	check_framework(&c);
	check_assets(&c);
	check_dependencies(&c);
	buf_free(&c.scratch);
	buf_free(&c.more);
}

uint64_t spec_check(struct lawbook *b, const struct law_ends *e, bool whole)
{
	uint64_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		if (b->doc[i]->judged && b->doc[i]->sort == LAW_SPEC) {
			check_one(b, b->doc[i], e, whole);
			n++;
		}
	check_cycles(b, e);
	check_owners(b, e);
	return n;
}
