#include "registry/internal.h"

#include "audit/verify.h"
#include "filter/filter.h"
#include "filter/share.h"

#include <errno.h>
#include <unistd.h>

/* One ledger on its way. */
struct replay {
	struct projecting *p;
	enum projection_ledger which;
	enum ledger_type type;
	struct project_ledger *at;
	struct entry entry;
	const char *path;
	int schemas;
};

static void fault(void *ctx, enum code code, enum severity severity, const struct finding_place *place,
		  const char *detail)
{
	struct replay *r = ctx;

	r->p->faults += severity == SEVERITY_ERROR;
	finding_at(code, severity, place, "%s", detail);
}

static void opened(void *ctx, struct check *c, const struct opening *o)
{
	struct replay *r = ctx;

	(void)c;
	buf_reset(&r->at->name);
	buf_span_add(&r->at->name, o->ledger);
	buf_reset(&r->at->tier);
	buf_span_add(&r->at->tier, o->tier);
	if (o->type == r->type)
		return;
	fault(r, CODE_GENESIS, SEVERITY_ERROR, &(struct finding_place){r->path, 1, -1},
	      r->type == L_PACKAGE ? "it is no ledger of packages" : "it is no ledger of intents");
}

/* A ledger that does not hold is replayed to its end all the same: what comes of it is not used. */
static void collected(void *ctx, struct span line)
{
	struct replay *r = ctx;
	const char *why;

	if (r->p->faults || entry_read(&r->entry, line))
		return;
	why = projection_entry(r->p->state, r->which, &r->entry.json);
	if (why)
		fault(r, CODE_EVENT, SEVERITY_ERROR, &(struct finding_place){r->path, 0, r->entry.seq}, why);
}

static void replay(struct replay *r)
{
	struct check_ask ask = {.profile = PROFILE_V1, .tree = true, .schemas = r->schemas, .ctx = r,
				.fault = fault, .opened = opened, .collect = "", .collected = collected};
	struct progress none = {0};
	struct verified v;

	if (r->p->out->pending && r->which == LEDGER_PACKAGES)
		verify_ledger_locked(r->path, &ask, &none, &v);
	else
		verify_ledger(r->path, &ask, &none, &v);
	r->at->size = v.result.size;
	if (v.result.have_root)
		digest_text(v.result.root, r->at->root);
	if (v.result.have_head)
		digest_text(v.result.head, r->at->head);
	if (!r->p->faults && (!v.result.have_root || !v.result.have_head || !v.result.whole))
		fault(r, CODE_GENESIS, SEVERITY_ERROR, &(struct finding_place){r->path, 0, -1},
		      "it does not begin with GENESIS");
	verify_end(&v);
	entry_free(&r->entry);
}

/* What is not in the ledger yet: it must fit what is. */
static void replay_pending(struct replay *r)
{
	const char *why = NULL;

	if (r->p->out->pending && !r->p->faults)
		why = projection_entry(r->p->state, r->which, r->p->out->pending);
	if (why)
		fault(r, CODE_EVENT, SEVERITY_ERROR, &(struct finding_place){r->path, 0, -1}, why);
}

bool replay_ledgers(struct projecting *p)
{
	struct buf path = {0};
	int schemas = share_schemas();
	struct replay r = {.p = p, .which = LEDGER_PACKAGES, .type = L_PACKAGE, .at = &p->out->packages,
			   .schemas = schemas};

	buf_printf(&path, "%s/ledger/packages.jsonl", p->out->root_path);
	r.path = buf_cstr(&path);
	replay(&r);
	replay_pending(&r);
	buf_reset(&path);
	buf_printf(&path, "%s/ledger/governance.jsonl", p->out->root_path);
	if (access(buf_cstr(&path), F_OK) == 0) {
		r = (struct replay){.p = p, .which = LEDGER_INTENT, .type = L_INTENT, .at = &p->out->intent,
				    .path = buf_cstr(&path), .schemas = schemas};
		replay(&r);
	} else if (errno != ENOENT) {
		sys_fail(errno, "unable to look for the ledger %s", buf_cstr(&path));
	}
	close(schemas);
	buf_free(&path);
	return !p->faults;
}
