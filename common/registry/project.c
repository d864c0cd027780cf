#include "registry/internal.h"

#include "data/jsonw.h"
#include "filter/filter.h"

#include <stdlib.h>

static void put_ledger(struct buf *b, const struct project_ledger *l)
{
	if (!l->name.n)
		return;
	jsonw_open(b, NULL);
	jsonw_str(b, "ledger", buf_span(&l->name));
	jsonw_int(b, "size", (int64_t)l->size);
	jsonw_str(b, "root_hash", (struct span){l->root, DIGEST_TEXT});
	jsonw_str(b, "head_hash", (struct span){l->head, DIGEST_TEXT});
	jsonw_close(b);
}

/* The file that binds the others to the ledgers: it is made first, ended last, and renamed last. */
static void begin_compiled(struct projecting *p)
{
	struct buf b = {0};

	p->compiled = output_new(&p->out->outputs, "registries/compiled/packages.json");
	buf_str(&b, "{\"schema_version\":\"1.0\"");
	jsonw_array_open(&b, "ledgers");
	put_ledger(&b, &p->out->packages);
	put_ledger(&b, &p->out->intent);
	jsonw_array_close(&b);
	buf_str(&b, ",\"packages\":[");
	output_add(p->compiled, buf_span(&b));
	buf_free(&b);
}

static int by_path(const void *a, const void *b)
{
	return strcmp((*(struct output *const *)a)->path, (*(struct output *const *)b)->path);
}

/* Sorted, whichever of them were there before. */
static void end_compiled(struct projecting *p)
{
	struct outputs *all = &p->out->outputs;
	struct output *sorted[OUTPUTS];
	struct buf b = {0};

	for (size_t i = 1; i < all->n; i++)
		sorted[i] = &all->output[i];
	qsort(sorted + 1, all->n - 1, sizeof *sorted, by_path);
	buf_str(&b, p->compiled->rows ? "\n],\"registries\":[" : "],\"registries\":[");
	for (size_t i = 1; i < all->n; i++) {
		struct output *o = sorted[i];

		output_close(o);
		buf_str(&b, i > 1 ? ",\n" : "\n");
		jsonw_open(&b, NULL);
		jsonw_cstr(&b, "path", o->path);
		jsonw_int(&b, "rows", (int64_t)o->rows);
		jsonw_str(&b, "hash", (struct span){o->hash, DIGEST_TEXT});
		jsonw_close(&b);
	}
	buf_str(&b, "\n]}\n");
	output_add(p->compiled, buf_span(&b));
	buf_free(&b);
}

static void compute(struct projecting *p)
{
	struct outputs *o = &p->out->outputs;

	begin_compiled(p);
	p->packages = output_new(o, "registries/packages_registry.csv");
	p->states = output_new(o, "registries/packages_state.csv");
	p->owned = extsort_new(EXTSORT_MEMORY / 2);
	p->digest = digest_new();
	write_packages(p);
	write_law(p);
	write_owned(p);
	end_compiled(p);
	extsort_free(p->owned);
	digest_free(p->digest);
	buf_free(&p->target);
	buf_free(&p->first_target);
	buf_free(&p->law_hash);
	buf_free(&p->law_plane);
}

static bool begin(struct projecting *p, struct project *out, const char *root_path)
{
	*p = (struct projecting){.out = out, .state = projection_new()};
	out->state = p->state;
	out->root_path = root_path;
	out->outputs.root = out->root;
	out->replayed = replay_ledgers(p);
	return out->replayed;
}

bool project_replay(struct project *out, const char *root_path)
{
	struct projecting p;

	return begin(&p, out, root_path);
}

bool project_compute(struct project *out, bool strict)
{
	struct projecting p = {.out = out, .state = out->state};

	compute(&p);
	if (!p.faults) {
		outputs_compare(&out->outputs);
		out->compared = true;
		explain_rows(&p, strict);
	}
	return !p.faults;
}

bool project_run(struct project *out, const char *root_path, bool strict)
{
	return project_replay(out, root_path) && project_compute(out, strict);
}

bool project_differs(const struct project *p, const char *path)
{
	for (size_t i = 0; p->compared && i < p->outputs.n; i++)
		if (strcmp(p->outputs.output[i].path, path) == 0)
			return p->outputs.output[i].differs;
	return false;
}

void project_free(struct project *p)
{
	outputs_free(&p->outputs);
	if (p->state)
		projection_free(p->state);
	buf_free(&p->packages.name);
	buf_free(&p->intent.name);
	buf_free(&p->packages.tier);
	buf_free(&p->intent.tier);
}
