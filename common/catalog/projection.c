#include "catalog/projection.h"

#include "data/ident.h"
#include "data/semver.h"

#include <search.h>
#include <stdlib.h>

struct projection {
	void *tree[OF_COUNT];
	char *registry_hash, *registry_at; /* of the entry that says so */
	char *registry_before;             /* of the one before it */
	struct buf id, room, type;
};

struct projection *projection_new(void)
{
	return xcalloc(1, sizeof(struct projection));
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->text[K_ID], ((const struct known *)b)->text[K_ID]);
}

/* Ids hold no NUL: they were looked at. */
struct known *projection_find(struct projection *p, enum projection_of what, struct span id)
{
	struct known key = {0}, **found;

	buf_reset(&p->id);
	buf_span_add(&p->id, id);
	key.text[K_ID] = (char *)(uintptr_t)buf_cstr(&p->id);
	found = tfind(&key, &p->tree[what], compare);
	return found ? *found : NULL;
}

struct known *projection_get(struct projection *p, enum projection_of what, struct span id)
{
	struct known *k = projection_find(p, what, id);

	if (k)
		return k;
	k = xcalloc(1, sizeof *k);
	k->text[K_ID] = xstrndup(id.p, id.n);
	if (!tsearch(k, &p->tree[what], compare))
		abort();
	return k;
}

void known_set(struct known *k, enum known_text t, struct span value)
{
	free(k->text[t]);
	k->text[t] = value.n ? xstrndup(value.p, value.n) : NULL;
}

static void free_known(void *node)
{
	struct known *k = node;

	if (!k)
		return;
	for (int i = 0; i < K_TEXTS; i++)
		free(k->text[i]);
	free_known(k->packed);
	free(k);
}

void projection_free(struct projection *p)
{
	for (int i = 0; i < OF_COUNT; i++)
		tdestroy(p->tree[i], free_known);
	free(p->registry_hash);
	free(p->registry_before);
	free(p->registry_at);
	buf_free(&p->id);
	buf_free(&p->room);
	buf_free(&p->type);
	free(p);
}

struct walk {
	void (*each)(void *ctx, struct known *k);
	void *ctx;
};

static void visit(const void *node, VISIT which, void *closure)
{
	struct walk *w = closure;

	if (which == postorder || which == leaf)
		w->each(w->ctx, *(struct known *const *)node);
}

void projection_each(struct projection *p, enum projection_of what, void (*each)(void *ctx, struct known *k), void *ctx)
{
	struct walk w = {each, ctx};

	twalk_r(p->tree[what], visit, &w);
}

const char *projection_registry_before(const struct projection *p)
{
	return p->registry_before;
}

const char *projection_registry_hash(const struct projection *p)
{
	return p->registry_hash;
}

/* --- entries --- */

static struct span text_of(struct projection *p, const struct json *j, const char *key)
{
	uint32_t at = json_get(j, 0, key);

	return at && j->node[at].type == JSON_STRING ? json_string(j, at, &p->room) : (struct span){"", 0};
}

