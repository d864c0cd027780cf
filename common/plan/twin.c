#include "plan/internal.h"

#include "model/twins.h"

#include <stdlib.h>

/* A file that is wanted, by what its path has in common with those that differ from it only in case. */
struct plan_twin {
	const struct plan_file *file;
	char *folded;
	char *name, *owner; /* the first such path that somebody else owns */
};

struct plan_twins {
	struct plan_twin *item;
	size_t n;
	struct twins *by;
	struct buf folded;
};

static int compare(const void *a, const void *b)
{
	const struct plan_twin *x = a, *y = b;

	return x->file->plane != y->file->plane ? (x->file->plane > y->file->plane) - (x->file->plane < y->file->plane)
						: strcmp(x->folded, y->folded);
}

struct plan_twins *plan_twins_new(const struct plan_files *wanted)
{
	struct plan_twins *t = xcalloc(1, sizeof *t);

	t->by = twins_new(NULL, NULL);
	t->item = xreallocarray(NULL, wanted->n + 1, sizeof *t->item);
	for (size_t i = 0; i < wanted->n; i++) {
		if (wanted->item[i].outside)
			continue;
		buf_reset(&t->folded);
		twins_fold(t->by, &t->folded, span_of(wanted->item[i].path));
		t->item[t->n++] = (struct plan_twin){.file = &wanted->item[i], .folded = xstrdup(buf_cstr(&t->folded))};
	}
	if (t->n)
		qsort(t->item, t->n, sizeof *t->item, compare);
	return t;
}

void plan_twins_meet(struct plan_twins *t, unsigned plane, struct span path, struct span owner)
{
	struct plan_file there = {.plane = plane};
	struct plan_twin key = {.file = &there}, *found;

	if (!t->n)
		return;
	buf_reset(&t->folded);
	twins_fold(t->by, &t->folded, path);
	key.folded = (char *)(uintptr_t)buf_cstr(&t->folded);
	found = bsearch(&key, t->item, t->n, sizeof *t->item, compare);
	if (!found || found->name || span_is(path, found->file->path))
		return;
	found->name = xstrndup(path.p, path.n);
	found->owner = xstrndup(owner.p, owner.n);
}

void plan_twins_end(struct plan_twins *t, const struct plan_files *owned)
{
	for (size_t i = 0; i < t->n; i++) {
		struct plan_twin *w = &t->item[i];

		if (w->name && !plan_file_find(owned, w->file))
			finding_in(CODE_CASE, SEVERITY_NOTE, plan_full_path(w->file), 0,
				   "differs only in case from %s, which %s owns", w->name, w->owner);
		free(w->folded);
		free(w->name);
		free(w->owner);
	}
	free(t->item);
	twins_finish(t->by);
	buf_free(&t->folded);
	free(t);
}
