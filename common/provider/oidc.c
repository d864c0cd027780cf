#include "provider/oidc.h"

#include "base/text.h"
#include "identity/actor.h"
#include "identity/config.h"
#include "identity/token.h"
#include "seal/jws.h"

#include <strings.h>

static const int64_t second = 1000000000;

static bool is_array(const struct json *j, uint32_t at)
{
	return at && j->node[at].type == JSON_ARRAY;
}

static bool is_object(const struct json *j, uint32_t at)
{
	return j->node[at].type == JSON_OBJECT;
}

/* A string; decoded where escaped. False: it is none. */
static bool string_at(const struct json *j, uint32_t object, const char *name, struct span *out, struct buf *scratch)
{
	uint32_t at = json_get(j, object, name);

	if (!at || j->node[at].type != JSON_STRING)
		return false;
	*out = json_string(j, at, scratch);
	return true;
}

/* --- the file --- */

/* An issuer is a URL without query and fragment (OpenID Connect Discovery 1.0 section 3), so that `#` ends it. */
static bool issuer_good(struct span issuer)
{
	static const char https[] = "https://";
	enum { HTTPS = sizeof https - 1 };

	return issuer.n > HTTPS && issuer.n <= USER_BYTES && memcmp(issuer.p, https, HTTPS) == 0 &&
	       !memchr(issuer.p, '#', issuer.n) && !memchr(issuer.p, '?', issuer.n) &&
	       !memchr(issuer.p, ' ', issuer.n);
}

static const char *audience_bad(const struct json *j, uint32_t list)
{
	struct span text;

	if (!is_array(j, list) || !j->node[list].count)
		return "an issuer in it has no list of audiences";
	for (uint32_t c = json_first(j, list); c != j->node[list].end; c = json_next(j, c))
		if (!config_text(j, c, &text) || !text.n)
			return "an audience in it is no text";
	return NULL;
}

/* Does a former one of the list have that kid? */
static bool kid_taken(const struct json *j, uint32_t list, uint32_t until, struct span kid)
{
	struct span other;

	for (uint32_t c = json_first(j, list); c != until; c = json_next(j, c))
		if (config_text(j, json_get(j, c, "kid"), &other) && span_eq(other, kid))
			return true;
	return false;
}

/* Keys of kinds that we do not know may stand there; private ones may not. */
static const char *keys_bad(const struct json *j, uint32_t list)
{
	struct span text;

	if (!is_array(j, list))
		return "an issuer in it has no jwks with a list of keys";
	for (uint32_t c = json_first(j, list); c != j->node[list].end; c = json_next(j, c)) {
		if (!is_object(j, c) || !config_text(j, json_get(j, c, "kty"), &text))
			return "a key in it has no kty";
		if (json_get(j, c, "d") || json_get(j, c, "p") || json_get(j, c, "k"))
			return "a key in it is a private or a secret one: whoever can read it can be anybody";
		if (!json_get(j, c, "kid"))
			continue; /* no token can name it */
		if (!config_text(j, json_get(j, c, "kid"), &text) || kid_taken(j, list, c, text))
			return "a kid in it is no text, or stands there twice";
	}
	return NULL;
}

static const char *issuer_bad(const struct json *j, uint32_t at)
{
	static const char *const names[] = {"issuer", "audience", "leeway", "jwks", NULL};
	uint32_t leeway, jwks;
	struct span issuer;
	const char *why;
	int64_t n;

	if (!is_object(j, at) || !config_members(j, at, names))
		return "an issuer in it has other members than issuer, audience, leeway and jwks";
	if (!config_text(j, json_get(j, at, "issuer"), &issuer) || !issuer_good(issuer))
		return "an issuer in it is no https URL without query and fragment";
	leeway = json_get(j, at, "leeway");
	if (leeway && !json_int(j, leeway, 0, OIDC_LEEWAY_MAX, &n))
		return "a leeway in it is not 0 to 300 seconds";
	why = audience_bad(j, json_get(j, at, "audience"));
	if (why)
		return why;
	jwks = json_get(j, at, "jwks");
	return keys_bad(j, jwks ? json_get(j, jwks, "keys") : 0);
}

