#include "law/chain.h"

#include "law/spec.h"

#define BRIEF(s) (int)law_brief(s).n, law_brief(s).p

/* NULL, or the status of a document that is not in force. */
static const char *not_active(const struct law_doc *d, struct buf *scratch)
{
	struct span status = law_string(d, "status", scratch);

	if (span_is(status, "active"))
		return NULL;
	return span_is(status, "draft")	       ? "draft"
	       : span_is(status, "deprecated") ? "deprecated"
					       : "of no status that is known";
}

struct law_doc *chain_spec(struct lawbook *b, struct span spec, struct span path, const struct law_ends *e)
{
	struct law_doc *s = lawbook_find(b, LAW_SPEC, spec), *f = NULL;
	struct buf scratch = {0}, id_text = {0};
	struct span id;
	const char *why;

	if (!s) {
		law_say(e, CODE_CHAIN, path, 0, "Unknown spec owner: there is no spec %.*s", BRIEF(spec));
		return NULL;
	}
	id = law_string(s, "framework_id", &id_text);
	why = not_active(s, &scratch);
	if (why)
		law_say(e, CODE_CHAIN, path, 0, "Broken chain: the spec %.*s is %s", BRIEF(spec), why);
	else if (!id.n)
		law_say(e, CODE_CHAIN, path, 0, "Broken chain: the spec %.*s names no framework", BRIEF(spec));
	else if (!(f = lawbook_find(b, LAW_FRAMEWORK, id)))
		law_say(e, CODE_CHAIN, path, 0, "Broken chain: %.*s is under %.*s, and there is no such framework",
			BRIEF(spec), BRIEF(id));
	else if ((why = not_active(f, &scratch))) {
		law_say(e, CODE_CHAIN, path, 0, "Broken chain: %.*s is under %.*s, which is %s", BRIEF(spec),
			BRIEF(id), why);
		f = NULL;
	}
	buf_free(&scratch);
	buf_free(&id_text);
	return f;
}

static bool allowed(const struct law_doc *framework, const struct chain_file *f, const struct law_ends *e)
{
	const struct authority_ids ids = {
		.id = {[IDENT_PACKAGE] = f->package, [IDENT_SPEC] = f->spec, [IDENT_FRAMEWORK] = framework->id}};

	if (law_allows(framework, f->path, &ids, NULL, NULL) >= 0)
		return true;
	law_say(e, CODE_UNAUTHORIZED, f->path, 0, "no path authorization of %.*s allows it", BRIEF(framework->id));
	return false;
}

/* Is the path DIR/ID/REST, and what is REST? */
static bool beneath(struct span path, const char *dir, struct span id, struct span *rest)
{
	size_t n = strlen(dir);

	if (!id.n || path.n < n + id.n + 2 || memcmp(path.p, dir, n) != 0 ||
	    memcmp(path.p + n, id.p, id.n) != 0 || path.p[n + id.n] != '/')
		return false;
	*rest = (struct span){path.p + n + id.n + 1, path.n - n - id.n - 1};
	return true;
}

bool chain_is_beneath(struct span path, const char *dir, struct span id)
{
	struct span rest;

	return beneath(path, dir, id, &rest) && !memchr(rest.p, '/', rest.n);
}

/* A document has its place by its id (004 section 5); it says what others may own, not that it is there itself. */
static bool is_spec_document(struct span path, struct span spec)
{
	struct span rest;

	return beneath(path, "specs/", spec, &rest) && span_is(rest, "manifest.yaml");
}

static bool is_law_document(struct span path, const struct chain_package *p)
{
	return span_is(p->type, "framework") && chain_is_beneath(path, "frameworks/", p->framework_id);
}

bool chain_file(struct lawbook *b, const struct chain_file *f, const struct law_ends *e)
{
	const struct law_doc *framework;
	bool good;

	if (!f->spec.n)
		return true;
	framework = chain_spec(b, f->spec, f->path, e);
	if (!framework)
		return false;
	if (is_spec_document(f->path, f->spec))
		return true;
	good = spec_lists(lawbook_find(b, LAW_SPEC, f->spec), f->path);
	if (!good)
		law_say(e, CODE_CHAIN, f->path, 0, "Broken chain: %.*s does not list it among its assets",
			BRIEF(f->spec));
	return allowed(framework, f, e) && good;
}

/* The framework with that id, in force. */
static struct law_doc *framework_in_force(struct lawbook *b, struct span id, const char *role, struct span where,
					  const struct law_ends *e)
{
	struct law_doc *f = lawbook_find(b, LAW_FRAMEWORK, id);
	struct buf scratch = {0};
	const char *why = f ? not_active(f, &scratch) : NULL;

	if (!f)
		law_say(e, CODE_CHAIN, where, 0, "%s is %.*s, and there is no such framework", role, BRIEF(id));
	else if (why)
		law_say(e, CODE_CHAIN, where, 0, "%s is %.*s, which is %s", role, BRIEF(id), why);
	buf_free(&scratch);
	return why ? NULL : f;
}

struct law_doc *chain_package(struct lawbook *b, const struct chain_package *p, struct span where,
			      const struct law_ends *e)
{
	struct law_doc *own = NULL, *of_spec = NULL, *required = NULL;

	if (p->framework_id.n)
		own = framework_in_force(b, p->framework_id, "framework_id", where, e);
	if (p->requires_framework.n)
		required = framework_in_force(b, p->requires_framework, "requires_framework", where, e);
	if (p->spec_id.n)
		of_spec = chain_spec(b, p->spec_id, where, e);
	if (of_spec && required && of_spec != required)
		law_say(e, CODE_CHAIN, where, 0, "it requires %.*s, but its spec %.*s is under %.*s",
			BRIEF(required->id), BRIEF(p->spec_id), BRIEF(of_spec->id));
	if (of_spec && own && of_spec != own)
		law_say(e, CODE_CHAIN, where, 0, "it is of %.*s, but its spec %.*s is under %.*s", BRIEF(own->id),
			BRIEF(p->spec_id), BRIEF(of_spec->id));
	return of_spec ? of_spec : required ? required : own;
}

bool chain_asset(struct lawbook *b, const struct chain_package *p, const struct law_doc *framework,
		 const struct chain_file *f, const struct law_ends *e)
{
	struct chain_file of = *f;

	if (!of.package.n)
		of.package = p->package_id;
	if (!of.spec.n)
		of.spec = p->spec_id;
	if (of.spec.n)
		return chain_file(b, &of, e);
	return !framework || is_law_document(of.path, p) || allowed(framework, &of, e);
}
