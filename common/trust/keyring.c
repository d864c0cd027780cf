#include "trust/keyring.h"

#include "base/num.h"
#include "base/text.h"
#include "os/clock.h"
#include "seal/note.h"

#include <stdlib.h>

static const char *const statuses[KEY_STATUSES] = {"active", "retired", "revoked"};

const char *key_status_name(enum key_status s)
{
	return statuses[s];
}

const char *key_id_bad(struct span id)
{
	return note_name_bad(id);
}

/* --- reading --- */

struct reader {
	struct keyring *ring;
	void (*fault)(void *ctx, struct span key, const char *why);
	void *ctx;
	struct span key; /* whose faults these are */
	struct digest *digest;
	size_t faults;
};

static void fault(struct reader *r, const char *why)
{
	r->faults++;
	r->fault(r->ctx, r->key, why);
}

/* A string without escapes: ours have none, and what is compared must not have two spellings. */
static bool text_of(const struct json *j, uint32_t at, struct span *out)
{
	if (!at || j->node[at].type != JSON_STRING || j->node[at].flags & JSON_ESCAPED)
		return false;
	*out = json_text(j, at);
	return true;
}

static bool text_at(struct reader *r, uint32_t object, const char *name, struct span *out)
{
	return text_of(&r->ring->json, json_get(&r->ring->json, object, name), out);
}

static bool time_at(struct reader *r, uint32_t object, const char *name, int64_t *out)
{
	struct span text;

	return text_at(r, object, name, &text) && clock_parse(text, out);
}

/* Each member of the object is one of those names (ended by NULL). */
static bool members_known(const struct json *j, uint32_t object, const char *const *names)
{
	for (uint32_t k = json_first(j, object); k != j->node[object].end; k = json_next_member(j, k)) {
		const char *const *n = names;

		while (*n && !span_is(json_text(j, k), *n))
			n++;
		if (!*n)
			return false;
	}
	return true;
}

/* What stands in an example where a key belongs. */
static bool is_placeholder(struct span base64)
{
	for (size_t i = 0; i < base64.n; i++)
		if (base64.p[i] == '.' || base64.p[i] == '<' || base64.p[i] == '_')
			return true;
	return base64.n == 0 || memmem(base64.p, base64.n, "REPLACE", 7) ||
	       memmem(base64.p, base64.n, "PLACEHOLDER", 11);
}

static void read_public(struct reader *r, struct trusted_key *k)
{
	static const char prefix[] = "base64:";
	enum { PREFIX = sizeof prefix - 1 };
	struct buf bytes = {0};
	struct span text = {0};
	const char *why = NULL;

	if (!text_at(r, k->node, "public_key", &text) || text.n < PREFIX || memcmp(text.p, prefix, PREFIX) != 0) {
		fault(r, "its public_key is no text of the form base64:...");
		return;
	}
	k->public_text = text;
	text.p += PREFIX;
	text.n -= PREFIX;
	if (is_placeholder(text))
		why = "its public_key is a placeholder";
	else if (!base64_decode(&bytes, text.p, text.n))
		why = "its public_key is not base64";
	else
		k->key = public_key_read(k->algorithm, buf_span(&bytes), &why);
	buf_reset(&bytes);
	if (k->key) {
		public_key_self(k->key, &bytes);
		digest_bytes(r->digest, bytes.p, bytes.n, k->self);
	} else {
		fault(r, why);
	}
	buf_free(&bytes);
}

/* When it was retired, or revoked: said where the status says so, and nowhere else. */
static void read_end(struct reader *r, struct trusted_key *k, bool retired, bool revoked)
{
	int64_t retired_at = INT64_MIN;

	k->ended = INT64_MIN;
	if (k->status == KEY_RETIRED && !retired)
		fault(r, "it is retired, and does not say since when");
	else if ((retired && k->status == KEY_ACTIVE) || (revoked && k->status != KEY_REVOKED))
		fault(r, "it says since when it is retired or revoked, and is not");
	else if ((retired && !time_at(r, k->node, "retired_at", &retired_at)) ||
		 (revoked && !time_at(r, k->node, "revoked_at", &k->ended)))
		fault(r, "its retired_at or revoked_at is no time");
	else if (k->status == KEY_RETIRED)
		k->ended = retired_at;
}

