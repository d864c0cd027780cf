/* cp-apply: carries a plan out, wholly or not at all. */
#include "apply/change.h"
#include "apply/judge.h"
#include "apply/recover.h"
#include "data/ident.h"
#include "data/jsonw.h"
#include "data/semver.h"
#include "identity/authorise.h"
#include "os/env.h"
#include "seal/secret.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *work_order, *keyring, *sync_name = "syncfs";
static bool force, lower, wait_lock;
static struct ask ask;
static struct actor who;
static struct spool *lines;
static struct steps steps;
static bool denied; /* by a verdict */

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	/* It goes into the ledger, also when it is refused. */
	if (work_order && !ident_is(IDENT_WORK_ORDER, span_of(work_order)))
		bad_usage("unable to use --work-order %s: it is no id such as WO-20260131-001", work_order);
	umask(022);
	lines = spool_new();
}

/* What was found on the way goes on. */
static void step(struct record *r)
{
	denied |= record_is(r, "verdict") && !record_true(r, "pass");
	if (record_is(r, "finding"))
		emit(r);
	else if (record_is(r, "plan") || record_is(r, "step"))
		spool_add(lines, r->line);
}

/* --- the plan --- */

/* What it is about goes into the ledger, also when it is refused: an entry that is none would stand there for ever. */
static const char *unnamed(void)
{
	static const char *const hashes[] = {"archive_hash", "manifest_hash", "document_hash"};
	struct span action = steps_text(&steps, "action");
	struct semver version;

	if (!span_is(action, "install") && !span_is(action, "upgrade") && !span_is(action, "remove"))
		return "it has no action";
	if (!ident_is(IDENT_PACKAGE, steps_text(&steps, "package_id")))
		return "it has no package_id";
	if (semver_parse(&version, steps_text(&steps, "version")))
		return "it has no version";
	for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++)
		if ((record_get(&steps.plan, hashes[i]) || (i == 0 && steps_bring(&steps))) &&
		    !record_hash_ok(steps_text(&steps, hashes[i])))
			return "it has a hash that is none";
	return NULL;
}

static void take_plan(void)
{
	const char *why = steps_read(&steps, lines);

	if (!why)
		why = unnamed();
	if (why)
		bad_input("unable to use the plan: %s", why);
	if (!span_eq(steps_text(&steps, "plan_hash"), (struct span){steps.hash, DIGEST_TEXT}))
		bad_input("unable to use the plan: it was changed since it was made, its plan_hash is another one");
}

static struct plan_ask plan_asked(int root)
{
	struct span action = steps_text(&steps, "action");
	struct plan_ask a = {.root = root, .root_path = filter_root(), .force = force, .lower_allowed = lower};

	a.action = span_is(action, "install") ? PLAN_INSTALL : span_is(action, "upgrade") ? PLAN_UPGRADE : PLAN_REMOVE;
	if (a.action == PLAN_REMOVE)
		a.remove_id = steps_text(&steps, "package_id");
	return a;
}

static enum action action_asked(void)
{
	struct span action = steps_text(&steps, "action");

	return span_is(action, "install")   ? ACTION_INSTALL
	       : span_is(action, "upgrade") ? ACTION_UPDATE
					    : ACTION_REMOVE;
}

/* --- carrying it out --- */

static void recovered(struct span txn, enum recovered how)
{
	(void)how;
	warn("an earlier change, %.*s, was interrupted: it was finished or undone first", (int)txn.n, txn.p);
}

static void refuse(int root, const char *why)
{
	struct tell_facts f = {.actor = buf_span(&who.user), .work_order_id = span_of(work_order ? work_order : "")};

	complain("unable to apply the plan of %.*s: %s", (int)steps_text(&steps, "package_id").n,
		 steps_text(&steps, "package_id").p, why);
	filter_raise(STATUS_NO);
	if (filter_dry_run())
		return;
	tell_failed(filter_root(), buf_cstr(&who.user), steps_text(&steps, "package_id"), steps_text(&steps, "version"),
		    &f, why);
	change_project(root, filter_root());
}

