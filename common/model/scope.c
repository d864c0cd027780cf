#include "model/scope.h"

#include "data/glob.h"
#include "data/json.h"
#include "data/relpath.h"

#include <stdlib.h>

struct list {
	struct span *item;
	size_t n;
};

struct scope {
	bool plain, read;
	struct list roots, patterns, derived;
	struct buf plane, why;
};

struct scope *scope_new(bool plain)
{
	struct scope *s = xcalloc(1, sizeof(*s));

	s->plain = plain;
	return s;
}

static void list_add(struct list *l, struct span s)
{
	l->item = xreallocarray(l->item, l->n + 1, sizeof(*l->item));
	l->item[l->n++] = (struct span){xstrndup(s.p, s.n), s.n};
}

static void list_free(struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free((char *)l->item[i].p);
	free(l->item);
}

void scope_free(struct scope *s)
{
	if (!s)
		return;
	list_free(&s->roots);
	list_free(&s->patterns);
	list_free(&s->derived);
	buf_free(&s->plane);
	buf_free(&s->why);
	free(s);
}

static struct span trimmed(struct span path)
{
	if (path.n && path.p[path.n - 1] == '/')
		path.n--;
	return path;
}

static const char *fault(struct scope *s, const char *member, struct span value, const char *why)
{
	buf_reset(&s->why);
	buf_printf(&s->why, "%s: ", member);
	if (value.p)
		buf_printf(&s->why, "\"%.*s\" ", (int)(value.n > 200 ? 200 : value.n), value.p);
	buf_str(&s->why, why);
	return buf_cstr(&s->why);
}

const char *scope_exclude(struct scope *s, struct span pattern)
{
	const char *why = glob_bad(trimmed(pattern));

	if (!why)
		list_add(&s->patterns, pattern);
	return why;
}

static const char *add_root(struct scope *s, struct span value)
{
	const char *why = relpath_bad(trimmed(value));

	if (!why)
		list_add(&s->roots, trimmed(value));
	return why;
}

static const char *add_derived(struct scope *s, struct span value)
{
	const char *why = relpath_bad(value);

	if (!why && !relpath_beneath(value, SPAN("registries")))
		why = "is not beneath registries/";
	if (!why)
		list_add(&s->derived, value);
	return why;
}

/* Every string of array member `key` through add(). NULL, or what is wrong. */
static const char *read_list(struct scope *s, const struct json *j, const char *key, bool required,
			     const char *(*add)(struct scope *s, struct span value))
{
	struct buf scratch = {0};
	struct span none = {NULL, 0}, value;
	uint32_t at = json_get(j, 0, key);
	const char *why = NULL;

	if (!at)
		return required ? fault(s, key, none, "is missing") : NULL;
	if (j->node[at].type != JSON_ARRAY)
		return fault(s, key, none, "is not an array");
	for (uint32_t c = json_first(j, at); !why && c != j->node[at].end; c = json_next(j, c)) {
		if (j->node[c].type != JSON_STRING) {
			why = fault(s, key, none, "holds something else than strings");
			break;
		}
		value = json_string(j, c, &scratch);
		why = add(s, value);
		if (why)
			why = fault(s, key, value, why);
	}
	buf_free(&scratch);
	return why;
}

static const char *read_plane(struct scope *s, const struct json *j)
{
	struct buf scratch = {0};
	struct span none = {NULL, 0};
	uint32_t version = json_get(j, 0, "schema_version"), plane = json_get(j, 0, "plane_id");
	struct span text;

	if (!version || j->node[version].type != JSON_STRING)
		return fault(s, "schema_version", none, "is missing or no string");
	text = json_text(j, version);
	if (text.n == 0 || text.p[0] != '1' || (text.n > 1 && text.p[1] != '.'))
		return fault(s, "schema_version", text, "is not a version 1");
	if (!plane)
		return NULL;
	if (j->node[plane].type != JSON_STRING)
		return fault(s, "plane_id", none, "is no string");
	buf_reset(&s->plane);
	buf_span_add(&s->plane, json_string(j, plane, &scratch));
	buf_free(&scratch);
	return NULL;
}

