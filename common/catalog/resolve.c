#include "catalog/resolve.h"

#include "catalog/field.h"
#include "catalog/ids.h"
#include "catalog/list.h"
#include "data/semver.h"

#include <stdlib.h>

enum { NONE = UINT32_MAX, NAMED = 16 /* members of a circle that are named */ };

struct text {
	size_t off;
	uint32_t n;
};

struct node {
	struct text id, version;
	uint32_t first, links; /* of link[] */
	uint32_t rank;         /* in ids */
	uint32_t index, low;   /* of Tarjan's; index 0: not met */
	uint32_t component;    /* NONE: on the stack, or not met */
};

struct link {
	struct text id, range;
	uint32_t to; /* node; NONE: absent */
	enum resolve_kind kind;
};

struct resolve {
	resolve_fault *fault;
	void *ctx;
	struct buf text, detail;
	struct node *node;
	uint32_t n, cap;
	struct link *link;
	uint32_t links, links_cap;
	struct ids ids, wanted;
	uint32_t *order, ordered; /* in the order of components */
	uint32_t *stack, stacked; /* of Tarjan's */
	uint32_t *path, *at;      /* the nodes under way, and the next link of each */
	uint32_t met;
	bool faulty;
};

struct resolve *resolve_new(resolve_fault *fault, void *ctx)
{
	struct resolve *r = xcalloc(1, sizeof *r);

	r->fault = fault;
	r->ctx = ctx;
	return r;
}

static struct text keep(struct resolve *r, struct span s)
{
	struct text t = {r->text.n, (uint32_t)s.n};

	buf_room(&r->text, s.n + 1);
	buf_span_add(&r->text, s);
	return t;
}

static struct span text_of(const struct resolve *r, struct text t)
{
	return (struct span){r->text.p + t.off, t.n};
}

uint32_t resolve_add(struct resolve *r, struct span id, struct span version)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 64;
		r->node = xreallocarray(r->node, r->cap, sizeof *r->node);
	}
	r->node[r->n] = (struct node){.id = keep(r, id), .version = keep(r, version), .first = r->links,
				      .component = NONE};
	ids_add(&r->ids, id, r->n);
	return r->n++;
}

void resolve_link(struct resolve *r, enum resolve_kind kind, struct span id, struct span range)
{
	if (r->links == r->links_cap) {
		r->links_cap = r->links_cap ? 2 * r->links_cap : 64;
		r->link = xreallocarray(r->link, r->links_cap, sizeof *r->link);
	}
	r->link[r->links++] = (struct link){keep(r, id), keep(r, range), NONE, kind};
	r->node[r->n - 1].links++;
}

void resolve_links(struct resolve *r, enum resolve_kind kind, struct span list)
{
	struct span id, range;

	while (list_next(&list, &id, &range))
		resolve_link(r, kind, id, range);
}

static struct span string_of(const struct json *j, uint32_t at, struct buf *decoded)
{
	return at && j->node[at].type == JSON_STRING ? json_string(j, at, decoded) : (struct span){"", 0};
}

static void link_object(struct resolve *r, enum resolve_kind kind, const struct json *j, uint32_t at, resolve_bad *bad,
			void *ctx)
{
	struct buf name = {0}, text = {0};
	struct span id = string_of(j, json_get(j, at, "package_id"), &name);
	struct span range = string_of(j, json_get(j, at, "version"), &text);
	bool one = id.n && !memchr(id.p, ',', id.n) && !memchr(id.p, ' ', id.n) && !list_bad(id, true);

	if (!one)
		bad(ctx, "the dependency", id, "is no id of a package");
	else if (semver_range_bad(range))
		bad(ctx, "the range", range, semver_range_bad(range));
	else
		resolve_link(r, kind, id, range);
	buf_free(&name);
	buf_free(&text);
}

static void link_text(struct resolve *r, enum resolve_kind kind, struct span list, resolve_bad *bad, void *ctx)
{
	const char *why = list_bad(list, false);

	if (why)
		bad(ctx, "the list", list, why);
	else
		resolve_links(r, kind, list);
}

bool resolve_array(struct resolve *r, enum resolve_kind kind, const struct json *j, uint32_t array, resolve_bad *bad,
		   void *ctx)
{
	struct buf text = {0};
	bool good = !array || j->node[array].type == JSON_NULL || j->node[array].type == JSON_ARRAY;

	if (!array || j->node[array].type != JSON_ARRAY)
		return good;
	for (uint32_t c = json_first(j, array); good && c != j->node[array].end; c = json_next(j, c))
		if (j->node[c].type == JSON_STRING)
			link_text(r, kind, json_string(j, c, &text), bad, ctx);
		else if (j->node[c].type == JSON_OBJECT)
			link_object(r, kind, j, c, bad, ctx);
		else
			good = false;
	buf_free(&text);
	return good;
}

