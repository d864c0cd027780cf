#include "plan/internal.h"

#include "catalog/list.h"
#include "catalog/resolve.h"
#include "data/semver.h"
#include "registry/manifests.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define LEDGER "ledger/packages.jsonl"

/* --- the ledger, and the manifest that it vouches for --- */

static void take_vouched(void *ctx, const struct manifest *m, const struct manifest_asset *a)
{
	struct planning *p = ctx;
	struct buf target = {0};
	struct plan_file *f;
	bool owned;

	/* A path that is none is in no registry: that it is missed there will be told. */
	if (!manifest_target(&target, m, a, &owned) && owned && !memchr(target.p, '\0', target.n)) {
		f = plan_file_add(&p->vouched, plan_plane(a->text[A_PLANE]), buf_span(&target));
		f->mode = a->mode;
		f->source = xstrndup(a->text[A_SOURCE].p, a->text[A_SOURCE].n);
		digest_parse(a->text[A_HASH], f->sum);
	}
	buf_free(&target);
}

bool installed_read(struct planning *p)
{
	struct manifest_sums sums;
	struct manifest m = {.json = NULL};
	struct stat st;
	bool good;

	if (fstatat(p->ask.root, LEDGER, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			sys_fail(errno, "unable to look for the ledger %s", LEDGER);
		bad_input("unable to plan: the plane has no %s, so nothing vouches for what is installed (cp-genesis "
			  "begins one)", LEDGER);
	}
	p->project.root = p->ask.root;
	good = project_replay(&p->project, p->ask.root_path);
	if (good)
		p->known = projection_find(p->project.state, OF_PACKAGES, plan_id(p));
	if (good && p->known && p->known->state == KNOWN_INSTALLED) {
		good = manifest_of(p->ask.root, p->known, &m, &sums, take_vouched, p);
		if (good)
			buf_span_add(&p->type, m.text[M_TYPE]);
		if (good && span_is(m.text[M_TYPE], "framework"))
			buf_span_add(&p->framework, m.text[M_FRAMEWORK]);
		manifest_free(&m);
	}
	p->faults += !good;
	return good;
}

/* --- versions --- */

static bool is_installed(const struct planning *p)
{
	return p->known && p->known->state == KNOWN_INSTALLED;
}

static int compare_versions(struct span a, const char *b)
{
	struct semver x, y;

	if (semver_parse(&x, a) || semver_parse(&y, span_of(b)))
		bad_input("unable to plan: a version is none");
	return semver_cmp(&x, &y);
}

/* Does the ledger's entry say the same of it? What it does not say it does not deny. */
static bool agrees(const struct planning *p, const char *key, enum known_text t)
{
	struct buf room = {0};
	struct span text;
	bool same = !p->known->text[t] ||
		    (record_str(&p->package, key, &text, &room) && span_is(text, p->known->text[t]));

	buf_free(&room);
	return same;
}

static bool is_same(const struct planning *p)
{
	return span_is(p->manifest.text[M_VERSION], p->known->text[K_VERSION]) &&
	       agrees(p, "manifest_hash", K_MANIFEST_HASH) && agrees(p, "document_hash", K_DOCUMENT_HASH) &&
	       agrees(p, "archive_hash", K_ARCHIVE_HASH);
}

static void judge_lower(struct planning *p)
{
	struct span version = p->manifest.text[M_VERSION];
	const struct known *k = p->known;

	if (!k || !k->text[K_HIGHEST] || p->ask.lower_allowed)
		return;
	if (compare_versions(version, k->text[K_HIGHEST]) < 0)
		plan_fault(p, CODE_VERSION, NULL, "%s %.*s is below %s, which was installed once", k->text[K_ID],
			   (int)version.n, version.p, k->text[K_HIGHEST]);
	else if (k->state == KNOWN_UNINSTALLED && span_is(version, k->text[K_VERSION]) && !is_same(p))
		plan_fault(p, CODE_VERSION, NULL, "%s %s was installed once with other content", k->text[K_ID],
			   k->text[K_VERSION]);
}

static void judge_install(struct planning *p)
{
	struct span version = p->manifest.text[M_VERSION];
	const struct known *k = p->known;

	if (k && k->state == KNOWN_ADOPTED)
		plan_fault(p, CODE_CONFLICT, NULL, "%s is an owner by adoption, and cannot be installed",
			   k->text[K_ID]);
	else if (!is_installed(p))
		judge_lower(p);
	else if (is_same(p))
		p->nothing = true;
	else if (span_is(version, k->text[K_VERSION]))
		plan_fault(p, CODE_VERSION, NULL, "%s %s is installed already, with other content", k->text[K_ID],
			   k->text[K_VERSION]);
	else
		plan_fault(p, CODE_VERSION, NULL, "%s %s is installed already: use --upgrade", k->text[K_ID],
			   k->text[K_VERSION]);
}

static bool may_drop(const struct planning *p)
{
	const struct json *j = &p->whole;
	uint32_t policy = json_get(j, 0, "upgrade_policy");
	uint32_t allowed = policy ? json_get(j, policy, "allow_asset_removal") : 0;

	return allowed && j->node[allowed].type == JSON_TRUE;
}

static void judge_upgrade(struct planning *p)
{
	struct span version = p->manifest.text[M_VERSION];
	const struct known *k = p->known;

	if (!is_installed(p))
		return;
	if (compare_versions(version, k->text[K_VERSION]) <= 0)
		plan_fault(p, CODE_VERSION, NULL, "%.*s is not newer than %s, which is installed", (int)version.n,
			   version.p, k->text[K_VERSION]);
	else
		judge_lower(p);
	for (size_t i = 0; i < p->owned.n && !may_drop(p); i++)
		if (!plan_file_find(&p->wanted, &p->owned.item[i]))
			plan_fault(p, CODE_REMOVAL, &p->owned.item[i], "the new version has no such file, and "
				   "upgrade_policy.allow_asset_removal is not true");
}

/* --- what needs what --- */

struct needs {
	struct planning *p;
	struct resolve *all;
	struct buf dependents, list, target;
};

static void fault(void *ctx, enum code code, uint32_t node, const char *detail)
{
	struct needs *n = ctx;

	(void)node;
	plan_fault(n->p, code, NULL, "%s", detail);
}

static void bad_piece(void *ctx, const char *what, struct span text, const char *why)
{
	struct needs *n = ctx;

	plan_fault(n->p, CODE_FIELD, NULL, "%s %.*s %s", what, (int)text.n, text.p, why);
}

static void add_links(struct needs *n, const struct manifest *m)
{
	const uint32_t node[] = {[RESOLVE_DEPENDS] = m->dependencies, [RESOLVE_CONFLICTS] = m->conflicts};

	for (int kind = RESOLVE_DEPENDS; kind <= RESOLVE_CONFLICTS; kind++)
		if (!resolve_array(n->all, (enum resolve_kind)kind, m->json, node[kind], bad_piece, n))
			plan_fault(n->p, CODE_MANIFEST, NULL, "the dependencies or conflicts of %.*s are no array of "
				   "packages", (int)m->text[M_ID].n, m->text[M_ID].p);
}

/* Does it need the package that goes, or the framework that goes with it? */
static bool depends(struct needs *n, const struct manifest *m)
{
	struct span rest, id, range, gone = plan_id(n->p), framework = buf_span(&n->p->framework);

	buf_reset(&n->list);
	manifest_list(&n->list, m, m->dependencies);
	rest = buf_span(&n->list);
	while (list_next(&rest, &id, &range))
		if (span_eq(id, gone))
			return true;
	return framework.n && span_eq(m->text[M_REQUIRES], framework);
}

/* Not every plane's registry has its hash in the ledger, but each manifest has: a row that was taken out of one frees
 * no target. */
static void claim(void *ctx, const struct manifest *m, const struct manifest_asset *a)
{
	struct needs *n = ctx;
	struct plan_file key = {.plane = plan_plane(a->text[A_PLANE])}, *f;
	bool owned;

	buf_reset(&n->target);
	if (!n->p->wanted.n || manifest_target(&n->target, m, a, &owned) || !owned)
		return;
	key.path = (char *)(uintptr_t)buf_cstr(&n->target);
	f = plan_file_find(&n->p->wanted, &key);
	if (!f || f->outside || f->owner)
		return;
	f->owner = xstrndup(m->text[M_ID].p, m->text[M_ID].n);
	plan_fault(n->p, CODE_DUPLICATE, f, "it is owned by %s, as its manifest says", f->owner);
}

static void add_other(void *ctx, struct known *k)
{
	struct needs *n = ctx;
	struct manifest m = {.json = NULL};
	struct manifest_sums sums;

	if (k->state != KNOWN_INSTALLED || k == n->p->known)
		return;
	if (!manifest_of(n->p->ask.root, k, &m, &sums, claim, n)) {
		n->p->faults++;
	} else if (n->p->ask.action == PLAN_REMOVE) {
		if (depends(n, &m))
			buf_printf(&n->dependents, "%s%s", n->dependents.n ? ", " : "", k->text[K_ID]);
	} else {
		resolve_add(n->all, m.text[M_ID], m.text[M_VERSION]);
		add_links(n, &m);
	}
	manifest_free(&m);
}

static void judge_needs(struct planning *p)
{
	struct needs n = {.p = p};
	uint32_t count;

	n.all = resolve_new(fault, &n);
	projection_each(p->project.state, OF_PACKAGES, add_other, &n);
	if (p->ask.action != PLAN_REMOVE) {
		resolve_add(n.all, p->manifest.text[M_ID], p->manifest.text[M_VERSION]);
		add_links(&n, &p->manifest);
		resolve_run(n.all, &count);
	}
	if (n.dependents.n)
		plan_fault(p, CODE_DEPENDENCY, NULL, "Cannot uninstall: dependent packages exist: %s",
			   buf_cstr(&n.dependents));
	resolve_free(n.all);
	buf_free(&n.dependents);
	buf_free(&n.list);
	buf_free(&n.target);
}

void installed_judge(struct planning *p)
{
	struct span id = plan_id(p);

	if (p->ask.action != PLAN_INSTALL && !is_installed(p))
		plan_fault(p, CODE_MISSING, NULL, "%.*s is not installed", (int)id.n, id.p);
	if (p->ask.action == PLAN_INSTALL)
		judge_install(p);
	else if (p->ask.action == PLAN_UPGRADE)
		judge_upgrade(p);
	judge_needs(p);
}