const char *scope_read(struct scope *s, struct span text)
{
	struct json j = {0};
	struct span none = {NULL, 0};
	const char *why;

	s->read = true;
	if (!json_parse(&j, text.p, text.n, JSON_RECORD)) {
		why = fault(s, "invalid JSON", none, j.error);
		json_free(&j);
		return why;
	}
	why = read_plane(s, &j);
	if (!why)
		why = read_list(s, &j, "governed_roots", true, add_root);
	if (!why && s->roots.n == 0)
		why = fault(s, "governed_roots", none, "names nothing");
	if (!why)
		why = read_list(s, &j, "excluded_patterns", false, scope_exclude);
	if (!why)
		why = read_list(s, &j, "derived_registries", false, add_derived);
	json_free(&j);
	return why;
}

struct span scope_plane(const struct scope *s)
{
	return buf_span(&s->plane);
}

static bool one_of(struct span name, const char *const *names)
{
	for (; *names; names++) {
		if (span_is(name, *names))
			return true;
	}
	return false;
}

static bool starts(struct span s, const char *with)
{
	size_t n = strlen(with);

	return s.n > n && memcmp(s.p, with, n) == 0;
}

static bool ends(struct span s, const char *with)
{
	size_t n = strlen(with);

	return s.n > n && memcmp(s.p + s.n - n, with, n) == 0;
}

/* `*.EXT`, or a sidecar of one, `*.EXT.*`. */
static bool file_or_sidecar(struct span name, const char *ext)
{
	size_t n = strlen(ext);

	for (size_t i = 1; i + n <= name.n; i++) {
		if (memcmp(name.p + i, ext, n) == 0 && (i + n == name.n || name.p[i + n] == '.'))
			return true;
	}
	return false;
}

/* `.NAME.new`, what a kill leaves of replacing NAME, counts as NAME. */
static struct span without_temporary(struct span name)
{
	if (name.n > 5 && name.p[0] == '.' && ends(name, ".new"))
		return (struct span){name.p + 1, name.n - 5};
	return name;
}

static bool in_ledger(struct span name, bool dir)
{
	if (dir)
		return span_is(name, "blobs") || ends(name, ".d");
	return file_or_sidecar(name, ".jsonl");
}

static bool in_cp(struct span name, bool dir)
{
	static const char *const dirs[] = {"journal", "quarantine", "txn", NULL};
	static const char *const files[] = {"journal", "lock", NULL};

	return dir ? one_of(name, dirs) : one_of(name, files) || ends(name, ".lock");
}

static bool in_packages_store(struct span name, bool dir)
{
	return !dir && file_or_sidecar(name, ".tar.gz");
}

static bool in_packages(struct span name, bool dir)
{
	return dir && starts(name, "PKG-");
}

static bool in_planes(struct span name, bool dir)
{
	static const char *const planes[] = {"admin", "ho1", "ho2", "ho3", NULL};

	return dir && one_of(name, planes);
}

static bool in_versions(struct span name, bool dir)
{
	(void)dir;
	return starts(name, "VER-");
}

static const struct state {
	const char *name;
	bool (*belongs)(struct span name, bool dir);
} states[] = {
	{".cp", in_cp},
	{"installed", in_packages},
	{"ledger", in_ledger},
	{"manifests", in_packages},
	{"packages_store", in_packages_store},
	{"planes", in_planes},
	{"versions", in_versions},
};

static const struct state *state_of(struct span name)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		if (span_is(name, states[i].name))
			return &states[i];
	}
	return NULL;
}

static bool is_derived(const struct scope *s, struct span path)
{
	static const char *const at_top[] = {".genesis_complete", "MANIFEST.json", "tier.json", NULL};
	static const char *const registries[] = {
		"registries/compiled/file_ownership.json", "registries/compiled/packages.json",
		"registries/file_ownership.csv", "registries/frameworks_registry.csv",
		"registries/packages_registry.csv", "registries/packages_state.csv",
		"registries/specs_registry.csv", NULL,
	};

	if (!starts(path, "registries/"))
		return one_of(path, at_top);
	for (size_t i = 0; i < s->derived.n; i++) {
		if (span_eq(path, s->derived.item[i]))
			return true;
	}
	return one_of(path, registries);
}

