#include "law/diff.h"

#include "data/semver.h"

struct diff {
	const struct law_doc *old, *new;
	const struct law_ends *ends;
	void (*amended)(void *ctx, const struct amendment *a);
	void *ctx;
	enum law_need needed, admitted;
	struct buf a, b, c;
};

#define BRIEF(s) (int)law_brief(s).n, law_brief(s).p

const char *law_need_name(enum law_need n)
{
	static const char *const names[] = {"nothing", "patch", "minor", "major"};

	return names[n];
}

static uint32_t list_of(const struct law_doc *d, const char *key)
{
	uint32_t v = json_get(&d->r.json, 0, key);

	return v && d->r.json.node[v].type == JSON_ARRAY ? v : 0;
}

/* Which of the two documents shows it, and where. */
static void tell(struct diff *x, const struct amendment *a)
{
	const struct law_doc *d = a->line ? x->new : x->old;
	uint64_t line = a->line ? a->line : a->old_line;

	if (a->needs > x->needed)
		x->needed = a->needs;
	x->amended(x->ctx, a);
	if (a->needs == NEED_MAJOR && x->admitted < NEED_MAJOR)
		law_say(x->ends, CODE_BREAKING, d->where, line, "%s: %s: %.*s%s%.*s%s%.*s", a->change,
			law_section_title(a->section), BRIEF(a->text), a->was.n ? ", was " : "", BRIEF(a->was),
			a->is.n ? ", is " : "", BRIEF(a->is));
}

/* Element of a list of the other document whose member is that, 0: none. */
static uint32_t same_in(const struct law_doc *d, const char *section, const char *key, struct span value,
			struct buf *scratch)
{
	const struct json *j = &d->r.json;
	uint32_t list = list_of(d, section);

	for (uint32_t e = list ? json_first(j, list) : 0; list && e != j->node[list].end; e = json_next(j, e))
		if (span_eq(law_member(j, e, key, scratch), value))
			return e;
	return 0;
}

/* --- rules --- */

static bool binds(struct span level)
{
	return span_is(level, "MUST") || span_is(level, "MUST NOT");
}

static void diff_rule(struct diff *x, uint32_t e)
{
	const struct json *n = &x->new->r.json, *o = &x->old->r.json;
	struct span text = law_member(n, e, "text", &x->a), is = law_member(n, e, "level", &x->b), was = {0};
	uint32_t before = same_in(x->old, "invariants", "text", text, &x->c);

	if (before)
		was = law_member(o, before, "level", &x->c);
	if (before && span_eq(was, is))
		return;
	tell(x, &(struct amendment){.section = SECTION_INVARIANTS,
				    .change = before ? "changed" : "added",
				    .needs = binds(is) || binds(was) ? NEED_MAJOR : NEED_MINOR,
				    .text = text,
				    .was = was,
				    .is = is,
				    .line = law_line(n, e),
				    .old_line = before ? law_line(o, before) : 0});
}

static void diff_lost_rule(struct diff *x, uint32_t e)
{
	const struct json *o = &x->old->r.json;
	struct span text = law_member(o, e, "text", &x->a), was = law_member(o, e, "level", &x->b);

	if (!same_in(x->new, "invariants", "text", text, &x->c))
		tell(x, &(struct amendment){.section = SECTION_INVARIANTS,
					    .change = "removed",
					    .needs = binds(was) ? NEED_MAJOR : NEED_MINOR,
					    .text = text,
					    .was = was,
					    .old_line = law_line(o, e)});
}

static void diff_rules(struct diff *x)
{
	uint32_t old = list_of(x->old, "invariants"), new = list_of(x->new, "invariants");
	const struct json *o = &x->old->r.json, *n = &x->new->r.json;

	for (uint32_t e = old ? json_first(o, old) : 0; old && e != o->node[old].end; e = json_next(o, e))
		diff_lost_rule(x, e);
	for (uint32_t e = new ? json_first(n, new) : 0; new &&e != n->node[new].end; e = json_next(n, e))
		diff_rule(x, e);
}

/* --- the other sections --- */

struct items {
	enum law_section section;
	const char *key;
	enum law_need added, removed;
};

/* Is it there as well, or allowed by something wider? */
static bool kept(struct diff *x, const struct law_doc *in, const struct items *i, struct span value)
{
	const struct json *j = &in->r.json;
	uint32_t list = list_of(in, law_section_name(i->section));

	for (uint32_t e = list ? json_first(j, list) : 0; list && e != j->node[list].end; e = json_next(j, e)) {
		struct span other = law_member(j, e, i->key, &x->b);

		if (i->section == SECTION_PATHS ? authority_covers(other, value) : span_eq(other, value))
			return true;
	}
	return false;
}

