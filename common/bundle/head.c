#include "bundle/head.h"

#include "data/ident.h"
#include "data/jsonw.h"
#include "data/semver.h"

static bool is_type(const char *type)
{
	static const char *const types[] = {"framework", "spec", "library", "agent", "prompt", "gate"};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

const char *manifest_head_bad(const struct manifest_head *h)
{
	bool framework = is_type(h->type) && h->type[0] == 'f', spec = is_type(h->type) && h->type[0] == 's';
	struct semver v;

	if (!is_type(h->type))
		return "there is no such type of packages";
	if (!ident_is(IDENT_PACKAGE, span_of(h->package_id)))
		return "its package_id is none";
	if (semver_parse(&v, span_of(h->version)))
		return "its version is none";
	if (h->framework && !ident_is(IDENT_FRAMEWORK, span_of(h->framework)))
		return "its framework_id is none";
	if (h->spec && !ident_is(IDENT_SPEC, span_of(h->spec)))
		return "its spec_id is none";
	if ((framework || spec) && !h->framework)
		return "it needs a framework_id";
	if (spec != (h->spec != NULL))
		return h->spec ? "it needs no spec_id" : "it needs a spec_id";
	return NULL;
}

void manifest_head_write(struct buf *b, const struct manifest_head *h)
{
	jsonw_cstr(b, "schema_version", "1.1");
	jsonw_cstr(b, "package_id", h->package_id);
	jsonw_cstr(b, "version", h->version);
	jsonw_cstr(b, "type", h->type);
	if (h->spec)
		jsonw_cstr(b, "spec_id", h->spec);
	if (h->framework)
		jsonw_cstr(b, strcmp(h->type, "framework") == 0 ? "framework_id" : "requires_framework", h->framework);
}
