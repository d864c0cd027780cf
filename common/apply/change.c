#include "apply/change.h"

#include "apply/receipt.h"
#include "apply/stage.h"
#include "data/jsonw.h"
#include "tree/quarantine.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* --- behind the commit point --- */

void change_project(int root, const char *root_path)
{
	struct project p = {.root = root};

	if (project_run(&p, root_path, true))
		outputs_save(&p.outputs);
	project_free(&p);
}

void change_back(struct txn *t, const char *root_path)
{
	t->again = true;
	for (size_t i = t->steps->n; i-- > 0;)
		txn_undo(t, i);
	txn_unmake(t);
	quarantine_restore(t->root, t->id);
	change_project(t->root, root_path);
	txn_barrier(t);
	txn_forget(t);
	txn_drop(t);
}

static bool give_up(struct txn *t, const char *root_path, const char *author, const struct json *started,
		    const char *why)
{
	tell_aborted(root_path, author, started, why);
	change_back(t, root_path);
	return false;
}

/* False: a step has something in its way, and what was done is undone. */
static bool do_steps(struct txn *t, const char *root_path, const char *author, const struct json *started)
{
	const char *why = NULL;
	struct buf text = {0};
	size_t i = 0;
	int number;

	while (i < t->steps->n && !(why = txn_do(t, i)))
		i++;
	if (!why)
		return true;
	number = errno;
	buf_printf(&text, "%s %s", t->steps->step[i].path, why);
	if (number)
		buf_printf(&text, ": %s", strerror(number));
	complain("unable to finish: %s; what was done is undone", buf_cstr(&text));
	filter_raise(number ? STATUS_SYSTEM : STATUS_NO);
	give_up(t, root_path, author, started, buf_cstr(&text));
	buf_free(&text);
	return false;
}

bool change_settle(struct txn *t, const char *root_path, const struct receipt_entry *e)
{
	struct project p = {.root = t->root};
	bool good = project_run(&p, root_path, true);

	if (good) {
		p.outputs.unsynced = t->sync != TXN_FILES;
		p.outputs.together = t->sync == TXN_SYNCFS;
		outputs_save(&p.outputs);
		good = receipt_write(&p, steps_text(t->steps, "package_id"), e);
	}
	project_free(&p);
	if (!good)
		return false;
	txn_prune(t);
	txn_barrier(t);
	txn_drop(t);
	return true;
}

bool change_forward(struct txn *t, const char *root_path, const char *author, const struct json *started)
{
	struct receipt_entry e = {.said = started};
	struct book_ack ack;
	struct buf record = {0};
	struct json said = {0};
	bool good;

	if (!do_steps(t, root_path, author, started))
		return false;
	txn_barrier(t);
	buf_str(&record, "{\"kind\":\"ack\"");
	if (!tell_completed(root_path, author, t, started, &ack, &record)) {
		buf_free(&record);
		complain("unable to finish: the registries would not come out of it; what was done is undone");
		return give_up(t, root_path, author, started, "the registries would not come out of it");
	}
	buf_char(&record, '}');
	body_parse(&said, buf_span(&record));
	e.id = json_text(&said, json_get(&said, 0, "entry_id"));
	e.hash = (struct span){ack.hash, DIGEST_TEXT};
	e.timestamp = (struct span){ack.stamp, ENTRY_STAMP};
	good = change_settle(t, root_path, &e);
	if (good)
		emit_line(buf_span(&record));
	json_free(&said);
	buf_free(&record);
	return good;
}

/* --- before it --- */

/* From here on nobody stops us between two steps; staging looks whether somebody wants to. */
static void hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Files that nobody owns go where they can be fetched back from. */
static bool clear_occupied(struct txn *t)
{
	struct quarantine *q = NULL;
	uint64_t before = filter_findings();

	for (size_t i = 0; i < t->steps->n; i++) {
		if (!t->steps->step[i].occupied)
			continue;
		if (!q)
			q = quarantine_new(t->root, t->id, "it was in the way of a package");
		quarantine_add(q, span_of(t->steps->step[i].path));
	}
	if (q) {
		quarantine_run(q);
		quarantine_free(q);
	}
	return filter_findings() == before;
}

/* What is being staged, for a process that ends before it is committed: the room it takes may be all there is. */
static struct txn *uncommitted;

static void discard(void)
{
	if (uncommitted)
		txn_discard(uncommitted);
}

static const char *prepare(struct change *c, struct txn *t, struct buf *text)
{
	struct buf manifest = {0};
	const char *path = "", *why;

	/* Behind the commit point it is too late to say no. */
	why = receipt_blocked(c->root, steps_text(c->steps, "package_id"));
	if (c->bundle && !why)
		why = stage_manifest(&manifest, c->root, c->steps, c->bundle);
	if (!why && manifest.n)
		why = steps_add(c->steps, buf_span(&manifest));
	if (why) {
		buf_str(text, why);
	} else if ((why = txn_prepare(t, &path))) {
		buf_printf(text, "%s %s", path, why);
	} else {
		if (c->bundle)
			stage(t, c->bundle);
		txn_keep(t, c->lines, buf_span(&manifest));
	}
	buf_free(&manifest);
	return why ? buf_cstr(text) : NULL;
}

bool change_run(struct change *c)
{
	struct buf body = {0}, text = {0};
	struct json started = {0};
	struct txn t;
	const char *why;
	bool good = false;

	hold_signals();
	txn_begin(&t, c->root, c->steps, c->sync);
	uncommitted = &t;
	atexit(discard);
	why = prepare(c, &t, &text);
	if (why) {
		complain("unable to apply the plan: %s", why);
		filter_raise(STATUS_NO);
		txn_drop(&t);
	} else if (!clear_occupied(&t)) {
		quarantine_restore(c->root, t.id);
		txn_drop(&t);
	} else {
		txn_barrier(&t);
		stage_interrupted();
		uncommitted = NULL;
		tell_started_body(&body, &t, &c->facts);
		body_parse(&started, buf_span(&body));
		tell_started(c->root_path, c->author, buf_span(&body));
		good = change_forward(&t, c->root_path, c->author, &started);
	}
	uncommitted = NULL;
	txn_close(&t);
	json_free(&started);
	buf_free(&body);
	buf_free(&text);
	return good;
}