void resolve_want(struct resolve *r, struct span id)
{
	ids_add(&r->wanted, id, 0);
}

/* The pieces of a message, until `tell`. */
static void say(struct resolve *r, const char *words, struct span quoted)
{
	buf_str(&r->detail, words);
	field_quote(&r->detail, quoted);
}

static void tell(struct resolve *r, enum code code, uint32_t node, const char *words)
{
	buf_str(&r->detail, words);
	r->fault(r->ctx, code, node, buf_cstr(&r->detail));
	r->faulty = true;
	buf_reset(&r->detail);
}

/* What links point at; of several nodes with an id the first counts. */
static void connect(struct resolve *r)
{
	ids_sort(&r->ids);
	for (uint32_t i = 0; i < r->n; i++) {
		struct span id = ids_text(&r->ids, i);

		r->node[r->ids.item[i].value].rank = i;
		if (!i || !span_eq(ids_text(&r->ids, i - 1), id))
			continue;
		say(r, "", id);
		tell(r, CODE_DUPLICATE, r->ids.item[i].value, " is listed more than once");
	}
	for (uint32_t i = 0; i < r->links; i++) {
		uint32_t at = ids_find(&r->ids, text_of(r, r->link[i].id));

		r->link[i].to = at == NONE ? NONE : r->ids.item[at].value;
	}
}

static int by_rank(const void *a, const void *b, void *ctx)
{
	const struct link *x = a, *y = b;
	const struct resolve *r = ctx;
	uint32_t i = x->to == NONE ? NONE : r->node[x->to].rank, j = y->to == NONE ? NONE : r->node[y->to].rank;

	return (i > j) - (i < j);
}

/* --- components, each behind those it needs (Tarjan 1972) --- */

static void enter(struct resolve *r, uint32_t node, uint32_t *depth)
{
	struct node *v = &r->node[node];

	v->index = v->low = ++r->met;
	r->stack[r->stacked++] = node;
	r->path[*depth] = node;
	r->at[(*depth)++] = v->first;
}

static void leave(struct resolve *r, uint32_t node)
{
	uint32_t top;

	if (r->node[node].low != r->node[node].index)
		return;
	do {
		top = r->stack[--r->stacked];
		r->node[top].component = node;
		r->order[r->ordered++] = top;
	} while (top != node);
}

static void visit(struct resolve *r, uint32_t root)
{
	uint32_t depth = 0;

	if (r->node[root].index)
		return;
	enter(r, root, &depth);
	while (depth) {
		struct node *v = &r->node[r->path[depth - 1]];
		uint32_t at = r->at[depth - 1]++;

		if (at == v->first + v->links) {
			leave(r, r->path[--depth]);
			if (depth && r->node[r->path[depth - 1]].low > v->low)
				r->node[r->path[depth - 1]].low = v->low;
			continue;
		}
		uint32_t to = r->link[at].to;
		if (r->link[at].kind != RESOLVE_DEPENDS || to == NONE)
			continue;
		if (!r->node[to].index)
			enter(r, to, &depth);
		else if (r->node[to].component == NONE && v->low > r->node[to].index)
			v->low = r->node[to].index;
	}
}

/* --- circles --- */

/* From behind: `last` needs `start`. */
static void tell_circle(struct resolve *r, uint32_t start, const uint32_t *from, uint32_t last)
{
	uint32_t named[NAMED], n = 0, skipped = 0;

	for (uint32_t v = last; v != start; v = from[v])
		if (n < NAMED)
			named[n++] = v;
		else
			skipped++;
	say(r, "", text_of(r, r->node[start].id));
	if (skipped)
		buf_printf(&r->detail, " > (%u more)", skipped);
	while (n)
		say(r, " > ", text_of(r, r->node[named[--n]].id));
	say(r, " > ", text_of(r, r->node[start].id));
	tell(r, CODE_CYCLE, start, "");
}

/* A shortest circle through `start`, among the nodes of its component; none where it is alone and does not need
 * itself. `from` is NONE for nodes not yet met. */
static void circle(struct resolve *r, uint32_t start, uint32_t *from)
{
	uint32_t head = 0, tail = 0;

	r->path[tail++] = start;
	while (head < tail) {
		uint32_t v = r->path[head++];

		for (uint32_t i = r->node[v].first; i < r->node[v].first + r->node[v].links; i++) {
			uint32_t to = r->link[i].to;

			if (r->link[i].kind != RESOLVE_DEPENDS || to == NONE ||
			    r->node[to].component != r->node[start].component)
				continue;
			if (to == start) {
				tell_circle(r, start, from, v);
				return;
			}
			if (from[to] == NONE) {
				from[to] = v;
				r->path[tail++] = to;
			}
		}
	}
}

