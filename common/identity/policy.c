#include "identity/policy.h"

#include "identity/config.h"

/* --- reading --- */

static const char *roles_of(const struct json *j, uint32_t at, unsigned *roles)
{
	struct span name;
	enum role role;

	*roles = 0;
	if (!at || j->node[at].type != JSON_ARRAY)
		return "its roles are no list of names";
	for (uint32_t c = json_first(j, at); c != j->node[at].end; c = json_next(j, c)) {
		if (!config_text(j, c, &name) || !role_of(name, &role))
			return "a role in it is none of admin, maintainer, auditor and reader";
		*roles |= 1u << role;
	}
	return NULL;
}

/* Each member of `object` (0: none) names a user. */
static const char *check_subjects(const struct json *j, uint32_t object,
				  const char *(*value)(const struct json *, uint32_t))
{
	struct buf scratch = {0};
	const char *why = NULL;

	if (!object)
		return NULL;
	if (j->node[object].type != JSON_OBJECT)
		return "its users or origins are no object";
	for (uint32_t k = json_first(j, object); !why && k != j->node[object].end; k = json_next_member(j, k)) {
		if (subject_bad(json_string(j, k, &scratch)))
			why = "a user in it is no name";
		else
			why = value(j, k + 1);
	}
	buf_free(&scratch);
	return why;
}

static const char *check_roles(const struct json *j, uint32_t at)
{
	unsigned roles;

	return roles_of(j, at, &roles);
}

static const char *check_origin(const struct json *j, uint32_t at)
{
	struct span name;
	enum origin origin;

	return config_text(j, at, &name) && origin_of(name, &origin)
		       ? NULL
		       : "an origin in it is none of BUILDER, BUILT and ADMIN";
}

static const char *check_claims(const struct json *j, uint32_t list)
{
	static const char *const names[] = {"issuer", "claim", "value", "roles", NULL};
	const char *why = NULL;
	struct span text;

	if (!list)
		return NULL;
	if (j->node[list].type != JSON_ARRAY)
		return "its claims are no list";
	for (uint32_t c = json_first(j, list); !why && c != j->node[list].end; c = json_next(j, c)) {
		if (j->node[c].type != JSON_OBJECT || !config_members(j, c, names))
			why = "a claim in it has other members than issuer, claim, value and roles";
		else if (!config_text(j, json_get(j, c, "issuer"), &text) || !text.n ||
			 !config_text(j, json_get(j, c, "claim"), &text) || !text.n || !json_get(j, c, "value") ||
			 j->node[json_get(j, c, "value")].type != JSON_STRING)
			why = "a claim in it lacks its issuer, claim or value";
		else
			why = check_roles(j, json_get(j, c, "roles"));
	}
	return why;
}

static const char *check(struct policy *p)
{
	static const char *const names[] = {"schema_version", "users", "origins", "claims", NULL};
	const struct json *j = &p->json;
	const char *why;

	p->users = json_get(j, 0, "users");
	p->origins = json_get(j, 0, "origins");
	p->claims = json_get(j, 0, "claims");
	if (!config_members(j, 0, names))
		return "it has a member that it may not have";
	if (!p->users)
		return "it has no users";
	why = check_subjects(j, p->users, check_roles);
	if (!why)
		why = check_subjects(j, p->origins, check_origin);
	return why ? why : check_claims(j, p->claims);
}

const char *policy_open(struct policy *p, const char *root)
{
	const char *why;

	*p = (struct policy){0};
	why = config_read(&p->text, &p->json, root, POLICY_FILE);
	return why ? why : check(p);
}

const char *policy_read(struct policy *p, struct buf *text)
{
	struct span version;

	*p = (struct policy){.text = *text};
	*text = (struct buf){0};
	if (!json_parse(&p->json, buf_cstr(&p->text), p->text.n, JSON_RECORD))
		return p->json.error;
	if (!config_text(&p->json, json_get(&p->json, 0, "schema_version"), &version) || !span_is(version, "1.0"))
		return "its schema_version is not 1.0";
	return check(p);
}

void policy_close(struct policy *p)
{
	json_free(&p->json);
	buf_free(&p->text);
	*p = (struct policy){0};
}

/* --- asking --- */

