#include "apply/recover.h"

#include "apply/change.h"
#include "apply/history.h"
#include "apply/judge.h"
#include "apply/receipt.h"
#include "apply/stage.h"
#include "identity/authorise.h"
#include "identity/choice.h"
#include "os/clock.h"
#include "tree/quarantine.h"

#include <unistd.h>

struct recovering {
	int root;
	const char *root_path, *author, *keyring;
	struct txn t;
	struct steps steps;
	struct history h;
	bool whole; /* its plan is there */
};

/* Is the plan that is there the one that was begun? */
static bool is_begun(struct recovering *r)
{
	return r->whole &&
	       span_eq(history_text(&r->h.started, "plan_hash"), (struct span){r->steps.hash, DIGEST_TEXT});
}

static enum recovered undo(struct recovering *r, const char *why)
{
	if (!r->h.aborted)
		tell_aborted(r->root_path, r->author, &r->h.started, why);
	change_back(&r->t, r->root_path);
	return RECOVERED_UNDONE;
}

static bool all_there(struct recovering *r)
{
	bool all = true;

	for (size_t i = 0; i < r->steps.n && all; i++)
		all = txn_has(&r->t, i);
	return all;
}

/* --- who began it, and by which order --- */

static enum action action_begun(const struct recovering *r)
{
	struct span action = steps_text(&r->steps, "action");

	return span_is(action, "install")   ? ACTION_INSTALL
	       : span_is(action, "upgrade") ? ACTION_UPDATE
					    : ACTION_REMOVE;
}

/* Whoever it was need not be there, but must still be one who may. */
static const char *judge_actor(struct recovering *r)
{
	const struct json *started = &r->h.started;
	struct span actor = history_text(started, "actor"), author = history_text(started, "author");
	struct buf why = {0};
	int64_t uid;
	bool may;

	if (!actor.n || !span_eq(actor, author) ||
	    !json_int(started, json_get(started, 0, "uid"), 0, UINT32_MAX, &uid)) {
		identity_deny("unable to go on with %s: its beginning is not by the actor that it names", r->t.id);
		return "its beginning is not by the actor that it names";
	}
	may = identity_may(r->root_path, actor, (uid_t)uid, action_begun(r), &why);
	if (!may)
		identity_deny("unable to go on with %s: %s", r->t.id, buf_cstr(&why));
	buf_free(&why);
	return may ? NULL : "who began it may not do that";
}

/* The order is asked as of when it was used: one that has expired meanwhile was good, one that was rejected is none. */
static const char *judge_order(struct recovering *r)
{
	const struct json *started = &r->h.started;
	struct order_answer answer;
	struct choice choice;
	struct order_ask q = {
		.work_order_id = history_text(started, "work_order_id"),
		.package_id = steps_text(&r->steps, "package_id"),
		.version = steps_text(&r->steps, "version"),
		.archive_hash = steps_bring(&r->steps) ? steps_text(&r->steps, "archive_hash") : (struct span){0},
		.plan_hash = (struct span){r->steps.hash, DIGEST_TEXT},
		.txn = span_of(r->t.id),
		.keyring = r->keyring,
	};
	bool good;

	if (!clock_parse(history_text(started, "timestamp"), &q.now))
		return "it does not say when it was begun";
	choice_read(&choice, r->root_path);
	q.development = choice.pins.development;
	q.before_genesis = !choice.sealed;
	good = admit_order(r->root, r->root_path, &q, &answer);
	buf_free(&answer.approver);
	buf_free(&answer.signed_by);
	choice_free(&choice);
	return good ? NULL : "no work order allows it";
}

/* --- what it brings --- */

/* Judges the package that was begun once more, and brings what is missing of it. NULL, or why it is undone. */
static const char *judge_again(struct recovering *r)
{
	struct judge_ask ask = {.root = r->root,
				.root_path = r->root_path,
				.keyring = r->keyring,
				.now = tell_now(r->root_path)};
	struct judge_answer answer;
	struct bundle b;
	const char *why = NULL;
	int fd;

	if (!steps_bring(&r->steps))
		return NULL;
	r->t.again = true;
	fd = judge_find(&b, r->root, &r->steps, history_text(&r->h.started, "archive_hash"));
	if (fd < 0)
		return "its archive is not in packages_store any more";
	if (!judge_all(&answer, &ask, &b))
		why = "its package would not be let in";
	else if (!all_there(r))
		stage_missing(&r->t, &b);
	judge_free(&answer);
	bundle_free(&b);
	close(fd);
	return why;
}

static enum recovered finish(struct recovering *r)
{
	const char *why = judge_actor(r);

	if (!why)
		why = judge_order(r);
	if (!why)
		why = judge_again(r);
	if (why)
		return undo(r, why);
	r->t.again = true;
	return change_forward(&r->t, r->root_path, r->author, &r->h.started) ? RECOVERED_FINISHED : RECOVERED_UNDONE;
}

static enum recovered settle(struct recovering *r)
{
	const struct json *said = &r->h.completed;
	struct receipt_entry e = {.said = said,
				  .id = history_text(said, "entry_id"),
				  .hash = history_text(said, "entry_hash"),
				  .timestamp = history_text(said, "timestamp")};

	if (r->whole && !change_settle(&r->t, r->root_path, &e))
		bad_input("unable to recover %s: the registries do not come out of the ledger", r->t.id);
	if (!r->whole)
		txn_drop(&r->t);
	return RECOVERED_SETTLED;
}

static enum recovered recover(struct recovering *r)
{
	if (r->h.completed.n)
		return settle(r);
	if (!r->h.started.n || (r->h.aborted && !r->whole)) {
		quarantine_restore(r->root, r->t.id);
		txn_drop(&r->t);
		return RECOVERED_DROPPED;
	}
	if (!is_begun(r))
		bad_input("unable to recover %s: its plan is not there, or not the one that was begun", r->t.id);
	return r->h.aborted ? undo(r, NULL) : finish(r);
}

void recover_all(int root, const char *root_path, const char *author, const char *keyring,
		 void (*told)(struct span txn, enum recovered how))
{
	struct txn_list l;
	bool mend;

	txn_list(&l, root);
	mend = l.n || effect_poisoned(root);
	if (mend)
		tell_mend(root_path, author);
	for (size_t i = 0; i < l.n; i++) {
		struct recovering r = {.root = root, .root_path = root_path, .author = author, .keyring = keyring};
		const char *why = txn_open(&r.t, root, l.name[i], &r.steps, &r.whole);

		if (why)
			bad_input("unable to recover .cp/txn/%s: it %s", l.name[i], why);
		history_read(&r.h, root_path, span_of(r.t.id));
		told(span_of(r.t.id), recover(&r));
		history_free(&r.h);
		txn_close(&r.t);
		steps_free(&r.steps);
	}
	/* What a dead writer left at the ledger's end may be an entry more. */
	if (mend)
		change_project(root, root_path);
	txn_list_free(&l);
}