static uint32_t issuer_find(const struct oidc *o, struct span issuer, uint32_t until)
{
	const struct json *j = &o->json;
	struct span text;

	for (uint32_t c = json_first(j, o->issuers); c != until; c = json_next(j, c))
		if (config_text(j, json_get(j, c, "issuer"), &text) && span_eq(text, issuer))
			return c;
	return 0;
}

static const char *check(struct oidc *o)
{
	static const char *const names[] = {"schema_version", "issuers", NULL};
	const struct json *j = &o->json;
	const char *why = NULL;
	struct span issuer;

	o->issuers = json_get(j, 0, "issuers");
	if (!config_members(j, 0, names))
		return "it has a member that it may not have";
	if (!is_array(j, o->issuers))
		return "it has no list of issuers";
	for (uint32_t c = json_first(j, o->issuers); !why && c != j->node[o->issuers].end; c = json_next(j, c)) {
		why = issuer_bad(j, c);
		if (!why && config_text(j, json_get(j, c, "issuer"), &issuer) && issuer_find(o, issuer, c))
			why = "an issuer stands in it twice";
	}
	return why;
}

const char *oidc_open(struct oidc *o, const char *root)
{
	const char *why;

	*o = (struct oidc){0};
	why = config_read(&o->text, &o->json, root, OIDC_FILE);
	return why ? why : check(o);
}

const char *oidc_read(struct oidc *o, struct buf *text)
{
	*o = (struct oidc){.text = *text};
	*text = (struct buf){0};
	return json_parse(&o->json, buf_cstr(&o->text), o->text.n, JSON_RECORD) ? check(o) : o->json.error;
}

void oidc_close(struct oidc *o)
{
	json_free(&o->json);
	buf_free(&o->text);
	*o = (struct oidc){0};
}

/* --- the key --- */

static bool decode_member(const struct json *j, uint32_t key, const char *name, struct buf *out)
{
	struct span text;

	return config_text(j, json_get(j, key, name), &text) && base64url_decode(out, text.p, text.n);
}

static struct jws_key *make_key(const struct json *j, uint32_t at, const char **why)
{
	struct buf a = {0}, b = {0};
	struct jws_key *k = NULL;
	struct span kty, crv;

	config_text(j, json_get(j, at, "kty"), &kty);
	*why = "its key is neither RSA nor Ed25519";
	if (span_is(kty, "RSA")) {
		*why = "its key has no n or e in base64url";
		if (decode_member(j, at, "n", &a) && decode_member(j, at, "e", &b))
			k = jws_key_rsa(buf_span(&a), buf_span(&b), why);
	} else if (span_is(kty, "OKP") && config_text(j, json_get(j, at, "crv"), &crv) && span_is(crv, "Ed25519")) {
		*why = "its key has no x in base64url";
		if (decode_member(j, at, "x", &a))
			k = jws_key_ed25519(buf_span(&a), why);
	}
	buf_free(&a);
	buf_free(&b);
	return k;
}

/* May it check signatures (RFC 7517 sections 4.2 and 4.3), and with this algorithm? */
static const char *purpose_bad(const struct json *j, uint32_t key, struct span algorithm)
{
	uint32_t use = json_get(j, key, "use"), ops = json_get(j, key, "key_ops"), alg = json_get(j, key, "alg");
	struct span text;
	bool verifies = !ops;

	if (use && (!config_text(j, use, &text) || !span_is(text, "sig")))
		return "its key is not one for signatures";
	for (uint32_t c = is_array(j, ops) ? json_first(j, ops) : 0; c && c != j->node[ops].end; c = json_next(j, c))
		verifies = verifies || (config_text(j, c, &text) && span_is(text, "verify"));
	if (!verifies)
		return "its key is not one to verify with";
	if (alg && (!config_text(j, alg, &text) || !span_eq(text, algorithm)))
		return "its algorithm is not its key's";
	return NULL;
}

