#include "apply/judge.h"

#include "admit/brings.h"
#include "bundle/judge.h"
#include "data/ident.h"
#include "filter/filter.h"
#include "ledger/pins.h"
#include "os/beneath.h"
#include "os/env.h"
#include "plan/planned.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- the archive --- */

/* Is it a file that comes to that hash? Only names end in .tar.gz are asked. */
static bool is_archive(struct digest *d, int fd, struct span hash)
{
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	if (digest_fd(d, fd, sum, NULL) != 0)
		sys_fail(errno, "unable to read an archive of packages_store");
	digest_text(sum, text);
	return span_eq(hash, (struct span){text, DIGEST_TEXT});
}

static bool ends_well(const char *name)
{
	size_t n = strlen(name), end = strlen(".tar.gz");

	return n > end && strcmp(name + n - end, ".tar.gz") == 0;
}

/* The descriptor of what has that name, if its hash is the wanted one, or -1. */
static int try(int store, const char *name, struct digest *digest, struct span hash)
{
	int fd = openat(store, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || is_archive(digest, fd, hash))
		return fd;
	close(fd);
	return -1;
}

/* As cp-stage names it. What is in the way of that is no error: it is looked for among all. */
static int try_name(int store, const struct steps *s, struct digest *digest, struct span hash)
{
	struct span id = steps_text(s, "package_id"), version = steps_text(s, "version");
	struct buf name = {0};
	int fd = -1;

	if (ident_is(IDENT_PACKAGE, id) && version.n && !memchr(version.p, '/', version.n) &&
	    !memchr(version.p, '\0', version.n)) {
		buf_printf(&name, "%.*s_%.*s.tar.gz", (int)id.n, id.p, (int)version.n, version.p);
		fd = try(store, buf_cstr(&name), digest, hash);
	}
	buf_free(&name);
	return fd;
}

/* The descriptor of the archive of that hash, or -1. */
static int find(int store, const struct steps *s, struct span hash)
{
	struct digest *digest = digest_new();
	int found = try_name(store, s, digest, hash);
	DIR *d = fdopendir(store);
	struct dirent *e;

	if (!d)
		sys_fail(errno, "unable to read packages_store");
	while (found < 0 && (e = readdir(d)))
		if (ends_well(e->d_name))
			found = try(store, e->d_name, digest, hash);
	closedir(d);
	digest_free(digest);
	return found;
}

int judge_find(struct bundle *b, int root, const struct steps *s, struct span archive_hash)
{
	int store = beneath_open(root, SPAN("packages_store"), O_RDONLY | O_DIRECTORY, 0), fd;
	const char *why;

	if (store < 0 && errno != ENOENT)
		sys_fail(errno, "unable to open packages_store");
	fd = store < 0 ? -1 : find(store, s, archive_hash);
	if (fd < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		sys_fail(errno, "unable to read an archive of packages_store");
	why = bundle_read(b, fd, SPAN("packages_store"));
	/* What it hashed to a moment ago is not what counts, but what was read. */
	if (!why && span_eq(archive_hash, (struct span){b->archive_hash, DIGEST_TEXT}))
		return fd;
	complain("unable to use the archive in packages_store: it %s", why ? why : "changed while it was read");
	bundle_free(b);
	close(fd);
	return -1;
}

/* --- the package --- */

struct judges {
	struct package_judge *content;
	struct admit_law *law;
	struct admit_signature *signature;
	struct planning *plan;
};

static void tell(struct judges *j, struct spool *lines)
{
	struct record r = {0};
	struct span line;

	spool_rewind(lines);
	while (spool_next(lines, &line)) {
		if (record_parse(&r, line))
			bad_input("unable to judge the package: it has a record that is none");
		package_judge_add(j->content, &r);
		admit_law_add(j->law, &r);
		admit_signature_add(j->signature, &r);
		if (j->plan)
			plan_add(j->plan, &r);
	}
	record_free(&r);
}

static void tell_law(void *ctx, enum admit_document what, struct span text, const char *path)
{
	admit_law_document(ctx, what, text, path);
}

static void judge_package(struct judge_answer *out, const struct judge_ask *ask, struct bundle *b, struct judges *j)
{
	struct admit_signature_terms terms = {.keyring = ask->keyring,
					      .root = ask->root,
					      .root_path = ask->root_path,
					      .allow_unsigned = env_allow_unsigned(),
					      .now = ask->now};

	j->content = package_judge_new();
	j->law = admit_law_new(ask->root_path);
	j->signature = admit_signature_new(&terms);
	brings_law(b, tell_law, j->law);
	tell(j, b->declared);
	tell(j, b->members);
	package_judge_end(j->content);
	admit_law_end(j->law);
	admit_signature_end(j->signature, &out->signed_by);
}

static void judge_order(struct judge_answer *out, const struct judge_ask *ask)
{
	const struct plan *p = &out->plan;
	struct pins pins = {0};
	struct order_ask q = {
		.work_order_id = span_of(ask->work_order ? ask->work_order : ""),
		.package_id = buf_span(&p->package_id),
		.version = buf_span(&p->version),
		.plan_hash = (struct span){p->hash, DIGEST_TEXT},
		.keyring = ask->keyring,
		.before_genesis = ask->before_genesis,
		.now = ask->now,
	};

	/* An order for an archive lets nothing go. */
	if (p->action != PLAN_REMOVE)
		q.archive_hash = buf_span(&p->archive_hash);
	/* Its entry names one, always (004 section 10). */
	if (p->action == PLAN_UPGRADE && !q.work_order_id.n && q.before_genesis)
		finding(CODE_ORDER, (struct span){0}, "no work order is given, and the entry of an upgrade names one");
	pins_read(&pins, ask->root);
	q.development = pins.development;
	admit_order(ask->root, ask->root_path, &q, &out->order);
	pins_free(&pins);
}

static void judge_planned(struct judge_answer *out, const struct judge_ask *ask, struct bundle *b)
{
	const struct planned_ask q = {.root = ask->root,
				      .root_path = ask->root_path,
				      .keyring = ask->keyring,
				      .now = ask->now,
				      .plan = &out->plan,
				      .bundle = b};

	planned_judge(&q);
}

static void note(struct judge_answer *out, bool is, const char *what)
{
	if (is)
		buf_printf(&out->note, "%s%s", out->note.n ? "; " : "", what);
}

bool judge_all(struct judge_answer *out, const struct judge_ask *ask, struct bundle *b)
{
	uint64_t before = filter_findings();
	struct judges j = {0};

	*out = (struct judge_answer){.plan = {0}};
	if (ask->replan)
		j.plan = plan_new(&ask->plan);
	if (b)
		judge_package(out, ask, b, &j);
	if (ask->replan && plan_end(j.plan, &out->plan) && !out->plan.nothing) {
		judge_order(out, ask);
		judge_planned(out, ask, b);
	}
	note(out, out->signed_by.is_unsigned, "unsigned");
	note(out, out->signed_by.is_unbound, "unbound, by waiver");
	note(out, out->order.unproven, "a work order that nobody approved, in a plane for development");
	return filter_findings() == before;
}

void judge_free(struct judge_answer *out)
{
	plan_free(&out->plan);
	buf_free(&out->signed_by.signed_by);
	buf_free(&out->signed_by.signature);
	buf_free(&out->order.approver);
	buf_free(&out->order.signed_by);
	buf_free(&out->note);
}
