#include "admit/installed.h"

#include "admit/signature.h"
#include "bundle/bundle.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "registry/manifests.h"

#include <unistd.h>

struct asking {
	const struct installed_ask *ask;
	struct admit_trust trust;
	uint64_t judged;
};

/* The package's record, as whoever admitted it saw it. NULL, or why it is none. */
static const char *describe(struct record *r, struct spool *lines, int fd, const struct known *k)
{
	struct buf members = {0};
	struct span line;
	const char *why;

	if (k->text[K_ARCHIVE_HASH])
		buf_printf(&members, "\"archive_hash\":\"%s\"", k->text[K_ARCHIVE_HASH]);
	why = bundle_declared(lines, fd, buf_span(&members));
	buf_free(&members);
	if (why)
		return why;
	spool_rewind(lines);
	return spool_next(lines, &line) ? record_parse(r, line) : "has no record";
}

/* Is it the signature that was let in? */
static void judge_signer(const struct asking *a, const struct known *k, const struct admit_signed *is,
			 struct span where)
{
	if (k->text[K_SIGNED_BY] && is->signed_by.n && !span_is(buf_span(&is->signed_by), k->text[K_SIGNED_BY]))
		finding_in(CODE_SIGNATURE, a->ask->only_tell ? SEVERITY_WARNING : SEVERITY_ERROR, where, 0,
			   "the ledger says that it came signed by %s", k->text[K_SIGNED_BY]);
}

static void judge(struct asking *a, const struct known *k, int fd, struct span where)
{
	const struct admit_signature_terms terms = {.keyring = a->ask->keyring,
						    .root = a->ask->root,
						    .root_path = a->ask->root_path,
						    .allow_unsigned = !k->text[K_SIGNED_BY],
						    .now = a->ask->now,
						    .trust = &a->trust,
						    .where = where,
						    .only_tell = a->ask->only_tell};
	struct spool *lines = spool_new();
	struct record r = {0};
	struct admit_signature *signature;
	struct admit_signed is = {0};

	/* One that is no manifest was found when the ledger's hash of it was asked for. */
	if (!describe(&r, lines, fd, k)) {
		signature = admit_signature_new(&terms);
		admit_signature_add(signature, &r);
		admit_signature_end(signature, &is);
		judge_signer(a, k, &is, where);
		a->judged++;
	}
	buf_free(&is.signed_by);
	buf_free(&is.signature);
	record_free(&r);
	spool_free(lines);
}

static void each(void *ctx, struct known *k)
{
	struct asking *a = ctx;
	struct buf path = {0};
	int fd;

	if (k->state != KNOWN_INSTALLED || (a->ask->signed_only && !k->text[K_SIGNED_BY]) ||
	    (a->ask->but.n && span_is(a->ask->but, k->text[K_ID])))
		return;
	fd = manifest_open(a->ask->root, k, &path);
	if (fd >= 0) {
		err_place(buf_cstr(&path), 0);
		judge(a, k, fd, buf_span(&path));
		err_place(NULL, 0);
		close(fd);
	}
	buf_free(&path);
}

uint64_t installed_signatures(const struct installed_ask *ask, struct projection *state)
{
	struct asking a = {.ask = ask};

	projection_each(state, OF_PACKAGES, each, &a);
	admit_trust_free(&a.trust);
	return a.judged;
}