/* What a kill leaves of a derived file being replaced. The next save takes it away. */
static bool is_unfinished(const struct scope *s, struct span path)
{
	char text[256];
	const char *slash = memrchr(path.p, '/', path.n);
	size_t dir = slash ? (size_t)(slash - path.p) + 1 : 0;
	struct span name = without_temporary((struct span){path.p + dir, path.n - dir});

	if (dir + name.n == path.n || dir + name.n > sizeof text)
		return false;
	memcpy(text, path.p, dir);
	memcpy(text + dir, name.p, name.n);
	return is_derived(s, (struct span){text, dir + name.n});
}

/* Names at the top that a plane has whether or not they are governed. */
static bool known_at_top(struct span name)
{
	static const char *const dirs[] = {
		"agents", "frameworks", "libs", "modules", "packages", "prompts", "registries", "specs", "tests", NULL,
	};

	return one_of(name, dirs);
}

static bool policy(struct span path)
{
	return span_is(path, "config") || span_is(path, "gates") || starts(path, "config/") || starts(path, "gates/");
}

static bool bytecode(struct span path)
{
	return ends(path, ".pyc") || span_is(path, "__pycache__") || starts(path, "__pycache__/") ||
	       ends(path, "/__pycache__") || memmem(path.p, path.n, "/__pycache__/", 13);
}

/* A directory goes with what lies in it: where a pattern ends in `**` as its last component, so does what is before. */
static bool matches(struct span pattern, struct span path, bool dir)
{
	struct span p = trimmed(pattern);

	if (pattern.p[pattern.n - 1] == '/' && !dir)
		return false;
	if (dir && p.n > 3 && memcmp(p.p + p.n - 3, "/**", 3) == 0 && glob_match((struct span){p.p, p.n - 3}, path))
		return true;
	return glob_match(p, path);
}

static bool excluded(const struct scope *s, struct span path, bool dir, struct span *pattern)
{
	if (s->patterns.n == 0 || (!s->plain && (policy(path) || bytecode(path))))
		return false;
	for (size_t i = 0; i < s->patterns.n; i++) {
		struct span p = s->patterns.item[i];

		if (!matches(p, path, dir))
			continue;
		if (pattern)
			*pattern = p;
		return true;
	}
	return false;
}

/* A governed root, beneath one, or on the way to one. */
static bool in_roots(const struct scope *s, struct span path, bool dir)
{
	if (policy(path))
		return true;
	for (size_t i = 0; i < s->roots.n; i++) {
		struct span root = s->roots.item[i];

		if (span_eq(path, root) || relpath_beneath(path, root) || (dir && relpath_beneath(root, path)))
			return true;
	}
	return false;
}

enum scope_class scope_classify(const struct scope *s, struct span path, enum scope_type type, struct span *pattern)
{
	const char *slash = s->plain ? NULL : memchr(path.p, '/', path.n);
	struct span first = {path.p, slash ? (size_t)(slash - path.p) : path.n};
	const struct state *state = s->plain ? NULL : state_of(first);
	struct span rest;

	if (state && !slash)
		return type == SCOPE_DIR ? SCOPE_STATE : SCOPE_UNEXPECTED;
	if (state) {
		rest = (struct span){slash + 1, path.n - first.n - 1};
		if (type == SCOPE_FILE)
			rest = without_temporary(rest);
		return type != SCOPE_OTHER && state->belongs(rest, type == SCOPE_DIR) ? SCOPE_INSIDE : SCOPE_UNEXPECTED;
	}
	if (!s->plain && type == SCOPE_FILE && (is_derived(s, path) || is_unfinished(s, path)))
		return SCOPE_DERIVED;
	if (s->read && !s->plain && !in_roots(s, path, type == SCOPE_DIR))
		return slash || (type == SCOPE_DIR && known_at_top(path)) ? SCOPE_OUTSIDE : SCOPE_UNEXPECTED;
	return excluded(s, path, type == SCOPE_DIR, pattern) ? SCOPE_PATTERN : SCOPE_GOVERNED;
}