/* The key that the header names, of the issuer at `issuer`. */
static const char *verify(const struct oidc_token *t, const struct oidc *o, uint32_t issuer, const struct jws *parts)
{
	const struct json *j = &o->json, *h = &t->header;
	uint32_t keys = json_get(j, json_get(j, issuer, "jwks"), "keys"), key = 0;
	struct buf scratch = {0};
	struct span kid, text, algorithm;
	const char *why = "its key is none of its issuer's";
	struct jws_key *k = NULL;

	if (string_at(h, 0, "kid", &kid, &scratch))
		for (uint32_t c = json_first(j, keys); !key && c != j->node[keys].end; c = json_next(j, c))
			if (config_text(j, json_get(j, c, "kid"), &text) && span_eq(text, kid))
				key = c;
	buf_free(&scratch);
	if (!key)
		return why;
	k = make_key(j, key, &why);
	if (!k)
		return why;
	algorithm = span_of(jws_key_algorithm(k));
	if (!config_text(h, json_get(h, 0, "alg"), &text) || !span_eq(text, algorithm))
		why = "its algorithm is not its key's";
	else
		why = purpose_bad(j, key, algorithm);
	if (!why && !jws_verify(k, buf_span(&t->signature), parts->signed_part))
		why = "its signature does not hold";
	jws_key_free(k);
	return why;
}

/* --- the token --- */

static const char *header_bad(const struct json *h)
{
	uint32_t typ = json_get(h, 0, "typ");
	struct span text;

	if (json_get(h, 0, "crit"))
		return "its header demands what is not known here";
	if (typ && (!config_text(h, typ, &text) || text.n != 3 || strncasecmp(text.p, "JWT", 3) != 0))
		return "it is no ID token";
	return NULL;
}

/* Is the text one of the issuer's audiences? */
static bool ours(const struct oidc *o, uint32_t issuer, struct span text)
{
	const struct json *j = &o->json;
	uint32_t list = json_get(j, issuer, "audience");
	struct span one;

	for (uint32_t c = json_first(j, list); c != j->node[list].end; c = json_next(j, c))
		if (config_text(j, c, &one) && span_eq(one, text))
			return true;
	return false;
}

/* One of ours among them; where there are more, and wherever it is said, the one it was given to is ours too. */
static const char *audience_wrong(const struct oidc *o, uint32_t issuer, const struct json *claims)
{
	static const char wrong[] = "it is for another audience";
	uint32_t aud = json_get(claims, 0, "aud"), azp = json_get(claims, 0, "azp");
	struct buf scratch = {0};
	struct span text;
	bool found = false, good = aud != 0;

	if (aud && is_array(claims, aud)) {
		for (uint32_t c = json_first(claims, aud); good && c != claims->node[aud].end;
		     c = json_next(claims, c)) {
			good = claims->node[c].type == JSON_STRING;
			found = found || (good && ours(o, issuer, json_string(claims, c, &scratch)));
		}
		good = good && (claims->node[aud].count <= 1 || azp);
	} else if (string_at(claims, 0, "aud", &text, &scratch)) {
		found = ours(o, issuer, text);
	}
	if (azp)
		good = good && string_at(claims, 0, "azp", &text, &scratch) && ours(o, issuer, text);
	buf_free(&scratch);
	return good && found ? NULL : wrong;
}

/* Whole seconds since 1970. */
static bool time_at(const struct json *claims, const char *name, int64_t *out)
{
	uint32_t at = json_get(claims, 0, name);

	return at && json_int(claims, at, 0, TOKEN_TIME_MAX, out);
}

