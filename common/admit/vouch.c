#include "admit/vouch.h"

#include "base/text.h"
#include "chain/entry.h"
#include "data/jsonw.h"
#include "os/clock.h"
#include "trust/signature.h"

#include <stdlib.h>

/* Of an entry: what append adds, and the signature itself. */
static bool is_signed(struct span key)
{
	static const char *const not[] = {"author", "entry_hash", "entry_id",  "prev_hash", "seq",
					  "timestamp", "uid",	  "signature", "signed_by", "alg"};

	for (size_t i = 0; i < sizeof not / sizeof *not; i++)
		if (span_is(key, not[i]))
			return false;
	return true;
}

/* The event as it was sent, with the ledger's name in it, in canonical form: an entry is canonical already, so two
 * members have to be put where they belong. */
static void write_event(struct buf *b, const struct json *j, struct span ledger)
{
	const char *const more[] = {"kind", "ledger"};
	const struct span value[] = {SPAN("event"), ledger};
	unsigned put = 0;
	struct span key;

	jsonw_open(b, NULL);
	for (uint32_t k = json_first(j, 0); k != j->node[0].end; k = json_next_member(j, k)) {
		key = json_text(j, k);
		if (!is_signed(key))
			continue;
		for (; put < 2 && span_cmp(key, span_of(more[put])) > 0; put++)
			jsonw_str(b, more[put], value[put]);
		if (b->p[b->n - 1] != '{')
			buf_char(b, ',');
		buf_span_add(b, json_source(j, k));
		buf_char(b, ':');
		buf_span_add(b, json_source(j, k + 1));
	}
	for (; put < 2; put++)
		jsonw_str(b, more[put], value[put]);
	jsonw_close(b);
}

/* Is the nonce new? It is not any more. */
static bool is_new(struct vouch *v, struct span nonce)
{
	unsigned char sum[DIGEST_LEN];

	digest_bytes(v->digest, nonce.p, nonce.n, sum);
	for (size_t i = 0; i < v->n; i++)
		if (memcmp(v->nonce[i], sum, DIGEST_LEN) == 0)
			return false;
	if (v->n == v->cap) {
		v->cap = v->cap ? 2 * v->cap : 64;
		v->nonce = xreallocarray(v->nonce, v->cap, sizeof *v->nonce);
	}
	memcpy(v->nonce[v->n++], sum, DIGEST_LEN);
	return true;
}

static bool holds(const struct vouch *v, const struct json *entry, struct span bytes)
{
	struct buf message = {0}, event = {0};
	unsigned char sum[DIGEST_LEN];
	char hash[DIGEST_TEXT];
	bool good;

	write_event(&event, entry, v->ledger);
	digest_bytes(v->digest, event.p, event.n, sum);
	digest_text(sum, hash);
	signature_message(&message, &(struct signature_terms){
					    SPAN("record"), v->plane_uid.n ? v->plane_uid : SPAN("*"),
					    {hash, sizeof hash}, v->key->algorithm, v->key->id});
	good = public_key_verify(v->key->key, bytes, message.p, message.n);
	buf_free(&message);
	buf_free(&event);
	return good;
}

static const char *judge(struct vouch *v, const struct json *entry, struct span text)
{
	struct span by, stamp, alg;
	struct buf bytes = {0};
	const char *why = NULL;
	int64_t at;

	if (!entry_text(entry, 0, "signed_by", &by) || !(v->key = keyring_find(v->ring, by)))
		return "the keyring does not have its key";
	if (!entry_text(entry, 0, "timestamp", &stamp) || !clock_parse(stamp, &at))
		return "it has no time";
	if (entry_text(entry, 0, "alg", &alg) && !span_is(alg, key_algorithm_name(v->key->algorithm)))
		return "it names another algorithm than the key has";
	if (!signature_text_read(&bytes, text, v->key->algorithm) || !holds(v, entry, buf_span(&bytes)))
		why = "its signature does not hold";
	buf_free(&bytes);
	if (!why)
		why = key_unusable(v->key, at, v->now);
	if (!why && !key_has_role(v->ring, v->key, v->role))
		why = "its key has not the role that is asked for";
	return why;
}

const char *vouch_bad(struct vouch *v, const struct json *entry)
{
	struct span nonce, text;
	const char *why;

	if (!v->digest)
		v->digest = digest_new();
	v->key = NULL;
	if (!entry_text(entry, 0, "nonce", &nonce))
		return "it has no nonce";
	if (!is_new(v, nonce))
		return "its nonce was there before";
	if (!entry_text(entry, 0, "signature", &text))
		return "it is not signed";
	why = judge(v, entry, text);
	if (why)
		v->key = NULL;
	return why;
}

void vouch_free(struct vouch *v)
{
	digest_free(v->digest);
	free(v->nonce);
}