static void read_status(struct reader *r, struct trusted_key *k)
{
	struct span text;
	bool known = text_at(r, k->node, "status", &text);

	k->status = KEY_STATUSES;
	for (unsigned s = 0; known && s < KEY_STATUSES; s++)
		if (span_is(text, statuses[s]))
			k->status = (enum key_status)s;
	if (k->status == KEY_STATUSES)
		fault(r, "its status is not one of active, retired and revoked");
	else
		read_end(r, k, json_get(&r->ring->json, k->node, "retired_at") != 0,
			 json_get(&r->ring->json, k->node, "revoked_at") != 0);
}

static void read_roles(struct reader *r, const struct trusted_key *k)
{
	const struct json *j = &r->ring->json;
	uint32_t roles = json_get(j, k->node, "roles");
	struct span text;
	bool good = !roles || j->node[roles].type == JSON_ARRAY;

	for (uint32_t c = good && roles ? json_first(j, roles) : 0; c && c != j->node[roles].end; c = json_next(j, c))
		good = good && text_of(j, c, &text) && !key_id_bad(text);
	if (!good)
		fault(r, "its roles are no list of names");
}

static bool read_names(struct reader *r, struct trusted_key *k)
{
	struct span text;

	if (!text_at(r, k->node, "key_id", &k->id) || key_id_bad(k->id)) {
		k->id = (struct span){0};
		fault(r, "a key has no key_id of 1 to 255 bytes without blanks");
		return false;
	}
	r->key = k->id;
	k->owner = (struct span){0};
	if (json_get(&r->ring->json, k->node, "owner") &&
	    (!text_at(r, k->node, "owner", &k->owner) || key_id_bad(k->owner)))
		fault(r, "its owner is no name of 1 to 255 bytes without blanks");
	if (!text_at(r, k->node, "algorithm", &text) || !key_algorithm_of(text, &k->algorithm)) {
		fault(r, "its algorithm is neither ed25519 nor rsa4096");
		return false;
	}
	return true;
}

static void read_key(struct reader *r, uint32_t at)
{
	static const char *const names[] = {"key_id", "algorithm", "public_key", "valid_from", "valid_until", "status",
					    "roles",  "owner",	   "retired_at", "revoked_at", NULL};
	struct trusted_key *k = &r->ring->key[r->ring->n++];

	*k = (struct trusted_key){.node = at};
	r->key = (struct span){0};
	if (r->ring->json.node[at].type != JSON_OBJECT) {
		fault(r, "a key is no object");
		return;
	}
	if (!read_names(r, k))
		return;
	if (!members_known(&r->ring->json, at, names))
		fault(r, "it has a member that no key has");
	read_public(r, k);
	read_status(r, k);
	read_roles(r, k);
	if (!time_at(r, at, "valid_from", &k->from) || !time_at(r, at, "valid_until", &k->until))
		fault(r, "its valid_from or valid_until is no time such as 2026-01-31T00:00:00Z");
	else if (k->until < k->from)
		fault(r, "it ends before it begins");
}

static const char *double_of(const struct trusted_key *k, const struct trusted_key *other)
{
	if (k->id.n && span_eq(k->id, other->id))
		return "its key_id stands there twice";
	if (k->key && other->key && memcmp(k->self, other->self, DIGEST_LEN) == 0)
		return "its public_key stands there twice";
	return NULL;
}

/* Who has two names could be two approvers, and of two keys of one name nobody knows which was meant. */
static void find_doubles(struct reader *r)
{
	struct keyring *ring = r->ring;

	for (size_t i = 0; i < ring->n; i++) {
		const char *why = NULL;

		for (size_t k = 0; k < i && !why; k++)
			why = double_of(&ring->key[i], &ring->key[k]);
		r->key = ring->key[i].id;
		if (why)
			fault(r, why);
	}
	r->key = (struct span){0};
}

