#include "schema/internal.h"

#include <stdlib.h>

static int anchor_cmp(const void *x, const void *y)
{
	const struct anchor *a = x, *b = y;
	int c = span_cmp(a->uri, b->uri);

	if (!c && a->document != b->document)
		c = a->document < b->document ? -1 : 1;
	return c ? c : span_cmp(a->fragment, b->fragment);
}

bool anchor_add(struct schema_set *set, struct schema *s, struct span uri, struct span fragment, bool dynamic)
{
	if (set->anchor_n == set->anchor_cap) {
		set->anchor_cap = set->anchor_cap ? set->anchor_cap * 2 : 64;
		set->anchor = xreallocarray(set->anchor, set->anchor_cap, sizeof *set->anchor);
	}
	set->anchor[set->anchor_n++] = (struct anchor){
		.uri = uri, .document = uri.n ? 0 : s->resource->document->number, .fragment = fragment, .schema = s,
		.dynamic = dynamic,
	};
	set->anchors_sorted = false;
	return true;
}

/* Sorts, and folds what one schema says of itself twice. A URI of two schemas is nobody's. */
static bool anchors_sort(struct schema_set *set)
{
	size_t n = 0;

	if (set->anchors_sorted)
		return true;
	if (set->anchor_n)
		qsort(set->anchor, set->anchor_n, sizeof *set->anchor, anchor_cmp);
	for (size_t i = 0; i < set->anchor_n; i++) {
		struct anchor *a = &set->anchor[i], *last = n ? &set->anchor[n - 1] : NULL;

		if (!last || anchor_cmp(last, a) != 0) {
			set->anchor[n++] = *a;
			continue;
		}
		if (last->schema != a->schema)
			return set_fail(set, a->schema->resource->document, a->schema->at, "the URI %.*s#%.*s is taken",
					(int)a->uri.n, a->uri.p ? a->uri.p : "", (int)a->fragment.n,
					a->fragment.p ? a->fragment.p : "");
		last->dynamic |= a->dynamic;
	}
	set->anchor_n = n;
	set->anchors_sorted = true;
	return true;
}

const struct anchor *anchor_find(struct schema_set *set, const struct document *d, struct span uri,
				 struct span fragment)
{
	struct anchor key = {.uri = uri, .document = uri.n ? 0 : d->number, .fragment = fragment};

	if (!anchors_sort(set) || !set->anchor_n)
		return NULL;
	return bsearch(&key, set->anchor, set->anchor_n, sizeof *set->anchor, anchor_cmp);
}

/* The root of the resource at a URI; one of the draft's own documents is loaded when it is asked for, and so is what
 * the set's owner has. */
static struct schema *resource_find(struct schema_set *set, const struct pending *p, struct span uri)
{
	const struct document *d = p->from->resource->document;
	const struct anchor *a = anchor_find(set, d, uri, (struct span){0});
	const char *text = a ? NULL : metaschema_text(uri);
	struct buf fetched = {0};
	struct schema *s;

	if (a)
		return a->schema;
	if (text)
		return document_load(set, text, strlen(text), uri);
	if (uri.n && set->fetch && set->fetch(set->fetch_ctx, uri, &fetched)) {
		s = document_load(set, fetched.p ? fetched.p : "", fetched.n, uri);
		buf_free(&fetched);
		return s;
	}
	set_fail(set, d, p->keyword->value, "unable to resolve %.*s: it is not loaded, and nothing is fetched",
		 (int)uri.n, uri.p ? uri.p : "");
	return NULL;
}

/* Behind a URI's `#`: nothing, a JSON Pointer or an anchor. */
static struct schema *fragment_find(struct schema_set *set, const struct pending *p, struct schema *root,
				    struct span fragment)
{
	struct resource *r = root->resource;
	struct document *d = r->document;
	const struct anchor *a;
	uint32_t at = root->at;

	if (!fragment.n)
		return root;
	if (fragment.p[0] == '/') {
		if (pointer_follow(&d->json, &at, fragment))
			return schema_at(d, at, r);
	} else {
		a = anchor_find(set, d, r->uri, fragment);
		if (a) {
			p->keyword->dynamic = a->dynamic && p->keyword->fact->id == KW_DYNAMIC_REF;
			return a->schema;
		}
	}
	set_fail(set, p->from->resource->document, p->keyword->value, "unable to resolve #%.*s: there is no such place",
		 (int)fragment.n, fragment.p);
	return NULL;
}

static bool link_one(struct schema_set *set, const struct pending *p)
{
	struct resource *r = p->from->resource;
	const struct json *j = &r->document->json;
	struct buf scratch = {0}, uri = {0}, name = {0};
	struct span fragment, text = json_string(j, p->keyword->value, &scratch);
	struct schema *root;

	uri_resolve(&uri, r->uri, text, &fragment);
	if (uri_decode(&name, fragment)) {
		root = resource_find(set, p, buf_span(&uri));
		p->keyword->schema = root ? fragment_find(set, p, root, buf_span(&name)) : NULL;
	} else {
		set_fail(set, r->document, p->keyword->value, "bad %%-escape in a reference");
	}
	if (p->keyword->schema && p->keyword->dynamic) { /* its name, for the search along the way */
		p->keyword->named = set_alloc(set, 1, sizeof *p->keyword->named);
		p->keyword->named->name = set_copy(set, buf_span(&name));
	}
	buf_free(&scratch);
	buf_free(&uri);
	buf_free(&name);
	return p->keyword->schema != NULL;
}

bool schema_link(struct schema_set *set)
{
	bool good = !set->error.n && anchors_sort(set);

	/* Linking may load or read more, which is then pending too. */
	while (good && set->pending_done < set->pending_n) {
		struct pending p = set->pending[set->pending_done++];

		good = link_one(set, &p);
	}
	good = good && anchors_sort(set);
	if (!good)
		buf_cstr(&set->error);
	return good;
}
