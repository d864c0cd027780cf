#include "model/gap.h"

#include "data/relpath.h"

#include <stdlib.h>

/* A directory between the root and the present place. */
struct place {
	size_t path; /* bytes of `here` that are its path; 0: the root */
	bool things, registry;
};

struct gaps {
	void (*report)(struct span dir);
	struct buf here;
	struct place *place;
	size_t depth, places;
	char **gap; /* sorted by gaps_finish */
	size_t n, cap;
};

struct gaps *gaps_new(void (*report)(struct span dir))
{
	struct gaps *g = xcalloc(1, sizeof *g);
	g->report = report;
	return g;
}

size_t gaps_dir(struct span path)
{
	const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;
	return slash ? (size_t)(slash - path.p) : 0;
}

static void push(struct gaps *g, size_t path)
{
	if (g->depth == g->places) {
		g->places = g->places ? 2 * g->places : 32;
		g->place = xreallocarray(g->place, g->places, sizeof *g->place);
	}
	g->place[g->depth++] = (struct place){.path = path};
}

static void pop(struct gaps *g)
{
	const struct place *p = &g->place[--g->depth];
	struct span dir = {g->here.p ? g->here.p : "", p->path};
	if (!p->things || p->registry)
		return;
	if (g->n == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 32;
		g->gap = xreallocarray(g->gap, g->cap, sizeof *g->gap);
	}
	g->gap[g->n++] = xstrndup(dir.p, dir.n);
	g->report(dir);
}

/* Makes the directory of `path` the top of the stack. */
static void enter(struct gaps *g, struct span path)
{
	size_t dir = gaps_dir(path), n;
	if (!g->depth)
		push(g, 0);
	while ((n = g->place[g->depth - 1].path) && !relpath_beneath(path, (struct span){g->here.p, n}))
		pop(g);
	while (n < dir) {
		const char *from = path.p + n + (n > 0);
		n = (size_t)((const char *)memchr(from, '/', path.n - (size_t)(from - path.p)) - path.p);
		push(g, n);
	}
	buf_reset(&g->here);
	buf_add(&g->here, path.p, dir);
}

void gaps_add(struct gaps *g, struct span path, bool registry)
{
	enter(g, path);
	g->place[g->depth - 1].things = true;
	g->place[g->depth - 1].registry |= registry;
}

static int gap_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void gaps_finish(struct gaps *g)
{
	while (g->depth)
		pop(g);
	if (g->n)
		qsort(g->gap, g->n, sizeof *g->gap, gap_cmp);
}

bool gaps_hold(const struct gaps *g, struct span path)
{
	if (!g->n)
		return false;
	char *dir = xstrndup(path.p, gaps_dir(path));
	bool held = bsearch(&dir, g->gap, g->n, sizeof *g->gap, gap_cmp) != NULL;
	free(dir);
	return held;
}

void gaps_free(struct gaps *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->gap[i]);
	free(g->gap);
	free(g->place);
	buf_free(&g->here);
	free(g);
}
