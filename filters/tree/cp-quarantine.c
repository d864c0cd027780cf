/* cp-quarantine: moves what nobody owns out of the way, and back. */
#include "base/text.h"
#include "filter/effect.h"
#include "tree/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char *id, *reason = "nobody owns it", *restore;
static bool list;
static struct opt_list codes;
static struct spool *findings;
static struct filter self;

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if ((restore && list) || ((restore || list) && (id || codes.n)))
		bad_usage("unable to do both: --restore and --list stand alone");
	if ((id && !quarantine_id_ok(id)) || (restore && !quarantine_id_ok(restore)))
		bad_usage("unable to use the id %s: not of A-Z, a-z, 0-9, . _ and -", id ? id : restore);
	if (!utf8_valid(reason, strlen(reason)))
		bad_usage("unable to use the reason: it is not UTF-8");
	for (unsigned i = 0; i < codes.n; i++) {
		if (strcmp(codes.item[i], "NAME") != 0 && strcmp(codes.item[i], "TYPE") != 0)
			bad_usage("unable to act on %s: only NAME and TYPE can be added to ORPHAN", codes.item[i]);
	}
	/* These two take no stream. */
	if (restore || list)
		self.flags |= FILTER_OWN_INPUT;
	findings = spool_new();
}

static bool wanted(struct span code)
{
	bool is = span_is(code, "ORPHAN");

	for (unsigned i = 0; i < codes.n; i++)
		is |= span_is(code, codes.item[i]);
	return is;
}

static void step(struct record *r)
{
	struct buf scratch = {0};
	struct span code, path;
	const char *why = "it has no path";

	if (!record_is(r, "finding"))
		return;
	if (!record_str(r, "code", &code, &scratch))
		bad_input("unable to trust the finding: it has no code");
	if (wanted(code)) {
		if (record_path(r, &path, &why) != 1)
			bad_input("unable to trust the finding: %s", why);
		spool_add(findings, r->line);
	}
	buf_free(&scratch);
}

static void move_all(int root)
{
	struct quarantine *q = quarantine_new(root, id, reason);
	struct record r = {0};
	struct span line, path;
	const char *why;

	if (!q) {
		complain("unable to make the quarantine %s: there is one of that name", id);
		filter_raise(STATUS_NO);
		return;
	}
	while (spool_next(findings, &line)) {
		if (!record_parse(&r, line) && record_path(&r, &path, &why) == 1)
			quarantine_add(q, path);
	}
	quarantine_run(q);
	quarantine_free(q);
	record_free(&r);
}

static void list_all(void)
{
	int root = open(filter_root(), O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		sys_fail(errno, "unable to open the root %s", filter_root());
	quarantine_list(root);
	close(root);
}

static void finish(bool complete)
{
	if (complete && list) {
		list_all();
	} else if (complete && restore) {
		if (!quarantine_restore(effect_begin(false), restore)) {
			complain("unable to restore %s: there is no such quarantine", restore);
			filter_raise(STATUS_NO);
		}
	} else if (complete) {
		move_all(effect_begin(false));
	}
	spool_free(findings);
}

static const struct opt opts[] = {
	{.name = "code", .value = "CODE", .summary = "act on NAME or TYPE findings too", .kind = OPT_LIST,
	 .target = &codes},
	{.name = "id", .value = "ID", .summary = "name of the quarantine (default: the time)", .kind = OPT_STR,
	 .target = &id},
	{.name = "list", .summary = "say what is in quarantine", .kind = OPT_FLAG, .target = &list},
	{.name = "reason", .value = "TEXT", .summary = "why, for the manifest", .kind = OPT_STR, .target = &reason},
	{.name = "restore", .value = "ID", .summary = "put everything of that quarantine back", .kind = OPT_STR,
	 .target = &restore},
	{0},
};

static struct filter self = {
	.name = "cp-quarantine",
	.summary = "move what nobody owns out of the way, and back",
	.args = "",
	.reads = "finding",
	.writes = "quarantined restored finding",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_ROOT | FILTER_DRY_RUN | FILTER_FINDINGS_OK,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