static void set(struct projection *p, struct known *k, enum known_text t, const struct json *j, const char *key)
{
	known_set(k, t, text_of(p, j, key));
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void set_package(struct projection *p, struct known *k, const struct json *j)
{
	static const struct { enum known_text t; const char *key; } members[] = {
		{K_VERSION, "version"}, {K_MANIFEST_HASH, "manifest_hash"}, {K_DOCUMENT_HASH, "document_hash"},
		{K_ARCHIVE_HASH, "archive_hash"}, {K_SOURCE, "source"}, {K_SOURCE_TYPE, "source_type"},
		{K_DIGEST, "digest"}, {K_OUTPUT_TYPE, "output_type"}, {K_OUTPUT_PATH, "output_path"},
		{K_SIGNED_BY, "signed_by"},
		{K_SIGNED_BY, "signed_by"},
	};

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		set(p, k, members[i].t, j, members[i].key);
}

/* What pack said of this very version holds for what an install leaves open. */
static void fill_from_packed(struct known *k)
{
	static const enum known_text texts[] = {K_ARCHIVE_HASH, K_SOURCE, K_SOURCE_TYPE, K_DIGEST, K_OUTPUT_TYPE,
						K_OUTPUT_PATH};
	const struct known *from = k->packed;

	if (!from || !same(from->text[K_VERSION], k->text[K_VERSION]))
		return;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (!k->text[texts[i]] && from->text[texts[i]])
			k->text[texts[i]] = xstrdup(from->text[texts[i]]);
}

/* A package that is packed and no more is what was packed last; beside an installed one that is kept apart. */
static const char *packed(struct projection *p, struct known *k, const struct json *j)
{
	if (!k->packed)
		k->packed = xcalloc(1, sizeof *k);
	set_package(p, k->packed, j);
	if (k->state != KNOWN_PACKED)
		return NULL;
	set_package(p, k, j);
	return NULL;
}

/* Versions that ledgers hold are ones. */
static void note_highest(struct known *k)
{
	struct semver now, highest;

	if (semver_parse(&now, span_of(k->text[K_VERSION])) ||
	    (k->text[K_HIGHEST] && !semver_parse(&highest, span_of(k->text[K_HIGHEST])) &&
	     semver_cmp(&now, &highest) <= 0))
		return;
	known_set(k, K_HIGHEST, span_of(k->text[K_VERSION]));
}

static const char *installed(struct projection *p, struct known *k, const struct json *j)
{
	char *before = k->text[K_VERSION] ? xstrdup(k->text[K_VERSION]) : NULL;
	char *document = k->text[K_DOCUMENT_HASH] ? xstrdup(k->text[K_DOCUMENT_HASH]) : NULL;
	bool there = k->state == KNOWN_INSTALLED, again;

	set_package(p, k, j);
	again = there && same(before, k->text[K_VERSION]) && same(document, k->text[K_DOCUMENT_HASH]);
	free(before);
	free(document);
	if (there && !again)
		return "it installs a package that is installed already";
	fill_from_packed(k);
	note_highest(k);
	k->state = KNOWN_INSTALLED;
	if (!again)
		set(p, k, K_INSTALLED, j, "timestamp");
	known_set(k, K_UNINSTALLED, (struct span){0});
	return NULL;
}

static const char *upgraded(struct projection *p, struct known *k, const struct json *j)
{
	if (k->state != KNOWN_INSTALLED)
		return "it upgrades a package that is not installed";
	if (!span_is(text_of(p, j, "previous_version"), k->text[K_VERSION]))
		return "its previous_version is not the one that is installed";
	set_package(p, k, j);
	fill_from_packed(k);
	note_highest(k);
	set(p, k, K_INSTALLED, j, "timestamp");
	return NULL;
}

static const char *uninstalled(struct projection *p, struct known *k, const struct json *j)
{
	if (k->state != KNOWN_INSTALLED)
		return "it uninstalls a package that is not installed";
	if (!span_is(text_of(p, j, "version"), k->text[K_VERSION]))
		return "its version is not the one that is installed";
	k->state = KNOWN_UNINSTALLED;
	set(p, k, K_UNINSTALLED, j, "timestamp");
	return NULL;
}

/* Both ledgers say so; entries have times of one form, which sort as texts do. */
static void note_registry(struct projection *p, const struct json *j)
{
	struct span text = text_of(p, j, "timestamp");
	char *at = xstrndup(text.p, text.n);

	if (p->registry_at && strcmp(at, p->registry_at) < 0) {
		free(at);
		return;
	}
	free(p->registry_at);
	if (p->registry_hash) {
		free(p->registry_before);
		p->registry_before = p->registry_hash;
	}
	p->registry_at = at;
	text = text_of(p, j, "registry_hash");
	p->registry_hash = text.n ? xstrndup(text.p, text.n) : NULL;
}

static const char *package_entry(struct projection *p, const struct json *j, struct span type)
{
	static const struct {
		const char *type;
		const char *(*does)(struct projection *p, struct known *k, const struct json *j);
	} events[] = {{"PACKED", packed}, {"INSTALLED", installed}, {"UPGRADED", upgraded},
		      {"UNINSTALLED", uninstalled}};
	struct semver version;

	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		if (!span_is(type, events[i].type))
			continue;
		/* Both become parts of a path. */
		if (semver_parse(&version, text_of(p, j, "version")))
			return "its version is none";
		struct span id = text_of(p, j, "package_id");
		if (!ident_is(IDENT_PACKAGE, id))
			return "its package_id is none";
		struct known *k = projection_get(p, OF_PACKAGES, id);
		if (k->state == KNOWN_ADOPTED)
			return "its package_id is that of an owner by adoption";
		if (!k->text[K_CREATED])
			set(p, k, K_CREATED, j, "timestamp");
		if (i)
			note_registry(p, j);
		return events[i].does(p, k, j);
	}
	return NULL;
}

