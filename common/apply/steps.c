#include "apply/steps.h"

#include "base/num.h"
#include "data/relpath.h"
#include "plan/sum.h"
#include "record/record.h"

#include <stdlib.h>

static const char *const actions[] = {
	[STEP_CREATE] = "create",
	[STEP_REPLACE] = "replace",
	[STEP_REMOVE] = "remove",
	[STEP_DELIVER] = "deliver",
};
enum { ACTIONS = sizeof actions / sizeof *actions };

/* A copy of a text; NULL where there is none. */
static char *text_of(const struct record *r, const char *key)
{
	struct buf room = {0};
	struct span text;
	char *copy = record_str(r, key, &text, &room) ? xstrndup(text.p, text.n) : NULL;

	buf_free(&room);
	return copy;
}

static bool take_state(const struct record *r, const char *hash, const char *mode, unsigned char sum[DIGEST_LEN],
		       unsigned *bits)
{
	struct buf room = {0};
	struct span text;
	bool good = record_str(r, hash, &text, &room) && digest_parse(text, sum) &&
		    record_str(r, mode, &text, &room) && num_mode(text.p, text.n, bits) && *bits <= 0777;

	buf_free(&room);
	return good;
}

static bool take_action(const struct record *r, enum step_action *out)
{
	struct buf room = {0};
	struct span text;
	int a = 0;

	if (!record_str(r, "action", &text, &room))
		return false;
	while (a < ACTIONS && !span_is(text, actions[a]))
		a++;
	buf_free(&room);
	*out = (enum step_action)a;
	return a < ACTIONS;
}

/* Where the file is, beneath the root. */
static const char *place(struct step *s, const char *path)
{
	struct buf full = {0};
	bool lower = !strcmp(s->plane, "ho2") || !strcmp(s->plane, "ho1");

	if (s->action == STEP_DELIVER) {
		if (path[0] != '/' || relpath_bad(span_of(path + 1)))
			return "a step delivers to what is no absolute path";
		s->path = xstrdup(path);
		return NULL;
	}
	if (relpath_bad(span_of(path)) || (!lower && strcmp(s->plane, "ho3") != 0))
		return "a step has no path in a plane";
	if (lower)
		buf_printf(&full, "planes/%s/", s->plane);
	buf_str(&full, path);
	s->path = xstrdup(buf_cstr(&full));
	buf_free(&full);
	return NULL;
}

static const char *take_step(struct step *s, const struct record *r)
{
	char *path = text_of(r, "path");
	int64_t size = 0;
	const char *why = NULL;

	s->plane = text_of(r, "plane");
	s->source = text_of(r, "source");
	s->type = text_of(r, "type");
	s->occupied = record_true(r, "occupied");
	if (!path || !s->plane || !take_action(r, &s->action))
		why = "a step has no action, plane or path";
	if (!why)
		why = place(s, path);
	if (!why && s->action != STEP_CREATE && s->action != STEP_DELIVER &&
	    !take_state(r, "before", "before_mode", s->before, &s->before_mode))
		why = "a step does not say what was there";
	if (!why && s->action != STEP_REMOVE &&
	    (!take_state(r, "after", "mode", s->after, &s->mode) || !s->source ||
	     !record_int(r, "size", 0, NUM_MAX_SAFE, &size)))
		why = "a step does not say what comes";
	s->size = (uint64_t)size;
	/* It is out of the way before the first step. */
	if (s->occupied && s->action == STEP_REPLACE)
		s->action = STEP_CREATE;
	free(path);
	return why;
}

static const char *add(struct steps *s, const struct record *r)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->step = xreallocarray(s->step, s->cap, sizeof *s->step);
	}
	s->step[s->n] = (struct step){0};
	return take_step(&s->step[s->n++], r);
}

static const char *take_line(struct steps *s, struct record *r, struct span line)
{
	const char *why = record_parse(r, line);

	if (why)
		return why;
	if (record_is(r, "step"))
		return add(s, r);
	if (!record_is(r, "plan"))
		return "it has a record that belongs to no plan";
	if (s->line.n)
		return "it is more than one plan";
	if (s->n)
		return "a step stands before its plan";
	buf_span_add(&s->line, line);
	return NULL;
}

const char *steps_add(struct steps *s, struct span line)
{
	struct record r = {0};
	const char *why = record_parse(&r, line);

	if (!why)
		why = record_is(&r, "step") ? add(s, &r) : "it is no step";
	record_free(&r);
	return why;
}

const char *steps_read(struct steps *s, struct spool *lines)
{
	struct record r = {0};
	struct plan_sum sum = {.bad = false};
	struct span line;
	const char *why = NULL;
	bool summed;

	*s = (struct steps){.n = 0};
	spool_rewind(lines);
	while (!why && spool_next(lines, &line)) {
		why = take_line(s, &r, line);
		plan_sum_add(&sum, line);
	}
	record_free(&r);
	summed = plan_sum_end(&sum, s->hash);
	s->planned = s->n;
	if (!why && !s->line.n)
		why = "there is no plan in it";
	if (!why)
		why = record_parse(&s->plan, buf_span(&s->line));
	if (!why && !summed)
		why = "it has a number that has no canonical form";
	return why;
}

struct span steps_text(const struct steps *s, const char *key)
{
	uint32_t at = record_get(&s->plan, key);

	/* What a plan says has no escapes: ids, versions, hashes. */
	return at && s->plan.json.node[at].type == JSON_STRING ? json_text(&s->plan.json, at) : (struct span){"", 0};
}

bool steps_bring(const struct steps *s)
{
	return !span_is(steps_text(s, "action"), "remove");
}

void steps_free(struct steps *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->step[i].path);
		free(s->step[i].plane);
		free(s->step[i].source);
		free(s->step[i].type);
	}
	free(s->step);
	record_free(&s->plan);
	buf_free(&s->line);
	*s = (struct steps){.n = 0};
}
