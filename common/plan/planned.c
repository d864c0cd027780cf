#include "plan/planned.h"

#include "admit/brings.h"
#include "admit/installed.h"
#include "charter/plane.h"
#include "charter/say.h"
#include "law/chain.h"
#include "os/beneath.h"
#include "registry/judge.h"
#include "store/ownership.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

static const char *const registries[] = {OWNERSHIP_FILE, "planes/ho2/" OWNERSHIP_FILE, "planes/ho1/" OWNERSHIP_FILE};
enum { REGISTRIES = sizeof registries / sizeof *registries };

/* --- G0-SPEC --- */

struct lawful {
	const struct planned_ask *ask;
	char **path; /* on ho3, of the steps where law is read from */
	size_t n;
	struct lawbook before, after;
	enum severity severity; /* of what is reported */
};

static void read_steps(struct lawful *l)
{
	struct buf room[2] = {{0}, {0}};
	struct record r = {0};
	struct span line, plane, path;

	spool_rewind(l->ask->plan->lines);
	while (spool_next(l->ask->plan->lines, &line)) {
		if (record_parse(&r, line))
			bad_input("unable to judge the plan: it has a record that is none");
		if (!record_is(&r, "step") || !record_str(&r, "plane", &plane, &room[0]) || !span_is(plane, "ho3") ||
		    !record_str(&r, "path", &path, &room[1]) || !charter_place(path))
			continue;
		l->path = xreallocarray(l->path, l->n + 1, sizeof *l->path);
		l->path[l->n++] = xstrndup(path.p, path.n);
	}
	record_free(&r);
	buf_free(&room[0]);
	buf_free(&room[1]);
}

static bool is_touched(void *ctx, struct span path)
{
	const struct lawful *l = ctx;

	for (size_t i = 0; i < l->n; i++)
		if (span_is(path, l->path[i]))
			return true;
	return false;
}

static void add_document(void *ctx, enum admit_document what, struct span text, const char *path)
{
	struct lawful *l = ctx;
	struct buf line = {0};
	struct record r = {0};

	admit_law_record(&line, what, text, path);
	if (record_parse(&r, buf_span(&line)))
		bad_input("unable to read %s of the package", path);
	lawbook_add(&l->after, &r, true);
	record_free(&r);
	buf_free(&line);
}

static void report(void *ctx, enum code code, enum severity s, struct span where, uint64_t line, const char *detail)
{
	const struct lawful *l = ctx;

	(void)s;
	finding_in(code, l->severity, where, line, "%s", detail);
}

static void silent(void *ctx, enum code code, enum severity s, struct span where, uint64_t line, const char *detail)
{
	(void)ctx;
	(void)code;
	(void)s;
	(void)where;
	(void)line;
	(void)detail;
}

static void judge_row(struct lawful *l, const struct registry_row *row)
{
	const struct chain_file f = {.path = row->path, .spec = row->spec, .package = row->owner};
	const struct law_ends none = {.report = silent}, told = {.report = report, .ctx = l};

	if (!row->spec.n || span_eq(row->owner, buf_span(&l->ask->plan->package_id)) ||
	    chain_file(&l->after, &f, &none))
		return;
	l->severity = chain_file(&l->before, &f, &none) ? SEVERITY_ERROR : SEVERITY_WARNING;
	chain_file(&l->after, &f, &told);
}

static void judge_rows(struct lawful *l, const char *name)
{
	int fd = beneath_open(l->ask->root, span_of(name), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0), status, got;
	struct registry *r;
	struct registry_row row;

	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0)
		sys_fail(errno, "unable to open %s", name);
	r = registry_open_fd(fd, name, &status);
	if (!r)
		filter_abandon((enum status)status);
	while ((got = registry_next(r, &row, &status)) > 0)
		judge_row(l, &row);
	if (got < 0)
		filter_abandon((enum status)status);
	registry_close(r);
}

static void judge_law(const struct planned_ask *ask)
{
	struct lawful l = {.ask = ask};

	read_steps(&l);
	if (l.n) {
		charter_read(&l.before, ask->root_path, CHARTER_FRAMEWORKS | CHARTER_SPECS);
		if (ask->bundle)
			brings_law(ask->bundle, add_document, &l);
		charter_read_but(&l.after, ask->root_path, CHARTER_FRAMEWORKS | CHARTER_SPECS, is_touched, &l);
		for (size_t i = 0; i < REGISTRIES; i++)
			judge_rows(&l, registries[i]);
	}
	lawbook_free(&l.before);
	lawbook_free(&l.after);
	for (size_t i = 0; i < l.n; i++)
		free(l.path[i]);
	free(l.path);
}

/* --- G0-PACKAGE, G-INTEGRITY --- */

static void judge_owners(const struct planned_ask *ask)
{
	project_compute(&ask->plan->project, false);
	for (size_t i = 0; i < REGISTRIES; i++)
		owners_judge(&ask->plan->project, registries[i]);
}

static const char *title(enum code c)
{
	(void)c;
	return "Invalid signature";
}

static void judge_signatures(const struct planned_ask *ask)
{
	const struct installed_ask others = {.root = ask->root,
					     .root_path = ask->root_path,
					     .keyring = ask->keyring,
					     .now = ask->now,
					     .but = buf_span(&ask->plan->package_id),
					     .signed_only = true,
					     .only_tell = ask->plan->action != PLAN_INSTALL};

	finding_titles(title);
	installed_signatures(&others, ask->plan->project.state);
	finding_titles(NULL);
}

void planned_judge(const struct planned_ask *ask)
{
	judge_owners(ask);
	judge_law(ask);
	judge_signatures(ask);
}
