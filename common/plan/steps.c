#include "plan/internal.h"

#include "data/jsonw.h"
#include "plan/sum.h"

struct writing {
	struct planning *p;
	struct plan *out;
	struct spool *steps;
	struct buf line;
};

static void put_mode(struct buf *b, const char *key, unsigned mode)
{
	jsonw_cstr(b, key, (char[8]){(char)('0' + (mode >> 9 & 7)), (char)('0' + (mode >> 6 & 7)),
				     (char)('0' + (mode >> 3 & 7)), (char)('0' + (mode & 7)), '\0'});
}

/* --- steps --- */

static void begin(struct writing *w, const struct plan_file *f, const char *action)
{
	buf_reset(&w->line);
	jsonw_open(&w->line, NULL);
	jsonw_cstr(&w->line, "kind", "step");
	jsonw_cstr(&w->line, "plane", plan_planes[f->plane]);
	jsonw_cstr(&w->line, "path", f->path);
	jsonw_cstr(&w->line, "action", action);
}

/* All that its inverse needs. What nobody owned came from no member. */
static void put_before(struct writing *w, const unsigned char *sum, unsigned mode, const struct plan_file *owned)
{
	digest_member(&w->line, "before", sum);
	put_mode(&w->line, "before_mode", mode);
	if (!owned)
		return;
	jsonw_int(&w->line, "before_size", (int64_t)owned->size);
	if (owned->source)
		jsonw_cstr(&w->line, "before_source", owned->source);
}

static void put_after(struct writing *w, const struct plan_file *f)
{
	digest_member(&w->line, "after", f->sum);
	put_mode(&w->line, "mode", f->mode);
	jsonw_int(&w->line, "size", (int64_t)f->size);
	jsonw_cstr(&w->line, "source", f->source);
}

static void end(struct writing *w, const struct plan_file *f)
{
	jsonw_cstr(&w->line, "type", f->type);
	if (f->occupied)
		jsonw_bool(&w->line, "occupied", true);
	jsonw_close(&w->line);
	spool_add(w->steps, buf_span(&w->line));
	w->out->steps++;
}

static void put_wanted(struct writing *w, const struct plan_file *f, const struct plan_file *owned)
{
	const char *action = owned || f->occupied ? "replace" : f->outside ? "deliver" : "create";

	if (owned && owned->mode == f->mode && memcmp(owned->sum, f->sum, DIGEST_LEN) == 0)
		return;
	begin(w, f, action);
	if (owned)
		put_before(w, owned->sum, owned->mode, owned);
	else if (f->occupied)
		put_before(w, f->before, f->before_mode, NULL);
	put_after(w, f);
	end(w, f);
}

static void put_steps(struct writing *w)
{
	struct plan_files *owned = &w->p->owned, *wanted = &w->p->wanted;
	size_t i = 0, k = 0;

	while (i < owned->n || k < wanted->n) {
		int order = i == owned->n ? 1 : k == wanted->n ? -1 :
			    plan_file_cmp(&owned->item[i], &wanted->item[k]);

		if (order < 0) {
			begin(w, &owned->item[i], "remove");
			put_before(w, owned->item[i].sum, owned->item[i].mode, &owned->item[i]);
			end(w, &owned->item[i++]);
		} else if (order > 0) {
			put_wanted(w, &wanted->item[k++], NULL);
		} else {
			put_wanted(w, &wanted->item[k++], &owned->item[i++]);
		}
	}
}

/* --- the plan --- */

static void take_text(const struct record *r, const char *key, struct buf *to)
{
	struct buf room = {0};
	struct span text;

	if (record_str(r, key, &text, &room))
		buf_span_add(to, text);
	buf_free(&room);
}

static void take_known(const struct known *k, enum known_text t, struct buf *to)
{
	if (k->text[t])
		buf_str(to, k->text[t]);
}

