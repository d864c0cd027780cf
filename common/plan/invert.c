#include "plan/invert.h"

#include "base/num.h"
#include "data/jsonw.h"
#include "data/relpath.h"
#include "os/beneath.h"
#include "plan/plan.h"
#include "plan/sum.h"
#include "record/record.h"
#include "store/ownership.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct inverting {
	struct record plan, step;
	struct buf text, line, room;
	struct spool *steps;
	int64_t n;
	char registry_hash[DIGEST_TEXT], hash[DIGEST_TEXT];
	bool registry;
	const char *missing; /* what a record would have to say */
};

/* --- what is read --- */

static const char *const facts_before[] = {"before", "before_mode", "before_size", "before_source"};
static const char *const facts_after[] = {"after", "mode", "size", "source"};
enum { HASH, MODE, SIZE, SOURCE, FACTS };

static bool text_of(struct inverting *v, const struct record *r, const char *key, struct span *out)
{
	return record_str(r, key, out, &v->room) && out->n;
}

/* One fact as it stands in the record, when it is of its shape. */
static bool fact(struct inverting *v, const char *key, int which, struct span *out)
{
	struct span text;
	int64_t size;
	unsigned mode;

	if (which == SIZE ? !record_int(&v->step, key, 0, NUM_MAX_SAFE, &size) : !text_of(v, &v->step, key, &text))
		return false;
	if ((which == HASH && !record_hash_ok(text)) || (which == MODE && !num_mode(text.p, text.n, &mode)))
		return false;
	*out = json_source(&v->step.json, record_get(&v->step, key));
	return true;
}

static void put_source(struct buf *b, const char *key, struct span json)
{
	buf_printf(b, ",\"%s\":", key);
	buf_span_add(b, json);
}

/* The facts under `from`, as those under `to`. */
static void move(struct inverting *v, const char *const *from, const char *const *to)
{
	struct span json;

	for (int i = 0; i < FACTS; i++)
		if (fact(v, from[i], i, &json))
			put_source(&v->line, to[i], json);
		else
			v->missing = from[i];
}

/* --- steps --- */

static bool is_action(struct inverting *v, const char *action)
{
	struct span text;

	return text_of(v, &v->step, "action", &text) && span_is(text, action);
}

static void begin_step(struct inverting *v, const char *action)
{
	static const char *const keys[] = {"plane", "path"};
	struct span text;

	buf_reset(&v->line);
	jsonw_open(&v->line, NULL);
	jsonw_cstr(&v->line, "kind", "step");
	for (int i = 0; i < 2; i++)
		if (text_of(v, &v->step, keys[i], &text) && (i == 0 || !relpath_bad(text)))
			jsonw_str(&v->line, keys[i], text);
		else
			v->missing = keys[i];
	jsonw_cstr(&v->line, "action", action);
}

static void end_step(struct inverting *v)
{
	struct span text;

	if (text_of(v, &v->step, "type", &text))
		jsonw_str(&v->line, "type", text);
	jsonw_close(&v->line);
	spool_add(v->steps, buf_span(&v->line));
	v->n++;
}

static void invert_step(struct inverting *v)
{
	bool create = is_action(v, "create") || record_true(&v->step, "occupied"), remove = is_action(v, "remove");

	if (is_action(v, "deliver"))
		return;
	if (!create && !remove && !is_action(v, "replace")) {
		v->missing = "action";
		return;
	}
	begin_step(v, create ? "remove" : remove ? "create" : "replace");
	if (!remove)
		move(v, facts_after, facts_before);
	if (!create)
		move(v, facts_before, facts_after);
	end_step(v);
}

/* --- the plan --- */

static void put_text(struct inverting *v, const char *from, const char *to)
{
	struct span text;

	if (text_of(v, &v->plan, from, &text))
		jsonw_str(&v->line, to, text);
	else
		v->missing = from;
}

/* Of an upgrade the versions change places. */
static void put_package(struct inverting *v, bool upgrade)
{
	static const char *const keys[][2] = {{"version", "previous_version"},
					      {"archive_hash", "previous_archive_hash"},
					      {"manifest_hash", "previous_manifest_hash"},
					      {"document_hash", "previous_document_hash"}};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		put_text(v, keys[i][upgrade], keys[i][0]);
		if (upgrade)
			put_text(v, keys[i][0], keys[i][1]);
	}
	put_text(v, "package_type", "package_type");
}

