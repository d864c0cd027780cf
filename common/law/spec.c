#include "law/spec.h"

#include "data/jsonw.h"
#include "data/relpath.h"

#include <stdlib.h>

/* --- a manifest becomes a record --- */

static void pointer_step(struct buf *pointer, struct span name)
{
	buf_char(pointer, '/');
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '~' || name.p[i] == '/')
			buf_str(pointer, name.p[i] == '~' ? "~0" : "~1");
		else
			buf_char(pointer, name.p[i]);
	}
}

/* Adds the lines of what is in value `at`. */
static void add_lines(struct buf *b, const struct yamldoc *y, uint32_t at, struct buf *pointer)
{
	const struct json *j = &y->json;
	bool object = j->node[at].type == JSON_OBJECT;
	size_t here = pointer->n;
	struct buf scratch = {0};
	uint32_t i = 0;

	if (!object && j->node[at].type != JSON_ARRAY)
		return;
	for (uint32_t c = json_first(j, at); c != j->node[at].end; i++) {
		uint32_t value = object ? c + 1 : c;

		if (object)
			pointer_step(pointer, json_string(j, c, &scratch));
		else
			buf_printf(pointer, "/%u", i);
		jsonw_int(b, buf_cstr(pointer), y->place[c].line);
		add_lines(b, y, value, pointer);
		pointer->n = here;
		c = j->node[value].end;
	}
	buf_free(&scratch);
}

/* Assets are paths, or as one real manifest has them, objects with a path. What is neither is null. */
static void add_assets(struct buf *b, const struct json *j, uint32_t list)
{
	struct buf scratch = {0};

	jsonw_array_open(b, "assets");
	for (uint32_t c = json_first(j, list); c != j->node[list].end; c = json_next(j, c)) {
		uint32_t v = j->node[c].type == JSON_OBJECT ? json_get(j, c, "path") : c;

		if (v && j->node[v].type == JSON_STRING)
			jsonw_str(b, NULL, json_string(j, v, &scratch));
		else
			jsonw_null(b, NULL);
	}
	jsonw_array_close(b);
	buf_free(&scratch);
}

const char *spec_members(struct buf *b, const struct yamldoc *y, struct span file)
{
	static const char *const plain[] = {"spec_id", "title", "framework_id", "status", "version", "plane_id", NULL};
	const struct json *j = &y->json;
	struct buf scratch = {0};
	uint32_t v;

	if (j->node[0].type != JSON_OBJECT)
		return "is no mapping";
	if (file.n)
		jsonw_bytes(b, relpath_bad(file) ? "source" : "path", file);
	for (const char *const *key = plain; *key; key++) {
		v = json_get(j, 0, *key);
		if (v && j->node[v].type == JSON_STRING)
			jsonw_str(b, *key, json_string(j, v, &scratch));
	}
	v = json_get(j, 0, "assets");
	if (v && j->node[v].type == JSON_ARRAY)
		add_assets(b, j, v);
	buf_str(b, ",\"document\":");
	buf_span_add(b, buf_span(&y->text));
	jsonw_open(b, "lines");
	buf_reset(&scratch);
	add_lines(b, y, 0, &scratch);
	jsonw_close(b);
	buf_free(&scratch);
	return NULL;
}

/* --- what a record says --- */

uint64_t spec_line(const struct law_doc *d, const char *pointer_fmt, ...)
{
	struct buf pointer = {0};
	uint64_t line;
	va_list ap;

	va_start(ap, pointer_fmt);
	buf_vprintf(&pointer, pointer_fmt, ap);
	va_end(ap);
	line = law_line_of(d, buf_span(&pointer));
	buf_free(&pointer);
	return line;
}

bool spec_asset(const struct law_doc *d, uint32_t *cursor, struct span *path, struct buf *scratch)
{
	const struct json *j = &d->r.json;
	uint32_t list = json_get(j, 0, "assets");

	if (!list || j->node[list].type != JSON_ARRAY)
		return false;
	*cursor = *cursor ? json_next(j, *cursor) : json_first(j, list);
	if (*cursor == j->node[list].end)
		return false;
	*path = j->node[*cursor].type == JSON_STRING ? json_string(j, *cursor, scratch) : (struct span){0};
	return true;
}

static int text_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void index_assets(struct law_doc *d)
{
	struct buf scratch = {0};
	uint32_t cursor = 0;
	size_t cap = 0;
	struct span path;

	while (spec_asset(d, &cursor, &path, &scratch)) {
		if (!path.n || memchr(path.p, 0, path.n))
			continue;
		if (!d->asset || d->assets == cap) {
			cap = cap ? cap * 2 : 16;
			d->asset = xreallocarray(d->asset, cap, sizeof *d->asset);
		}
		d->asset[d->assets++] = xstrndup(path.p, path.n);
	}
	if (d->asset)
		qsort(d->asset, d->assets, sizeof *d->asset, text_cmp);
	buf_free(&scratch);
}

bool spec_lists(struct law_doc *d, struct span path)
{
	char *key;
	bool found;

	if (!d->asset)
		index_assets(d);
	if (!d->assets || memchr(path.p, 0, path.n))
		return false;
	key = xstrndup(path.p, path.n);
	found = bsearch(&key, d->asset, d->assets, sizeof *d->asset, text_cmp);
	free(key);
	return found;
}