static void read_signature(struct reader *r)
{
	static const char *const names[] = {"signed_by", "signature", NULL};
	struct keyring *ring = r->ring;
	uint32_t at = ring->signature = json_get(&ring->json, 0, "signature");

	if (at &&
	    (ring->json.node[at].type != JSON_OBJECT || !members_known(&ring->json, at, names) ||
	     !text_at(r, at, "signed_by", &ring->signed_by) || !text_at(r, at, "signature", &ring->signature_text)))
		fault(r, "its signature is no object of signed_by and signature");
}

static void read_document(struct reader *r)
{
	static const char *const names[] = {"schema_version", "version", "keys", "signature", NULL};
	struct keyring *ring = r->ring;
	const struct json *j = &ring->json;
	uint32_t keys = json_get(j, 0, "keys"), version = json_get(j, 0, "version");
	uint32_t schema = json_get(j, 0, "schema_version");
	struct span text;
	size_t count = 0;

	if (!members_known(j, 0, names))
		fault(r, "it has a member that no keyring has");
	if (schema && (!text_of(j, schema, &text) || !span_is(text, "1.0")))
		fault(r, "its schema_version is not 1.0");
	if (version && !json_int(j, version, 1, NUM_MAX_SAFE, &ring->version))
		fault(r, "its version is no whole number from 1 on");
	read_signature(r);
	if (!keys || j->node[keys].type != JSON_ARRAY) {
		fault(r, "it has no list of keys");
		return;
	}
	for (uint32_t c = json_first(j, keys); c != j->node[keys].end; c = json_next(j, c))
		count++;
	if (count > KEYRING_KEYS) {
		fault(r, "it has more than 4096 keys");
		return;
	}
	ring->key = xcalloc(count + 1, sizeof *ring->key);
	for (uint32_t c = json_first(j, keys); c != j->node[keys].end; c = json_next(j, c))
		read_key(r, c);
	find_doubles(r);
}

size_t keyring_read(struct keyring *ring, struct buf *text, void (*told)(void *ctx, struct span key, const char *why),
		    void *ctx)
{
	struct reader r = {.ring = ring, .fault = told, .ctx = ctx, .digest = digest_new()};

	*ring = (struct keyring){.text = *text};
	*text = (struct buf){0};
	if (ring->text.n > KEYRING_BYTES)
		fault(&r, "it is longer than 4 MiB");
	else if (!json_parse(&ring->json, ring->text.p, ring->text.n, JSON_RECORD))
		fault(&r, ring->json.error);
	else
		read_document(&r);
	digest_free(r.digest);
	return r.faults;
}

void keyring_free(struct keyring *r)
{
	for (size_t i = 0; i < r->n; i++)
		public_key_free(r->key[i].key);
	free(r->key);
	json_free(&r->json);
	buf_free(&r->text);
	*r = (struct keyring){0};
}

/* --- asking --- */

const struct trusted_key *keyring_find(const struct keyring *r, struct span id)
{
	for (size_t i = 0; i < r->n; i++)
		if (span_eq(r->key[i].id, id))
			return &r->key[i];
	return NULL;
}

const struct trusted_key *keyring_signer(const struct keyring *r)
{
	return r->signature ? keyring_find(r, r->signed_by) : NULL;
}

bool key_has_role(const struct keyring *r, const struct trusted_key *k, const char *role)
{
	const struct json *j = &r->json;
	uint32_t roles = json_get(j, k->node, "roles");

	for (uint32_t c = roles ? json_first(j, roles) : 0; c && c != j->node[roles].end; c = json_next(j, c))
		if (span_is(json_text(j, c), role))
			return true;
	return false;
}

const char *key_unusable(const struct trusted_key *k, int64_t signed_at, int64_t now)
{
	int64_t at = signed_at == KEY_TIME_UNKNOWN ? now : signed_at;

	switch (k->status) {
	case KEY_ACTIVE:
		break;
	case KEY_RETIRED:
		if (signed_at == KEY_TIME_UNKNOWN)
			return "it is retired, and nothing says that the signature is older than that";
		if (signed_at >= k->ended)
			return "it was retired before it signed";
		break;
	default:
		return "it is revoked";
	}
	if (at < k->from)
		return "it was not valid yet";
	return at > k->until ? "it was not valid any more" : NULL;
}