static void put_plan(struct inverting *v, const char *action)
{
	buf_reset(&v->line);
	jsonw_open(&v->line, NULL);
	jsonw_cstr(&v->line, "kind", "plan");
	jsonw_cstr(&v->line, "action", action);
	put_text(v, "package_id", "package_id");
	put_package(v, strcmp(action, "upgrade") == 0);
	if (v->registry)
		jsonw_str(&v->line, "registry_hash", (struct span){v->registry_hash, DIGEST_TEXT});
	jsonw_int(&v->line, "steps", v->n);
}

static const char *opposite(struct inverting *v)
{
	struct span action;

	if (!text_of(v, &v->plan, "action", &action))
		return NULL;
	return span_is(action, "install")   ? "remove"
	       : span_is(action, "remove")  ? "install"
	       : span_is(action, "upgrade") ? "upgrade"
					    : NULL;
}

static void write_plan(struct inverting *v, const char *action, struct spool *out)
{
	struct plan_sum sum = {.bad = false};
	struct span step;

	put_plan(v, action);
	jsonw_close(&v->line);
	plan_sum_add(&sum, buf_span(&v->line));
	while (spool_next(v->steps, &step))
		plan_sum_add(&sum, step);
	if (!plan_sum_end(&sum, v->hash))
		bad_input("unable to turn the plan round: a record has no canonical form");
	put_plan(v, action);
	jsonw_str(&v->line, "plan_hash", (struct span){v->hash, DIGEST_TEXT});
	jsonw_close(&v->line);
	spool_add(out, buf_span(&v->line));
	spool_rewind(v->steps);
	while (spool_next(v->steps, &step))
		spool_add(out, step);
}

/* --- all of it --- */

static void read_lines(struct inverting *v, struct spool *lines)
{
	struct plan_sum sum = {.bad = false};
	char is[DIGEST_TEXT];
	struct span line, said;

	spool_rewind(lines);
	while (spool_next(lines, &line)) {
		bool first = !v->text.n;

		plan_sum_add(&sum, line);
		if (first)
			buf_span_add(&v->text, line);
		if (record_parse(first ? &v->plan : &v->step, first ? buf_span(&v->text) : line) ||
		    !record_is(first ? &v->plan : &v->step, first ? "plan" : "step"))
			bad_input("unable to turn the plan round: it is not one plan and its steps");
		if (!first)
			invert_step(v);
	}
	if (!plan_sum_end(&sum, is))
		bad_input("unable to turn the plan round: there is none, or it has no canonical form");
	if (!text_of(v, &v->plan, "plan_hash", &said) || !span_eq((struct span){is, DIGEST_TEXT}, said))
		bad_input("unable to turn the plan round: its plan_hash is of another one");
}

static void read_registry(struct inverting *v, int root)
{
	unsigned char sum[DIGEST_LEN];
	struct digest *d = digest_new();
	int fd = beneath_open(root, SPAN(OWNERSHIP_FILE), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);

	v->registry = fd >= 0;
	if (fd < 0 ? errno != ENOENT : digest_fd(d, fd, sum, NULL) != 0)
		sys_fail(errno, "unable to read " OWNERSHIP_FILE);
	if (fd >= 0) {
		digest_text(sum, v->registry_hash);
		close(fd);
	}
	digest_free(d);
}

bool plan_invert(struct spool *lines, int root, struct spool *out)
{
	struct inverting v = {.steps = spool_new()};
	const char *action;
	bool nothing;

	read_lines(&v, lines);
	read_registry(&v, root);
	action = opposite(&v);
	if (!action)
		bad_input("unable to turn the plan round: it has no action");
	nothing = record_true(&v.plan, "nothing");
	if (!nothing)
		write_plan(&v, action, out);
	if (nothing)
		finding(CODE_MISSING, (struct span){0}, "the plan does nothing, so there is nothing to take back");
	else if (v.missing)
		finding(CODE_MISSING, (struct span){0}, "the plan does not say all that its inverse needs: %s",
			v.missing);
	spool_free(v.steps);
	record_free(&v.plan);
	record_free(&v.step);
	buf_free(&v.text);
	buf_free(&v.line);
	buf_free(&v.room);
	return !nothing && !v.missing;
}
