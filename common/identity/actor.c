#include "identity/actor.h"

#include "base/text.h"
#include "data/jsonw.h"
#include "os/clock.h"

static const char *const origins[ORIGINS] = {"BUILT", "BUILDER", "ADMIN"};

const char *origin_name(enum origin o)
{
	return origins[o];
}

bool origin_of(struct span name, enum origin *out)
{
	for (*out = 0; *out < ORIGINS; ++*out)
		if (span_is(name, origins[*out]))
			return true;
	return false;
}

/* --- names --- */

bool provider_name_good(struct span name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-", name.p[i]) || !name.p[i])
			return false;
	return name.n > 0 && name.n <= PROVIDER_BYTES;
}

static const char *text_bad(struct span text, size_t max)
{
	uint32_t cp;

	if (!text.n)
		return "is empty";
	if (text.n > max)
		return "is too long";
	for (size_t i = 0, step; i < text.n; i += step) {
		step = utf8_decode(text.p + i, text.n - i, &cp);
		if (!step)
			return "is not UTF-8";
		if (text_unsafe(cp))
			return "has a control character";
	}
	return NULL;
}

const char *user_bad(struct span user)
{
	const char *why = text_bad(user, USER_BYTES);

	if (!why && memchr(user.p, ':', user.n))
		why = "has a colon";
	return why;
}

static const char *colon_in(struct span subject)
{
	return subject.n ? memchr(subject.p, ':', subject.n) : NULL;
}

const char *subject_bad(struct span subject)
{
	const char *colon = colon_in(subject), *why;
	struct span provider = {subject.p, colon ? (size_t)(colon - subject.p) : 0};

	if (!colon)
		return user_bad(subject);
	why = text_bad((struct span){colon + 1, subject.n - provider.n - 1}, SUBJECT_BYTES);
	return why ? why : provider_name_good(provider) ? NULL : "names no provider before its colon";
}

bool subject_is_of(struct span subject, struct span provider)
{
	const char *colon = colon_in(subject);

	if (span_is(provider, "hmac") || span_is(provider, "passthrough"))
		return !colon;
	return colon && span_eq((struct span){subject.p, (size_t)(colon - subject.p)}, provider);
}

/* --- the record --- */

/* Plain: what is compared has one spelling. */
static bool plain(const struct json *j, uint32_t at, struct span *out)
{
	if (!at || j->node[at].type != JSON_STRING || j->node[at].flags & JSON_ESCAPED)
		return false;
	*out = json_text(j, at);
	return true;
}

static bool read_roles(struct actor *a, const struct json *j, uint32_t at)
{
	struct span name;
	enum role role;

	if (!at || j->node[at].type != JSON_ARRAY)
		return false;
	for (uint32_t c = json_first(j, at); c != j->node[at].end; c = json_next(j, c)) {
		if (!plain(j, c, &name) || !role_of(name, &role) || a->roles & 1u << role)
			return false;
		a->roles |= 1u << role;
	}
	return true;
}

static bool read_expiry(struct actor *a, const struct json *j, uint32_t at)
{
	struct span text;

	a->expires = ACTOR_FOR_EVER;
	if (at && j->node[at].type == JSON_NULL)
		return true;
	return plain(j, at, &text) && clock_parse(text, &a->expires);
}

const char *actor_read(struct actor *a, const struct record *r)
{
	enum { MEMBERS = 6 };
	const struct json *j = &r->json;
	struct span name = {0}, user;
	struct buf scratch = {0};
	const char *why = NULL;

	a->roles = 0;
	buf_reset(&a->user);
	buf_reset(&a->provider);
	if (plain(j, record_get(r, "provider"), &name))
		buf_span_add(&a->provider, name);
	if (record_str(r, "user", &user, &scratch))
		buf_span_add(&a->user, user);
	buf_free(&scratch);
	if (!record_is(r, "actor"))
		why = "it is no actor";
	else if (j->node[0].count != MEMBERS)
		why = "it has not just the members of an actor";
	else if (!provider_name_good(name))
		why = "its provider is none";
	else if (subject_bad(buf_span(&a->user)) || !subject_is_of(buf_span(&a->user), name))
		why = "its user is none of its provider's";
	else if (!read_roles(a, j, record_get(r, "roles")))
		why = "its roles are no list of admin, maintainer, auditor and reader";
	else if (!plain(j, record_get(r, "origin"), &name) || !origin_of(name, &a->origin))
		why = "its origin is none of BUILDER, BUILT and ADMIN";
	else if (!read_expiry(a, j, record_get(r, "expires_at")))
		why = "its expires_at is neither a time nor null";
	return why;
}

void roles_write(struct buf *b, unsigned roles)
{
	jsonw_array_open(b, "roles");
	for (enum role r = 0; r < ROLES; r++)
		if (roles & 1u << r)
			jsonw_cstr(b, NULL, role_name(r));
	jsonw_array_close(b);
}

void actor_write(struct buf *b, const struct actor *a)
{
	char time[CLOCK_TEXT];

	jsonw_str(b, "user", buf_span(&a->user));
	roles_write(b, a->roles);
	jsonw_cstr(b, "origin", origin_name(a->origin));
	jsonw_str(b, "provider", buf_span(&a->provider));
	if (a->expires == ACTOR_FOR_EVER) {
		jsonw_null(b, "expires_at");
	} else {
		clock_text(a->expires, 0, time);
		jsonw_cstr(b, "expires_at", time);
	}
}

void actor_free(struct actor *a)
{
	buf_free(&a->user);
	buf_free(&a->provider);
	*a = (struct actor){0};
}
