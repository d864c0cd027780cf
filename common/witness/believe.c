#include "witness/believe.h"

#include "audit/evidence.h"
#include "audit/seen.h"
#include "audit/verify.h"
#include "base/crew.h"
#include "filter/filter.h"
#include "filter/share.h"

#include <errno.h>
#include <unistd.h>

struct believing {
	const struct believe *ask;
	struct evidence evidence;
};

static void fault(void *ctx, enum code code, enum severity severity, const struct finding_place *place,
		  const char *detail)
{
	(void)ctx;
	if (severity != SEVERITY_ERROR)
		return;
	err_place(place ? place->source : NULL, place ? place->line : 0);
	bad_input("unable to trust the ledger: %s: %s", code_name(code), detail ? detail : code_text(code));
}

static _Noreturn void distrust(const struct believing *b, const char *why)
{
	err_place(b->ask->path, 0);
	bad_input("unable to trust the ledger: %s", why);
}

static void check_opening(const struct believing *b, const struct opening *o)
{
	struct span plane;

	/* One that names no plane may be of any. */
	if (b->ask->plane_uid.n && entry_text(&o->entry.json, 0, "plane_uid", &plane) &&
	    !span_eq(plane, b->ask->plane_uid))
		distrust(b, "it is another plane's");
	if (b->ask->type && o->type != b->ask->type)
		distrust(b, "it is of another type than it should be");
}

/* What an earlier check saw must still be in it: whoever writes it anew gives it other times. */
static void opened(void *ctx, struct check *c, const struct opening *o)
{
	struct believing *b = ctx;
	struct evidence_item *i;
	struct seen seen = {.known = false};

	if (o->kind == OPENING_GENESIS) {
		check_opening(b, o);
		if (b->ask->named)
			b->ask->named(b->ask->ctx, o->ledger);
		seen_read(&seen, o);
	}
	if (seen.known) {
		i = evidence_add(&b->evidence, LEVEL_LOCAL, "an earlier check", seen.size);
		i->has_head = digest_parse((struct span){seen.head, DIGEST_TEXT}, i->head);
	}
	evidence_want(&b->evidence, c);
}

static void resolved(void *ctx, uint64_t size, const unsigned char *head, const unsigned char *root)
{
	struct believing *b = ctx;

	evidence_resolved(&b->evidence, size, head, root);
}

static void collected(void *ctx, struct span line)
{
	struct believing *b = ctx;

	b->ask->entry(b->ask->ctx, line);
}

void believe_ledger(const struct believe *ask)
{
	struct believing b = {.ask = ask};
	struct progress progress = {0};
	struct verified v;
	const struct check_ask check = {
		.profile = PROFILE_V1,
		.schemas = ask->schemas,
		.jobs = crew_jobs(),
		.ctx = &b,
		.fault = fault,
		.opened = opened,
		.resolved = resolved,
		.collect = "",
		.collected = collected,
	};

	verify_ledger(ask->path, &check, &progress, &v);
	if (!v.result.whole)
		distrust(&b, "it does not begin at GENESIS");
	evidence_judge(&b.evidence, &v.result, &check, ask->path);
	verify_end(&v);
	evidence_free(&b.evidence);
	err_place(NULL, 0);
}

bool believe_of_plane(struct believe *b, const char *root_path, const char *name)
{
	struct buf path = {0};
	bool there;

	buf_printf(&path, "%s/%s", root_path, name);
	b->path = buf_cstr(&path);
	there = access(b->path, F_OK) == 0;
	if (!there && errno != ENOENT && errno != ENOTDIR)
		sys_fail(errno, "unable to look for the ledger %s", b->path);
	if (there) {
		b->schemas = share_schemas();
		believe_ledger(b);
		close(b->schemas);
	}
	buf_free(&path);
	return there;
}
