#include "foreign/dsse.h"

#include "base/text.h"
#include "data/jsonw.h"

static const char payload_type[] = "application/vnd.in-toto+json",
		  statement_type[] = "https://in-toto.io/Statement/v1",
		  predicate_type[] = "urn:cp-filters:signature:1";
enum { HASH_PREFIX = sizeof "sha256:" - 1 };

void dsse_statement(struct buf *b, const struct dsse_terms *t)
{
	jsonw_open(b, NULL);
	jsonw_cstr(b, "_type", statement_type);
	jsonw_open(b, "predicate");
	jsonw_str(b, "algorithm", t->algorithm);
	jsonw_str(b, "plane_uid", t->plane_uid);
	jsonw_str(b, "purpose", t->purpose);
	jsonw_str(b, "signed_at", t->signed_at);
	jsonw_str(b, "signed_by", t->signed_by);
	jsonw_close(b);
	jsonw_cstr(b, "predicateType", predicate_type);
	jsonw_array_open(b, "subject");
	jsonw_open(b, NULL);
	jsonw_open(b, "digest");
	jsonw_str(b, "sha256", (struct span){t->hash.p + HASH_PREFIX, t->hash.n - HASH_PREFIX});
	jsonw_close(b);
	jsonw_str(b, "name", t->name);
	jsonw_close(b);
	jsonw_array_close(b);
	jsonw_close(b);
}

void dsse_message(struct buf *b, struct span payload)
{
	buf_printf(b, "DSSEv1 %zu %s %zu ", sizeof payload_type - 1, payload_type, payload.n);
	buf_span_add(b, payload);
}

static void base64_member(struct buf *b, const char *key, struct span bytes)
{
	struct buf text = {0};

	base64_add(&text, bytes.p, bytes.n);
	jsonw_str(b, key, buf_span(&text));
	buf_free(&text);
}

void dsse_write(struct buf *b, struct span payload, struct span key_id, struct span signature)
{
	jsonw_open(b, NULL);
	base64_member(b, "payload", payload);
	jsonw_cstr(b, "payloadType", payload_type);
	jsonw_array_open(b, "signatures");
	jsonw_open(b, NULL);
	jsonw_str(b, "keyid", key_id);
	base64_member(b, "sig", signature);
	jsonw_close(b);
	jsonw_array_close(b);
	jsonw_close(b);
}

/* --- reading --- */

/* A string without escapes, so that nothing has two spellings. */
static bool text_at(const struct json *j, uint32_t object, const char *name, struct span *out)
{
	uint32_t at = json_get(j, object, name);

	if (!at || j->node[at].type != JSON_STRING || j->node[at].flags & JSON_ESCAPED)
		return false;
	*out = json_text(j, at);
	return true;
}

static const char *read_signatures(struct dsse *d)
{
	const struct json *j = &d->envelope;
	uint32_t list = json_get(j, 0, "signatures");
	struct span text;

	if (!list || j->node[list].type != JSON_ARRAY || !j->node[list].count)
		return "its envelope has no signatures";
	if (j->node[list].count > DSSE_SIGNATURES)
		return "its envelope has more than 16 signatures";
	for (uint32_t c = json_first(j, list); c != j->node[list].end; c = json_next(j, c)) {
		struct dsse_signature *s = &d->signature[d->n++];

		*s = (struct dsse_signature){.bytes = {0}};
		if (!text_at(j, c, "sig", &text) || !base64_decode(&s->bytes, text.p, text.n))
			return "a signature in its envelope is no base64";
		if (json_get(j, c, "keyid") && !text_at(j, c, "keyid", &s->key_id))
			return "a keyid in its envelope is no plain text";
	}
	return NULL;
}

static const char *read_statement(struct dsse *d)
{
	const struct json *j = &d->statement;
	struct span text;
	uint32_t at;

	if (!json_parse(&d->statement, d->payload.p, d->payload.n, JSON_RECORD))
		return "its payload is no JSON object";
	if (!text_at(j, 0, "_type", &text) || !span_is(text, statement_type))
		return "its payload is no in-toto Statement v1";
	if (!text_at(j, 0, "predicateType", &text) || !span_is(text, predicate_type))
		return "its statement has another predicate than urn:cp-filters:signature:1";
	at = json_get(j, 0, "subject");
	if (!at || j->node[at].type != JSON_ARRAY || !j->node[at].count)
		return "its statement has no subject";
	at = json_get(j, 0, "predicate");
	if (!at || !text_at(j, at, "purpose", &d->purpose))
		return "its predicate has no purpose";
	if ((json_get(j, at, "plane_uid") && !text_at(j, at, "plane_uid", &d->plane_uid)) ||
	    (json_get(j, at, "signed_by") && !text_at(j, at, "signed_by", &d->signed_by)) ||
	    (json_get(j, at, "algorithm") && !text_at(j, at, "algorithm", &d->algorithm)))
		return "its predicate has a member that is no plain text";
	return NULL;
}

const char *dsse_read(struct dsse *d, struct span text)
{
	struct span payload;
	const char *why;

	*d = (struct dsse){.n = 0};
	if (!json_parse(&d->envelope, text.p, text.n, JSON_RECORD))
		return "it is no JSON object";
	if (!text_at(&d->envelope, 0, "payloadType", &payload) || !span_is(payload, payload_type))
		return "its payloadType is not that of in-toto";
	if (!text_at(&d->envelope, 0, "payload", &payload) || !base64_decode(&d->payload, payload.p, payload.n))
		return "its payload is no base64";
	why = read_signatures(d);
	return why ? why : read_statement(d);
}

void dsse_free(struct dsse *d)
{
	for (unsigned i = 0; i < d->n; i++)
		buf_free(&d->signature[i].bytes);
	buf_free(&d->payload);
	json_free(&d->envelope);
	json_free(&d->statement);
}

bool dsse_about(const struct dsse *d, struct span hash)
{
	const struct json *j = &d->statement;
	uint32_t list = json_get(j, 0, "subject");
	struct span text, hex = {hash.p + HASH_PREFIX, hash.n - HASH_PREFIX};

	for (uint32_t c = json_first(j, list); c != j->node[list].end; c = json_next(j, c)) {
		uint32_t digest = json_get(j, c, "digest");

		if (digest && text_at(j, digest, "sha256", &text) && span_eq(text, hex))
			return true;
	}
	return false;
}