static const char *time_wrong(struct oidc_token *t, int64_t leeway, int64_t now_ns)
{
	int64_t now = now_ns / second, exp, nbf = 0, iat;

	if (!time_at(&t->claims, "exp", &exp) || !time_at(&t->claims, "iat", &iat))
		return "it has no exp or iat in whole seconds";
	if (json_get(&t->claims, 0, "nbf") && !time_at(&t->claims, "nbf", &nbf))
		return "its nbf is not in whole seconds";
	if (exp + leeway <= now)
		return "it has ended";
	if (json_get(&t->claims, 0, "nbf") && nbf - leeway > now)
		return "it has not begun";
	if (iat - leeway > now)
		return "it was made in the future";
	t->expires = exp + leeway > INT64_MAX / second ? ACTOR_FOR_EVER - 1 : (exp + leeway) * second;
	return NULL;
}

/* Decodes a part into a buffer that has room for all there can be, as growing would leave a copy. */
static bool decode(struct buf *out, struct span part, struct json *json)
{
	buf_room(out, SECRET_BYTES);
	if (!base64url_decode(out, part.p, part.n))
		return false;
	return !json || (json_parse(json, out->p, out->n, JSON_DOCUMENT) && json->node[0].type == JSON_OBJECT);
}

static const char *subject_wrong(struct oidc_token *t)
{
	struct buf scratch = {0}, whole = {0};
	struct span text;
	const char *why = "it has no sub that can be a name";

	if (string_at(&t->claims, 0, "sub", &text, &scratch) && text.n) {
		buf_str(&whole, "oidc:");
		buf_span_add(&whole, buf_span(&t->issuer));
		buf_char(&whole, '#');
		buf_span_add(&whole, text);
		if (!subject_bad(buf_span(&whole))) {
			buf_span_add(&t->subject, buf_span(&whole));
			why = NULL;
		}
	}
	buf_free(&whole);
	buf_free(&scratch);
	return why;
}

/* The issuer that the payload names chooses the keys: what it says is believed only then. */
static uint32_t find_issuer(struct oidc_token *t, const struct oidc *o)
{
	struct buf scratch = {0};
	struct span text;
	uint32_t issuer = 0;

	if (string_at(&t->claims, 0, "iss", &text, &scratch))
		issuer = issuer_find(o, text, o->json.node[o->issuers].end);
	if (issuer)
		buf_span_add(&t->issuer, text);
	buf_free(&scratch);
	return issuer;
}

const char *oidc_check(struct oidc_token *t, const struct oidc *o, struct span token, int64_t now)
{
	int64_t leeway = OIDC_LEEWAY;
	struct jws parts;
	uint32_t issuer;
	const char *why;

	*t = (struct oidc_token){0};
	if (token.n > SECRET_BYTES || jws_split(&parts, token) || !decode(&t->header_text, parts.header, &t->header) ||
	    !decode(&t->payload, parts.payload, &t->claims) || !decode(&t->signature, parts.signature, NULL))
		return "it is no signed token";
	why = header_bad(&t->header);
	if (why)
		return why;
	issuer = find_issuer(t, o);
	if (!issuer)
		return "its issuer is none of the plane's";
	why = verify(t, o, issuer, &parts);
	if (!why)
		why = audience_wrong(o, issuer, &t->claims);
	if (json_get(&o->json, issuer, "leeway"))
		json_int(&o->json, json_get(&o->json, issuer, "leeway"), 0, OIDC_LEEWAY_MAX, &leeway);
	if (!why)
		why = time_wrong(t, leeway, now);
	return why ? why : subject_wrong(t);
}

static void wipe(struct buf *b)
{
	if (b->p)
		secret_wipe(b->p, b->cap);
	buf_free(b);
}

void oidc_token_free(struct oidc_token *t)
{
	json_free(&t->header);
	json_free(&t->claims);
	wipe(&t->header_text);
	wipe(&t->payload);
	wipe(&t->signature);
	buf_free(&t->issuer);
	buf_free(&t->subject);
	*t = (struct oidc_token){0};
}
