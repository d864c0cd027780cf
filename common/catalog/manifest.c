#include "catalog/manifest.h"

#include "base/num.h"
#include "data/ident.h"
#include "data/relpath.h"
#include "record/record.h"

static struct span text_of(const struct json *j, uint32_t object, const char *key, struct buf *room)
{
	uint32_t at = json_get(j, object, key);

	return at && j->node[at].type == JSON_STRING ? json_string(j, at, room) : (struct span){"", 0};
}

static uint32_t object_of(const struct json *j, uint32_t at, const char *key)
{
	uint32_t node = json_get(j, at, key);

	return node && j->node[node].type == JSON_OBJECT ? node : 0;
}

/* A text with one name, and the one it had in earlier versions. */
static void take(struct manifest *m, enum manifest_text t, const char *key, const char *older)
{
	m->text[t] = text_of(m->json, 0, key, &m->room[t]);
	if (m->text[t].n == 0 && older)
		m->text[t] = text_of(m->json, 0, older, &m->room[t]);
}

static void take_from(struct manifest *m, enum manifest_text t, uint32_t object, const char *key)
{
	m->text[t] = object ? text_of(m->json, object, key, &m->room[t]) : (struct span){"", 0};
}

const char *manifest_read(struct manifest *m, const struct json *j)
{
	uint32_t output, integrity;

	m->json = j;
	if (j->node[0].type != JSON_OBJECT)
		return "is no object";
	m->dependencies = json_get(j, 0, "dependencies");
	m->conflicts = json_get(j, 0, "conflicts");
	m->metadata = object_of(j, 0, "metadata");
	m->legacy = !json_get(j, 0, "type") && json_get(j, 0, "package_type");
	output = object_of(j, 0, "output");
	integrity = object_of(j, 0, "integrity");
	take(m, M_ID, "package_id", NULL);
	take(m, M_VERSION, "version", NULL);
	take(m, M_TYPE, "type", "package_type");
	take(m, M_FRAMEWORK, "framework_id", NULL);
	take(m, M_SPEC, "spec_id", NULL);
	take(m, M_REQUIRES, "requires_framework", NULL);
	take(m, M_PLANE, "plane_id", NULL);
	take_from(m, M_OUTPUT_TYPE, output, "type");
	take_from(m, M_OUTPUT_PATH, output, "path");
	take_from(m, M_SIGNATURE, integrity, "signature");
	take_from(m, M_TITLE, m->metadata, "title");
	take_from(m, M_LICENSE, m->metadata, "license");
	take_from(m, M_MAINTAINER, m->metadata, "maintainer");
	take_from(m, M_PRIORITY, m->metadata, "priority");
	take_from(m, M_PLATFORM, m->metadata, "platform");
	take_from(m, M_ARCH, m->metadata, "arch");
	if (!ident_is(IDENT_PACKAGE, m->text[M_ID]))
		return "has no package_id that is one";
	if (m->text[M_VERSION].n == 0 || m->text[M_TYPE].n == 0)
		return "has no version or no type";
	if (!json_get(j, 0, "assets") || j->node[json_get(j, 0, "assets")].type != JSON_ARRAY)
		return "has no assets";
	return NULL;
}

void manifest_free(struct manifest *m)
{
	for (int i = 0; i < M_TEXTS; i++)
		buf_free(&m->room[i]);
	*m = (struct manifest){.json = NULL};
}

void manifest_list(struct buf *b, const struct manifest *m, uint32_t node)
{
	const struct json *j = m->json;
	struct buf room = {0};
	size_t start = b->n;

	if (!node || j->node[node].type != JSON_ARRAY)
		return;
	for (uint32_t c = json_first(j, node); c != j->node[node].end; c = json_next(j, c)) {
		buf_str(b, b->n > start ? "," : "");
		if (j->node[c].type == JSON_STRING)
			buf_span_add(b, json_string(j, c, &room));
		buf_span_add(b, text_of(j, c, "package_id", &room));
		struct span range = text_of(j, c, "version", &room);
		buf_str(b, range.n ? " " : "");
		buf_span_add(b, range);
	}
	buf_free(&room);
}

void manifest_words(struct buf *b, const struct manifest *m, const char *key)
{
	const struct json *j = m->json;
	uint32_t node = m->metadata ? json_get(j, m->metadata, key) : 0;
	struct buf room = {0};
	size_t start = b->n;

	if (!node || j->node[node].type != JSON_ARRAY)
		return;
	for (uint32_t c = json_first(j, node); c != j->node[node].end; c = json_next(j, c)) {
		if (j->node[c].type != JSON_STRING)
			continue;
		buf_str(b, b->n > start ? " " : "");
		buf_span_add(b, json_string(j, c, &room));
	}
	buf_free(&room);
}