static void take_facts(struct planning *p, struct plan *out)
{
	const struct known *k = p->known;

	buf_span_add(&out->package_id, plan_id(p));
	if (p->registry)
		buf_add(&out->registry_hash, p->registry_hash, DIGEST_TEXT);
	out->nothing = p->nothing;
	if (p->ask.action == PLAN_REMOVE) {
		take_known(k, K_VERSION, &out->version);
		take_known(k, K_ARCHIVE_HASH, &out->archive_hash);
		take_known(k, K_MANIFEST_HASH, &out->manifest_hash);
		take_known(k, K_DOCUMENT_HASH, &out->document_hash);
		buf_span_add(&out->package_type, buf_span(&p->type));
		return;
	}
	if (p->ask.action == PLAN_UPGRADE) {
		take_known(k, K_VERSION, &out->previous_version);
		take_known(k, K_ARCHIVE_HASH, &out->previous_archive_hash);
		take_known(k, K_MANIFEST_HASH, &out->previous_manifest_hash);
		take_known(k, K_DOCUMENT_HASH, &out->previous_document_hash);
	}
	buf_span_add(&out->version, p->manifest.text[M_VERSION]);
	buf_span_add(&out->package_type, p->manifest.text[M_TYPE]);
	take_text(&p->package, "archive_hash", &out->archive_hash);
	take_text(&p->package, "manifest_hash", &out->manifest_hash);
	take_text(&p->package, "document_hash", &out->document_hash);
}

static void put_text(struct buf *b, const char *key, const struct buf *text)
{
	if (text->n)
		jsonw_str(b, key, buf_span(text));
}

/* All of it but where the archive lies, and the hash. */
static void put_plan(struct buf *b, const struct plan *out)
{
	buf_reset(b);
	jsonw_open(b, NULL);
	jsonw_cstr(b, "kind", "plan");
	jsonw_cstr(b, "action", plan_action_name(out->action));
	put_text(b, "package_id", &out->package_id);
	put_text(b, "version", &out->version);
	put_text(b, "previous_version", &out->previous_version);
	put_text(b, "package_type", &out->package_type);
	put_text(b, "archive_hash", &out->archive_hash);
	put_text(b, "manifest_hash", &out->manifest_hash);
	put_text(b, "document_hash", &out->document_hash);
	put_text(b, "previous_archive_hash", &out->previous_archive_hash);
	put_text(b, "previous_manifest_hash", &out->previous_manifest_hash);
	put_text(b, "previous_document_hash", &out->previous_document_hash);
	put_text(b, "registry_hash", &out->registry_hash);
	jsonw_int(b, "steps", (int64_t)out->steps);
	if (out->nothing)
		jsonw_bool(b, "nothing", true);
}

static void finish_plan(struct writing *w)
{
	struct plan_sum sum = {.bad = false};
	struct buf path = {0};
	struct span step;

	put_plan(&w->line, w->out);
	jsonw_close(&w->line);
	plan_sum_add(&sum, buf_span(&w->line));
	spool_rewind(w->steps);
	while (spool_next(w->steps, &step))
		plan_sum_add(&sum, step);
	if (!plan_sum_end(&sum, w->out->hash))
		bad_input("unable to plan: a record has no canonical form");
	put_plan(&w->line, w->out);
	if (w->p->met)
		take_text(&w->p->package, "path", &path);
	put_text(&w->line, "path", &path);
	jsonw_str(&w->line, "plan_hash", (struct span){w->out->hash, DIGEST_TEXT});
	jsonw_close(&w->line);
	spool_add(w->out->lines, buf_span(&w->line));
	spool_rewind(w->steps);
	while (spool_next(w->steps, &step))
		spool_add(w->out->lines, step);
	buf_free(&path);
}

static void put_files(struct writing *w)
{
	for (size_t i = 0; i < w->p->wanted.n; i++) {
		const struct plan_file *f = &w->p->wanted.item[i];

		if (f->outside)
			continue;
		buf_reset(&w->line);
		jsonw_open(&w->line, NULL);
		digest_member(&w->line, "hash", f->sum);
		put_mode(&w->line, "mode", f->mode);
		jsonw_cstr(&w->line, "path", f->path);
		jsonw_cstr(&w->line, "plane", plan_planes[f->plane]);
		jsonw_int(&w->line, "size", (int64_t)f->size);
		jsonw_close(&w->line);
		spool_add(w->out->files, buf_span(&w->line));
	}
}

void steps_write(struct planning *p, struct plan *out)
{
	struct writing w = {.p = p, .out = out, .steps = spool_new()};

	out->lines = spool_new();
	out->files = spool_new();
	take_facts(p, out);
	if (!p->nothing)
		put_steps(&w);
	finish_plan(&w);
	put_files(&w);
	spool_free(w.steps);
	buf_free(&w.line);
}