/* One of each component, named from the member that sorts first. */
static void circles(struct resolve *r)
{
	uint32_t *from = xreallocarray(NULL, r->n + 1, sizeof *from);

	for (uint32_t i = 0; i < r->n; i++)
		from[i] = NONE;
	for (uint32_t i = 0; i < r->ordered;) {
		uint32_t component = r->node[r->order[i]].component, start = r->order[i];

		for (; i < r->ordered && r->node[r->order[i]].component == component; i++)
			if (r->node[r->order[i]].rank < r->node[start].rank)
				start = r->order[i];
		circle(r, start, from);
	}
	free(from);
}

/* --- what links ask --- */

static bool meets(const struct resolve *r, const struct link *l)
{
	struct semver version;

	return l->range.n == 0 || (!semver_parse(&version, text_of(r, r->node[l->to].version)) &&
				   semver_satisfies(&version, text_of(r, l->range)));
}

static void needs(struct resolve *r, uint32_t node, const struct link *l, const char *verb)
{
	say(r, "", text_of(r, r->node[node].id));
	say(r, verb, text_of(r, l->id));
}

static void judge_link(struct resolve *r, uint32_t node, const struct link *l, const uint32_t *needed)
{
	if (l->kind == RESOLVE_DEPENDS && l->to == NONE) {
		needs(r, node, l, " needs ");
		say(r, l->range.n ? " " : "", text_of(r, l->range));
		tell(r, CODE_MISSING, node, ", which is not there");
	} else if (l->kind == RESOLVE_DEPENDS && !meets(r, l)) {
		needs(r, node, l, " needs ");
		say(r, " ", text_of(r, l->range));
		say(r, ", and there is ", text_of(r, r->node[l->to].version));
		tell(r, CODE_RANGE, node, "");
	} else if (l->kind == RESOLVE_CONFLICTS && l->to != NONE && needed[l->to] == node) {
		needs(r, node, l, " needs ");
		tell(r, CODE_CONFLICT, node, " and conflicts with it");
	} else if (l->kind == RESOLVE_CONFLICTS && l->to != NONE && r->node[l->to].index && meets(r, l)) {
		needs(r, node, l, " conflicts with ");
		say(r, " ", text_of(r, r->node[l->to].version));
		tell(r, CODE_CONFLICT, node, "");
	}
}

/* In the order they came in, of those that are wanted. */
static void judge(struct resolve *r)
{
	uint32_t *needed = xreallocarray(NULL, r->n + 1, sizeof *needed); /* by whom it is needed */

	for (uint32_t i = 0; i < r->n; i++)
		needed[i] = NONE;
	for (uint32_t i = 0; i < r->n; i++) {
		const struct node *v = &r->node[i];

		if (!v->index)
			continue;
		for (uint32_t k = v->first; k < v->first + v->links; k++)
			if (r->link[k].kind == RESOLVE_DEPENDS && r->link[k].to != NONE)
				needed[r->link[k].to] = i;
		for (uint32_t k = v->first; k < v->first + v->links; k++)
			judge_link(r, i, &r->link[k], needed);
	}
	free(needed);
}

static void visit_wanted(struct resolve *r)
{
	ids_sort(&r->wanted);
	for (uint32_t i = 0; i < r->wanted.n; i++) {
		struct span id = ids_text(&r->wanted, i);
		uint32_t at = ids_find(&r->ids, id);

		if (at != NONE) {
			visit(r, r->ids.item[at].value);
			continue;
		}
		say(r, "", id);
		tell(r, CODE_MISSING, NONE, " is wanted, and is not there");
	}
}

const uint32_t *resolve_run(struct resolve *r, uint32_t *n)
{
	connect(r);
	for (uint32_t i = 0; i < r->n; i++)
		if (r->node[i].links)
			qsort_r(r->link + r->node[i].first, r->node[i].links, sizeof *r->link, by_rank, r);
	r->order = xreallocarray(NULL, r->n + 1, sizeof *r->order);
	r->stack = xreallocarray(NULL, r->n + 1, sizeof *r->stack);
	r->path = xreallocarray(NULL, r->n + 1, sizeof *r->path);
	r->at = xreallocarray(NULL, r->n + 1, sizeof *r->at);
	if (r->wanted.n)
		visit_wanted(r);
	else
		for (uint32_t i = 0; i < r->n; i++)
			visit(r, r->ids.item[i].value);
	judge(r);
	circles(r);
	*n = r->faulty ? 0 : r->ordered;
	return r->faulty ? NULL : r->order;
}

void resolve_free(struct resolve *r)
{
	if (!r)
		return;
	buf_free(&r->text);
	buf_free(&r->detail);
	ids_free(&r->ids);
	ids_free(&r->wanted);
	free(r->node);
	free(r->link);
	free(r->order);
	free(r->stack);
	free(r->path);
	free(r->at);
	free(r);
}