/* What `from` lists and `in` does not. */
static void diff_items(struct diff *x, const struct items *i, const struct law_doc *from, const struct law_doc *in)
{
	const struct json *j = &from->r.json;
	uint32_t list = list_of(from, law_section_name(i->section));
	bool removed = from == x->old;

	for (uint32_t e = list ? json_first(j, list) : 0; list && e != j->node[list].end; e = json_next(j, e)) {
		struct span value = law_member(j, e, i->key, &x->a);

		if (!kept(x, in, i, value))
			tell(x, &(struct amendment){.section = i->section,
						    .change = removed ? "removed" : "added",
						    .needs = removed ? i->removed : i->added,
						    .text = value,
						    .line = removed ? 0 : law_line(j, e),
						    .old_line = removed ? law_line(j, e) : 0});
	}
}

static void diff_plane(struct diff *x)
{
	struct span was = law_string(x->old, "plane", &x->a), is = law_string(x->new, "plane", &x->b);

	if (!span_eq(was, is))
		tell(x, &(struct amendment){.section = SECTION_METADATA,
					    .change = "changed",
					    .needs = NEED_MAJOR,
					    .text = SPAN("plane"),
					    .was = was,
					    .is = is,
					    .line = law_field_line(x->new, "plane"),
					    .old_line = law_field_line(x->old, "plane")});
}

/* --- versions --- */

static bool version_of(struct diff *x, const struct law_doc *d, struct semver *v, struct buf *scratch)
{
	struct span text = law_string(d, "version", scratch);
	const char *why = text.n ? semver_parse(v, text) : "is missing";

	if (why)
		law_say(x->ends, CODE_METADATA, d->where, 0, "the version %s", why);
	return !why;
}

/* How much may have changed between these two. */
static enum law_need admitted(const struct semver *old, const struct semver *new)
{
	if (semver_cmp(old, new) >= 0)
		return NEED_NOTHING;
	if (new->number[0] != old->number[0])
		return NEED_MAJOR;
	if (new->number[1] != old->number[1])
		return old->number[0] ? NEED_MINOR : NEED_MAJOR;
	return NEED_PATCH;
}

static void check_growth(struct diff *x, const struct semver *old, const struct semver *new)
{
	if (semver_cmp(new, old) < 0)
		law_say(x->ends, CODE_METADATA, x->new->where, 0, "the version went back");
	else if (x->needed > x->admitted)
		law_say(x->ends, x->needed == NEED_MAJOR ? CODE_BREAKING : CODE_METADATA, x->new->where, 0,
			"the version grew by %s, but what changed needs a new %s version", law_need_name(x->admitted),
			law_need_name(x->needed));
}

static void diff_all(struct diff *x)
{
	static const struct items items[] = {
		{SECTION_PATHS, "pattern", NEED_MINOR, NEED_MAJOR},
		{SECTION_GATES, "gate", NEED_MAJOR, NEED_MAJOR},
		{SECTION_CHANGES, "type", NEED_MINOR, NEED_MAJOR},
		{SECTION_SECURITY, "text", NEED_MAJOR, NEED_MAJOR},
	};

	diff_plane(x);
	diff_rules(x);
	for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
		diff_items(x, &items[i], x->old, x->new);
		diff_items(x, &items[i], x->new, x->old);
	}
}

void law_diff(const struct law_doc *old, const struct law_doc *new, bool reworded, const struct law_ends *e,
	      void (*amended)(void *ctx, const struct amendment *a), void *ctx)
{
	struct diff x = {.old = old, .new = new, .ends = e, .amended = amended, .ctx = ctx};
	struct buf old_text = {0}, new_text = {0};
	struct semver was, is;
	bool versions;

	if (!span_eq(old->id, new->id))
		law_say(e, CODE_METADATA, new->where, 0, "it is %.*s, but the earlier one is %.*s", BRIEF(new->id),
			BRIEF(old->id));
	versions = version_of(&x, old, &was, &old_text);
	versions = version_of(&x, new, &is, &new_text) && versions;
	x.needed = reworded ? NEED_PATCH : NEED_NOTHING;
	x.admitted = versions ? admitted(&was, &is) : NEED_NOTHING;
	diff_all(&x);
	if (versions)
		check_growth(&x, &was, &is);
	buf_free(&old_text);
	buf_free(&new_text);
	buf_free(&x.a);
	buf_free(&x.b);
	buf_free(&x.c);
}
