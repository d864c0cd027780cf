/* cp-project: a plane's registries made anew from its ledgers and manifests. */
#include "data/jsonw.h"
#include "filter/effect.h"
#include "filter/gate.h"
#include "registry/project.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool check, wait_lock;
static struct filter self;

static void report(const struct output *o)
{
	struct buf *b = out_record("projected");

	jsonw_cstr(b, "path", o->path);
	jsonw_int(b, "rows", (int64_t)o->rows);
	jsonw_str(b, "hash", (struct span){o->hash, DIGEST_TEXT});
	jsonw_bool(b, "changed", o->differs);
	if (filter_dry_run())
		jsonw_bool(b, "dry_run", true);
	emit_out();
}

static void judge(const struct project *p)
{
	struct buf extra = {0};

	for (size_t i = 0; p->compared && i < p->outputs.n; i++) {
		gate_checked(1);
		if (p->outputs.output[i].differs)
			finding(CODE_STALE, span_of(p->outputs.output[i].path), NULL);
	}
	jsonw_int(&extra, "ledger_size", (int64_t)p->packages.size);
	gate_verdict("PROJECTION", (struct span){NULL, 0}, buf_span(&extra));
	buf_free(&extra);
}

static void start(int argc, char **argv)
{
	struct project p = {.root = -1};
	bool good;

	(void)argc;
	(void)argv;
	/* Its findings come before its verdict, and nothing is to be held back: there is no stream. */
	if (check)
		self.role = ROLE_SOURCE;
	p.root = check ? open(filter_root(), O_PATH | O_DIRECTORY | O_CLOEXEC) : effect_begin(wait_lock);
	if (p.root < 0)
		sys_fail(errno, "unable to open the root %s", filter_root());
	good = project_run(&p, filter_root(), !check);
	if (check)
		judge(&p);
	if (good && !check && !filter_dry_run())
		outputs_save(&p.outputs);
	for (size_t i = 0; good && !check && i < p.outputs.n; i++)
		report(&p.outputs.output[i]);
	close(p.root);
	project_free(&p);
}

static const struct opt opts[] = {
	{.name = "check", .summary = "only tell what is not as it would be made", .target = &check},
	{.name = "wait", .summary = "wait while somebody else changes the plane", .target = &wait_lock},
	{0},
};

static struct filter self = {
	.name = "cp-project",
	.summary = "make a plane's registries anew from its ledgers and manifests",
	.args = "",
	.reads = "",
	.writes = "projected finding verdict",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_ROOT | FILTER_DRY_RUN | FILTER_OWN_INPUT | FILTER_GATE,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
