#include "law/authority.h"

#include "data/glob.h"

enum { CANDIDATES = 8, PATTERN_BYTES = 4096 };

static const struct placeholder {
	struct span text;
	const char *name;
} placeholders[AUTHORITY_IDS] = {
	[IDENT_PACKAGE] = {{"{package_id}", 12}, "package_id"},
	[IDENT_FRAMEWORK] = {{"{framework_id}", 14}, "framework_id"},
	[IDENT_SPEC] = {{"{spec_id}", 9}, "spec_id"},
};

const char *authority_placeholder(enum ident which)
{
	return placeholders[which].name;
}

/* Which placeholder begins there; AUTHORITY_IDS: none. */
static unsigned placeholder_at(struct span rest)
{
	unsigned i = 0;

	while (i < AUTHORITY_IDS && (rest.n < placeholders[i].text.n ||
				     memcmp(rest.p, placeholders[i].text.p, placeholders[i].text.n) != 0))
		i++;
	return i;
}

static struct span from(struct span s, size_t at)
{
	return (struct span){s.p + at, s.n - at};
}

/* The pattern with ids in the place of placeholders; one that has no id becomes a letter. */
static void expand(struct buf *out, struct span pattern, const struct authority_ids *ids)
{
	for (size_t i = 0; i < pattern.n;) {
		unsigned which = placeholder_at(from(pattern, i));

		if (which == AUTHORITY_IDS) {
			buf_char(out, pattern.p[i++]);
			continue;
		}
		if (ids->id[which].n)
			buf_span_add(out, ids->id[which]);
		else
			buf_char(out, 'X');
		i += placeholders[which].text.n;
	}
}

static unsigned placeholders_in(struct span pattern)
{
	unsigned set = 0;

	for (size_t i = 0; i < pattern.n; i++)
		if (pattern.p[i] == '{' && placeholder_at(from(pattern, i)) < AUTHORITY_IDS)
			set |= 1U << placeholder_at(from(pattern, i));
	return set;
}

bool authority_is_path(struct span pattern)
{
	for (size_t i = 0; i < pattern.n; i++)
		if (memchr("*?[{<", pattern.p[i], 5))
			return false;
	return pattern.n != 0;
}

static const char *braces_bad(struct span pattern)
{
	for (size_t i = 0; i < pattern.n; i++) {
		unsigned which;

		if (pattern.p[i] == '}')
			return "has a } without placeholder";
		if (pattern.p[i] != '{')
			continue;
		which = placeholder_at(from(pattern, i));
		if (which == AUTHORITY_IDS)
			return "has a placeholder that is none of {package_id}, {spec_id} and {framework_id}";
		i += placeholders[which].text.n - 1;
	}
	return NULL;
}

/* The pattern's text as if it were a path. */
static const char *components_bad(struct span pattern)
{
	size_t start = 0;

	if (pattern.p[0] == '/')
		return "is absolute";
	for (size_t i = 0; i <= pattern.n; i++) {
		struct span c = {pattern.p + start, i - start};

		if (i < pattern.n && pattern.p[i] != '/')
			continue;
		if (!c.n)
			return i == pattern.n ? "ends in a slash" : "has an empty component";
		if (span_is(c, ".") || span_is(c, ".."))
			return "has a . or .. component";
		start = i + 1;
	}
	return NULL;
}

const char *authority_bad(struct span pattern)
{
	const struct authority_ids none = {0};
	struct buf plain = {0};
	const char *why;

	if (!pattern.n)
		return "is empty";
	if (pattern.n > PATTERN_BYTES)
		return "is over 4096 bytes long";
	if (memchr(pattern.p, '<', pattern.n) || memchr(pattern.p, ' ', pattern.n))
		return "holds a blank or a <";
	why = braces_bad(pattern);
	if (!why)
		why = components_bad(pattern);
	if (!why) {
		expand(&plain, pattern, &none);
		why = glob_bad(buf_span(&plain));
	}
	buf_free(&plain);
	return why;
}

static bool id_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* The ids of one sort in the path, longest runs. */
static unsigned ids_in(struct span path, enum ident which, struct span found[CANDIDATES])
{
	unsigned n = 0;

	for (size_t i = 0, end; i < path.n && n < CANDIDATES; i = end + 1) {
		struct span run;

		for (end = i; end < path.n && id_letter(path.p[end]);)
			end++;
		run = (struct span){path.p + i, end - i};
		if (run.n && ident_is(which, run))
			found[n++] = run;
	}
	return n;
}

struct attempt {
	struct span pattern, path;
	unsigned open; /* placeholders without a known id */
	struct authority_ids ids;
	struct buf text;
};

/* Tries every candidate for the first open placeholder, and so on. */
static bool try_from(struct attempt *a, unsigned which)
{
	struct span found[CANDIDATES];
	unsigned n;

	while (which < AUTHORITY_IDS && !(a->open & 1U << which))
		which++;
	if (which == AUTHORITY_IDS) {
		buf_reset(&a->text);
		expand(&a->text, a->pattern, &a->ids);
		return glob_match(buf_span(&a->text), a->path);
	}
	n = ids_in(a->path, (enum ident)which, found);
	for (unsigned i = 0; i < n; i++) {
		a->ids.id[which] = found[i];
		if (try_from(a, which + 1))
			return true;
	}
	return false;
}

bool authority_allows(struct span pattern, struct span path, const struct authority_ids *known,
		      struct authority_ids *bound)
{
	struct attempt a = {.pattern = pattern, .path = path};
	unsigned used = placeholders_in(pattern);
	bool yes;

	if (authority_bad(pattern))
		return false;
	for (unsigned i = 0; i < AUTHORITY_IDS; i++)
		if (used & 1U << i) {
			a.ids.id[i] = known->id[i];
			a.open |= known->id[i].n ? 0 : 1U << i;
		}
	yes = try_from(&a, 0);
	if (yes && bound)
		*bound = a.ids;
	buf_free(&a.text);
	return yes;
}

bool authority_covers(struct span wide, struct span narrow)
{
	if (span_eq(wide, narrow) || span_is(wide, "**"))
		return true;
	return wide.n > 3 && memcmp(wide.p + wide.n - 3, "/**", 3) == 0 && narrow.n >= wide.n - 2 &&
	       memcmp(wide.p, narrow.p, wide.n - 2) == 0;
}
