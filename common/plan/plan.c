#include "plan/internal.h"

#include <stdlib.h>

const char *const plan_planes[PLAN_PLANES] = {"ho1", "ho2", "ho3"};

const char *plan_action_name(enum plan_action a)
{
	static const char *const names[] = {"install", "upgrade", "remove"};

	return names[a];
}

unsigned plan_plane(struct span name)
{
	unsigned i = 0;

	while (i < PLAN_PLANES - 1 && !span_is(name, plan_planes[i]))
		i++;
	return i;
}

/* --- files --- */

struct plan_file *plan_file_add(struct plan_files *f, unsigned plane, struct span path)
{
	if (f->n == f->cap) {
		f->cap = f->cap ? 2 * f->cap : 64;
		f->item = xreallocarray(f->item, f->cap, sizeof *f->item);
	}
	f->item[f->n] = (struct plan_file){.path = xstrndup(path.p, path.n), .plane = plane};
	return &f->item[f->n++];
}

int plan_file_cmp(const struct plan_file *a, const struct plan_file *b)
{
	return a->plane != b->plane ? (a->plane > b->plane) - (a->plane < b->plane) : strcmp(a->path, b->path);
}

static int compare(const void *a, const void *b)
{
	return plan_file_cmp(a, b);
}

void plan_files_sort(struct plan_files *f)
{
	if (f->n)
		qsort(f->item, f->n, sizeof *f->item, compare);
}

struct plan_file *plan_file_find(const struct plan_files *f, const struct plan_file *key)
{
	return f->n ? bsearch(key, f->item, f->n, sizeof *f->item, compare) : NULL;
}

void plan_files_free(struct plan_files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->item[i].path);
		free(f->item[i].source);
		free(f->item[i].type);
		free(f->item[i].owner);
	}
	free(f->item);
}

struct span plan_full_path(const struct plan_file *f)
{
	static struct buf b;

	buf_reset(&b);
	if (!f->outside && strcmp(plan_planes[f->plane], "ho3") != 0)
		buf_printf(&b, "planes/%s/", plan_planes[f->plane]);
	buf_str(&b, f->path);
	return (struct span){buf_cstr(&b), b.n};
}

void plan_fault(struct planning *p, enum code code, const struct plan_file *at, const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;

	va_start(ap, fmt);
	if (fmt)
		buf_vprintf(&text, fmt, ap);
	else
		buf_str(&text, code_text(code));
	va_end(ap);
	finding_in(code, code_severity(code), at ? plan_full_path(at) : (struct span){0}, 0, "%s", buf_cstr(&text));
	buf_free(&text);
	p->faults++;
}

struct span plan_id(const struct planning *p)
{
	return p->ask.action == PLAN_REMOVE ? buf_span(&p->remove_id) : p->manifest.text[M_ID];
}

/* --- a plan --- */

struct planning *plan_new(const struct plan_ask *ask)
{
	struct planning *p = xcalloc(1, sizeof *p);

	p->ask = *ask;
	buf_span_add(&p->remove_id, ask->remove_id);
	return p;
}

bool plan_add(struct planning *p, struct record *r)
{
	bool package = record_is(r, "package");

	if (!package && !record_is(r, "asset") && !record_is(r, "member"))
		return false;
	if (p->ask.action == PLAN_REMOVE)
		bad_input("unable to plan the removal: a package comes with it");
	if (package == p->met)
		bad_input(package ? "unable to trust the stream: it is about more than one package" :
				    "unable to trust the stream: something stands before its package");
	if (package)
		wanted_package(p, r);
	else if (record_is(r, "asset"))
		wanted_asset(p, r);
	else
		wanted_member(p, r);
	return true;
}

static void judge(struct planning *p)
{
	if (p->ask.action != PLAN_REMOVE && !p->met) {
		plan_fault(p, CODE_MISSING, NULL, "no package came, so there is nothing to plan");
		return;
	}
	if (p->met)
		wanted_judge(p);
	if (!installed_read(p))
		return;
	owned_read(p);
	installed_judge(p);
	if (!p->nothing)
		outlet_judge(p);
	place_judge(p);
}

static void free_planning(struct planning *p)
{
	project_free(&p->project);
	plan_files_free(&p->wanted);
	plan_files_free(&p->members);
	plan_files_free(&p->owned);
	plan_files_free(&p->vouched);
	plan_files_free(&p->rivals);
	ids_free(&p->specs);
	manifest_free(&p->manifest);
	json_free(&p->whole);
	record_free(&p->package);
	buf_free(&p->line);
	buf_free(&p->text);
	buf_free(&p->type);
	buf_free(&p->framework);
	buf_free(&p->remove_id);
	free(p);
}

bool plan_end(struct planning *p, struct plan *out)
{
	bool good;

	*out = (struct plan){.action = p->ask.action};
	judge(p);
	good = p->faults == 0;
	if (good)
		steps_write(p, out);
	if (good) {
		out->project = p->project;
		p->project = (struct project){.root = -1};
	}
	free_planning(p);
	return good;
}

void plan_free(struct plan *p)
{
	struct buf *const texts[] = {&p->package_id, &p->version, &p->previous_version, &p->archive_hash,
				     &p->manifest_hash, &p->document_hash, &p->package_type, &p->registry_hash,
				     &p->previous_archive_hash, &p->previous_manifest_hash,
				     &p->previous_document_hash};

	project_free(&p->project);
	if (p->lines)
		spool_free(p->lines);
	if (p->files)
		spool_free(p->files);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		buf_free(texts[i]);
	*p = (struct plan){.lines = NULL};
}