unsigned policy_roles(const struct policy *p, struct span user)
{
	unsigned roles = 0;
	uint32_t at = json_get_span(&p->json, p->users, user);

	return at && !roles_of(&p->json, at, &roles) ? roles : 0;
}

enum origin policy_origin(const struct policy *p, struct span user)
{
	uint32_t at = p->origins ? json_get_span(&p->json, p->origins, user) : 0;
	enum origin origin = ORIGIN_BUILT;
	struct span name;

	return at && config_text(&p->json, at, &name) && origin_of(name, &origin) ? origin : ORIGIN_BUILT;
}

/* A string that is the value, or a list that has it. */
static bool claim_has(const struct json *claims, uint32_t at, const struct json *j, uint32_t value)
{
	if (!at)
		return false;
	if (claims->node[at].type != JSON_ARRAY)
		return json_equal(claims, at, j, value);
	for (uint32_t c = json_first(claims, at); c != claims->node[at].end; c = json_next(claims, c))
		if (json_equal(claims, c, j, value))
			return true;
	return false;
}

/* claims NULL: whatever they are. */
static unsigned claimed(const struct policy *p, struct span issuer, const struct json *claims)
{
	const struct json *j = &p->json;
	unsigned all = 0, roles;
	struct span text;

	for (uint32_t c = p->claims ? json_first(j, p->claims) : 0; c && c != j->node[p->claims].end;
	     c = json_next(j, c)) {
		if (!config_text(j, json_get(j, c, "issuer"), &text) || !span_eq(text, issuer) ||
		    !config_text(j, json_get(j, c, "claim"), &text))
			continue;
		if (claims && !claim_has(claims, json_get_span(claims, 0, text), j, json_get(j, c, "value")))
			continue;
		if (!roles_of(j, json_get(j, c, "roles"), &roles))
			all |= roles;
	}
	return all;
}

unsigned policy_claimed(const struct policy *p, struct span issuer, const struct json *claims)
{
	return claimed(p, issuer, claims);
}

unsigned policy_claimable(const struct policy *p, struct span issuer)
{
	return claimed(p, issuer, NULL);
}

/* Of `oidc:ISSUER#SUBJECT`; empty of any other user. */
static struct span issuer_of(struct span user)
{
	static const char prefix[] = "oidc:";
	enum { PREFIX = sizeof prefix - 1 };
	const char *hash = user.n > PREFIX && memcmp(user.p, prefix, PREFIX) == 0
				   ? memchr(user.p + PREFIX, '#', user.n - PREFIX)
				   : NULL;

	return hash ? (struct span){user.p + PREFIX, (size_t)(hash - user.p) - PREFIX} : (struct span){0};
}

static void name_roles(struct buf *b, unsigned roles)
{
	const char *between = "";

	for (enum role r = 0; r < ROLES; r++)
		if (roles & 1u << r) {
			buf_printf(b, "%s%s", between, role_name(r));
			between = " and ";
		}
}

bool policy_allows(const struct policy *p, const struct actor *a, enum action action, const struct policy_terms *t,
		   struct buf *why)
{
	struct span user = buf_span(&a->user), issuer = issuer_of(user);
	unsigned given = policy_roles(p, user) | (issuer.n ? policy_claimable(p, issuer) : 0),
		 roles = a->roles & given;

	buf_reset(why);
	if (a->expires <= t->now) {
		buf_str(why, "what says who it is has ended");
	} else if (span_is(buf_span(&a->provider), "passthrough") && !t->passthrough) {
		buf_str(why, "passthrough is not allowed (CONTROL_PLANE_ALLOW_PASSTHROUGH=1 allows it before "
			     "genesis, or a plane made for development)");
	} else if (a->origin != policy_origin(p, user)) {
		buf_str(why, "the actor's origin is not the one that " POLICY_FILE " gives");
	} else if (!roles) {
		buf_printf(why, "%.*s has no role", (int)user.n, user.p);
	} else if (!(roles & action_roles(action))) {
		buf_printf(why, "%.*s is ", (int)user.n, user.p);
		name_roles(why, roles);
		buf_printf(why, ", which may not %s", action_name(action));
	} else {
		buf_printf(why, "%.*s is ", (int)user.n, user.p);
		name_roles(why, roles & action_roles(action));
		buf_printf(why, ", which may %s", action_name(action));
		return true;
	}
	return false;
}