static enum txn_sync sync_asked(void)
{
	return !strcmp(sync_name, "none") ? TXN_NONE : !strcmp(sync_name, "files") ? TXN_FILES : TXN_SYNCFS;
}

static void change(int root, struct judge_answer *a, struct bundle *b)
{
	struct change c = {.root = root,
			   .root_path = filter_root(),
			   .author = buf_cstr(&who.user),
			   .lines = lines,
			   .steps = &steps,
			   .bundle = b,
			   .sync = sync_asked()};

	c.facts.actor = buf_span(&who.user);
	c.facts.work_order_id = span_of(work_order ? work_order : "");
	c.facts.signed_by = buf_span(&a->signed_by.signed_by);
	c.facts.signature = buf_span(&a->signed_by.signature);
	c.facts.note = buf_span(&a->note);
	change_run(&c);
}

static void judge(int root, struct bundle *b)
{
	struct judge_ask q = {.root = root,
			      .root_path = filter_root(),
			      .keyring = keyring,
			      .plan = plan_asked(root),
			      .work_order = work_order,
			      .replan = true,
			      .before_genesis = !who.provider.n,
			      .now = tell_now(filter_root())};
	struct judge_answer a;

	if (!judge_all(&a, &q, b))
		refuse(root, "it does not pass what every change must pass");
	else if (memcmp(a.plan.hash, steps.hash, DIGEST_TEXT) != 0)
		refuse(root, "the plane, or the package, is no longer what the plan was made for");
	else if (a.plan.nothing)
		warn("nothing to do: %.*s is installed already", (int)steps_text(&steps, "package_id").n,
		     steps_text(&steps, "package_id").p);
	else if (filter_dry_run())
		spool_emit(lines);
	else
		change(root, &a, b);
	judge_free(&a);
}

static void apply(int root)
{
	struct bundle b;
	int fd;

	if (!steps_bring(&steps)) {
		judge(root, NULL);
		return;
	}
	fd = judge_find(&b, root, &steps, steps_text(&steps, "archive_hash"));
	if (fd < 0) {
		refuse(root, "its archive is not in packages_store (cp-stage puts it there)");
		return;
	}
	judge(root, &b);
	bundle_free(&b);
	close(fd);
}

static void finish(bool complete)
{
	int root;

	if (!complete)
		return;
	take_plan();
	if (denied) {
		complain("unable to apply the plan: a verdict of the stream says no");
		filter_deny();
	}
	identity_authorise(&who, &ask, action_asked(), "apply the plan");
	root = effect_lock(wait_lock);
	if (!filter_dry_run())
		recover_all(root, filter_root(), author_name(NULL), keyring, recovered);
	apply(root);
	close(root);
	steps_free(&steps);
	spool_free(lines);
}

static const struct opt opts[] = {
	{.name = "work-order",
	 .value = "WO",
	 .summary = "the work order that allows it",
	 .kind = OPT_STR,
	 .target = &work_order},
	{.name = "keyring",
	 .value = "FILE",
	 .summary = "the keys that are believed ($HOME/.control_plane/trusted_keys.json)",
	 .kind = OPT_STR,
	 .target = &keyring},
	{.name = "force", .summary = "files that nobody owns give way, into quarantine", .target = &force},
	{.name = "lower", .summary = "install a version below one that was installed before", .target = &lower},
	{.name = "wait", .summary = "wait while somebody else changes the plane", .target = &wait_lock},
	{.name = "sync",
	 .value = "syncfs|files|none",
	 .summary = "how it is made to last; none is for tests",
	 .kind = OPT_CHOICE,
	 .target = &sync_name},
	IDENTITY_OPTS(ask),
	{0},
};

static const struct filter self = {
	.name = "cp-apply",
	.summary = "carry a plan out, wholly or not at all",
	.args = "",
	.reads = "plan step finding",
	.writes = "ack quarantined finding",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_ROOT | FILTER_DRY_RUN,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	secret_guard();
	return filter_main(argc, argv, &self);
}