static const char *adopted(struct projection *p, const struct json *j)
{
	struct span owner = text_of(p, j, "owner");
	struct known *k;
	int64_t files;

	if (!ident_is(IDENT_PACKAGE, owner))
		return "its owner is no package";
	k = projection_get(p, OF_PACKAGES, owner);
	if (k->text[K_CREATED] && k->state != KNOWN_ADOPTED)
		return "its owner is a package of its own";
	if (!k->text[K_CREATED])
		set(p, k, K_CREATED, j, "timestamp");
	k->state = KNOWN_ADOPTED;
	k->files = json_int(j, json_get(j, 0, "files"), 0, INT64_MAX, &files) ? (uint64_t)files : 0;
	set(p, k, K_INSTALLED, j, "timestamp");
	set(p, k, K_MANIFEST_HASH, j, "registry_hash");
	set(p, k, K_SPEC, j, "spec_id");
	set(p, k, K_PLANE, j, "plane");
	note_registry(p, j);
	return NULL;
}

/* A document of law: `state` says whether it stands. */
static const char *registered(struct projection *p, const struct json *j, enum projection_of what, const char *key,
			      const char *status)
{
	struct span id = text_of(p, j, key);
	struct known *k;

	if (!ident_is(what == OF_SPECS ? IDENT_SPEC : IDENT_FRAMEWORK, id))
		return "its id is none";
	k = projection_find(p, what, id);
	/* A proposal changes nothing that stands. */
	if (k && strcmp(status, "proposed") == 0 && !same(k->text[K_STATUS], "proposed"))
		return NULL;
	k = projection_get(p, what, id);
	if (!k->text[K_CREATED])
		set(p, k, K_CREATED, j, "timestamp");
	set(p, k, K_VERSION, j, "version");
	set(p, k, K_HASH, j, "hash");
	set(p, k, K_PLANE, j, "plane");
	set(p, k, K_TITLE, j, "title");
	set(p, k, K_STATUS, j, "status");
	if (what == OF_SPECS)
		set(p, k, K_FRAMEWORK, j, "framework_id");
	if (!k->text[K_STATUS])
		known_set(k, K_STATUS, span_of(status));
	return NULL;
}

const char *projection_entry(struct projection *p, enum projection_ledger ledger, const struct json *j)
{
	uint32_t at = json_get(j, 0, "event_type");
	struct span type = at ? json_string(j, at, &p->type) : (struct span){"", 0};

	if (span_is(type, "ADOPTED"))
		return adopted(p, j);
	if (ledger == LEDGER_PACKAGES)
		return package_entry(p, j, type);
	if (span_is(type, "FRAMEWORK_PROPOSED"))
		return registered(p, j, OF_FRAMEWORKS, "framework_id", "proposed");
	if (span_is(type, "FRAMEWORK_APPROVED"))
		return registered(p, j, OF_FRAMEWORKS, "framework_id", "active");
	if (span_is(type, "SPEC_REGISTERED"))
		return registered(p, j, OF_SPECS, "spec_id", "active");
	return NULL;
}