/* --- assets --- */

static const char *take_mode(struct manifest_asset *a, const struct json *j, uint32_t at)
{
	uint32_t node = json_get(j, at, "mode");

	a->mode = 0644;
	if (!node)
		return NULL;
	if (j->node[node].type != JSON_STRING || !num_mode(json_text(j, node).p, json_text(j, node).n, &a->mode) ||
	    (a->mode != 0644 && a->mode != 0755))
		return "has a mode that is neither 0644 nor 0755";
	return NULL;
}

const char *manifest_asset(struct manifest_asset *a, const struct manifest *m, const struct json *j, uint32_t at)
{
	static const char *const keys[2][A_TEXTS] = {
		{"source", "hash", "plane", "type", "spec_owner"},
		{"path", "sha256", "plane_id", "classification", "spec_owner"},
	};

	if (j->node[at].type != JSON_OBJECT)
		return "is no object";
	for (int i = 0; i < A_TEXTS; i++)
		a->text[i] = text_of(j, at, keys[m->legacy][i], &a->room[i]);
	if (m->legacy && a->text[A_PLANE].n == 0)
		a->text[A_PLANE] = m->text[M_PLANE];
	if (m->legacy && a->text[A_PLANE].n == 0)
		a->text[A_PLANE] = SPAN("ho3");
	if (m->legacy && a->text[A_TYPE].n == 0)
		a->text[A_TYPE] = SPAN("other");
	if (a->text[A_SPEC].n == 0 && (m->legacy || span_is(a->text[A_TYPE], "spec")))
		a->text[A_SPEC] = m->text[M_SPEC];
	if (relpath_bad(a->text[A_SOURCE]))
		return relpath_bad(a->text[A_SOURCE]);
	if (!record_hash_ok(a->text[A_HASH]))
		return "has no hash that is one";
	if (!span_is(a->text[A_PLANE], "ho3") && !span_is(a->text[A_PLANE], "ho2") && !span_is(a->text[A_PLANE], "ho1"))
		return "is of no plane";
	if (a->text[A_TYPE].n == 0)
		return "has no type";
	return take_mode(a, j, at);
}

void manifest_asset_free(struct manifest_asset *a)
{
	for (int i = 0; i < A_TEXTS; i++)
		buf_free(&a->room[i]);
}

/* DIR/ID/SOURCE */
static const char *beneath(struct buf *b, const char *dir, struct span id, struct span source)
{
	if (id.n == 0)
		return "has no id to be installed under";
	buf_printf(b, "%s/", dir);
	buf_span_add(b, id);
	buf_char(b, '/');
	buf_span_add(b, source);
	return NULL;
}

static const char *by_type(struct buf *b, const struct manifest *m, const struct manifest_asset *a)
{
	static const struct { const char *type, *dir; } dirs[] = {
		{"library", "libs"}, {"agent", "agents"}, {"prompt", "prompts"}, {"gate", "gates"},
		{"config", "config"}, {"test", "tests"}, {"other", "packages"},
	};
	struct span source = a->text[A_SOURCE];

	if (span_is(a->text[A_TYPE], "law_doc")) {
		const char *slash = memrchr(source.p, '/', source.n);
		size_t skip = slash ? (size_t)(slash - source.p) + 1 : 0;

		return beneath(b, "frameworks", m->text[M_FRAMEWORK],
			       (struct span){source.p + skip, source.n - skip});
	}
	if (span_is(a->text[A_TYPE], "spec"))
		return beneath(b, "specs", a->text[A_SPEC], source);
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		if (span_is(a->text[A_TYPE], dirs[i].type))
			return beneath(b, dirs[i].dir, m->text[M_ID], source);
	return "is of a type that has no place";
}

const char *manifest_target(struct buf *b, const struct manifest *m, const struct manifest_asset *a, bool *owned)
{
	struct span path = m->text[M_OUTPUT_PATH], output = m->text[M_OUTPUT_TYPE];
	size_t start = b->n;
	const char *why = NULL;

	*owned = !span_is(output, "external");
	if (!*owned)
		return NULL;
	if (m->legacy)
		buf_span_add(b, a->text[A_SOURCE]);
	else if (span_is(output, "module"))
		why = beneath(b, "modules", path.n ? path : m->text[M_ID], a->text[A_SOURCE]);
	else if (span_is(output, "extension"))
		buf_span_add(b, path.n ? path : a->text[A_SOURCE]);
	else
		why = by_type(b, m, a);
	return why ? why : relpath_bad((struct span){b->p + start, b->n - start});
}
