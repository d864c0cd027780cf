#include "admit/signature.h"

#include "admit/waiver.h"
#include "filter/filter.h"
#include "trust/binding.h"
#include "trust/signature.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum text { ALG, SIGNATURE, BINDING, SIGNED_BY, ARCHIVE_HASH, MANIFEST_HASH, DOCUMENT_HASH, TEXTS };

struct admit_signature {
	struct admit_signature_terms terms;
	bool met;
	bool clash; /* integrity says other hashes than the package comes to */
	struct buf room[TEXTS];
	struct span text[TEXTS]; /* n 0: it is not said */
	struct admit_trust own, *trust;
	const struct pins *pins;
	const struct keyring *ring;
	const struct trusted_key *key;
	struct buf signature, binding; /* bytes */
};

struct admit_signature *admit_signature_new(const struct admit_signature_terms *terms)
{
	struct admit_signature *a = xcalloc(1, sizeof *a);

	a->terms = *terms;
	a->trust = terms->trust ? terms->trust : &a->own;
	a->pins = admit_trust_pins(a->trust, terms->root);
	return a;
}

/* --- what the record says --- */

/* Keeps a string member; one that is something else, other than null, is no signature. */
static void keep(struct admit_signature *a, enum text which, const struct json *j, uint32_t object, const char *key)
{
	uint32_t at = json_get(j, object, key);
	struct buf scratch = {0};

	if (!at || j->node[at].type == JSON_NULL)
		return;
	if (j->node[at].type != JSON_STRING)
		bad_input("unable to judge the package: its %s is no text", key);
	buf_reset(&a->room[which]);
	buf_span_add(&a->room[which], json_string(j, at, &scratch));
	a->text[which] = buf_span(&a->room[which]);
	buf_free(&scratch);
}

static bool differs(const struct json *j, uint32_t integrity, const char *key, struct span is)
{
	struct buf scratch = {0};
	uint32_t at = json_get(j, integrity, key);
	bool other = at && j->node[at].type != JSON_NULL &&
		     (j->node[at].type != JSON_STRING || !span_eq(json_string(j, at, &scratch), is));

	buf_free(&scratch);
	return other;
}

static void read_integrity(struct admit_signature *a, const struct json *j)
{
	uint32_t manifest = json_get(j, 0, "manifest");
	uint32_t integrity;

	if (!manifest || j->node[manifest].type != JSON_OBJECT)
		bad_input("unable to judge the package: it has no manifest");
	integrity = json_get(j, manifest, "integrity");
	if (!integrity || j->node[integrity].type == JSON_NULL)
		return;
	if (j->node[integrity].type != JSON_OBJECT)
		bad_input("unable to judge the package: its integrity is no object");
	keep(a, ALG, j, integrity, "alg");
	keep(a, SIGNATURE, j, integrity, "signature");
	keep(a, BINDING, j, integrity, "binding");
	keep(a, SIGNED_BY, j, integrity, "signed_by");
	a->clash = differs(j, integrity, "manifest_hash", a->text[MANIFEST_HASH]) ||
		   differs(j, integrity, "document_hash", a->text[DOCUMENT_HASH]);
}

bool admit_signature_add(struct admit_signature *a, struct record *r)
{
	if (!record_is(r, "package"))
		return false;
	if (a->met)
		bad_input("unable to trust the stream: it is about more than one package");
	a->met = true;
	keep(a, ARCHIVE_HASH, &r->json, 0, "archive_hash");
	keep(a, MANIFEST_HASH, &r->json, 0, "manifest_hash");
	keep(a, DOCUMENT_HASH, &r->json, 0, "document_hash");
	if (!record_hash_ok(a->text[MANIFEST_HASH]) || !record_hash_ok(a->text[DOCUMENT_HASH]) ||
	    (a->text[ARCHIVE_HASH].n && !record_hash_ok(a->text[ARCHIVE_HASH])))
		bad_input("unable to judge the package: its record lacks a hash that its reader computes");
	read_integrity(a, &r->json);
	return true;
}

/* --- does the key count? --- */

/* When its ledger shows the signature; a plane without one shows nothing. */
static int64_t signed_at(const struct admit_signature *a)
{
	const struct admit_signature_terms *t = &a->terms;
	struct span first = a->text[BINDING].n ? a->text[BINDING] : a->text[SIGNATURE];
	int64_t at = admit_trust_time(a->trust, t->root, t->root_path, t->now, first);

	if (at == KEY_TIME_UNKNOWN)
		at = admit_trust_time(a->trust, t->root, t->root_path, t->now, a->text[SIGNATURE]);
	return at;
}

/* A ledger is asked only where it can help: a key that counts now needs none, one that is revoked gets none. */
static const char *untrusted(const struct admit_signature *a)
{
	const char *why = key_unusable(a->key, KEY_TIME_UNKNOWN, a->terms.now);

	if (why && a->key->status != KEY_REVOKED)
		why = key_unusable(a->key, signed_at(a), a->terms.now);
	if (!why && !key_has_role(a->ring, a->key, "package_signer"))
		why = "the key has not the role package_signer";
	return why;
}

/* --- does it hold? --- */

static void tell(const struct admit_signature *a, enum code code, enum severity s, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void tell(const struct admit_signature *a, enum code code, enum severity s, const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	finding_in(code, s, a->terms.where, 0, "%s", buf_cstr(&text));
	buf_free(&text);
}

static enum severity fault(const struct admit_signature *a)
{
	return a->terms.only_tell ? SEVERITY_WARNING : SEVERITY_ERROR;
}

static void refuse(const struct admit_signature *a, enum code code, const char *why)
{
	struct span by = a->text[SIGNED_BY];

	tell(a, code, fault(a), "the signature of %.*s: %s", (int)by.n, by.p, why);
}

static void decode(const struct admit_signature *a, enum key_algorithm alg, struct buf *bytes, enum text which)
{
	if (!signature_text_read(bytes, a->text[which], alg))
		bad_input("unable to judge the package: its %s is not base64 of the length that its algorithm has",
			  which == BINDING ? "binding" : "signature");
}

static const char *fails(struct admit_signature *a)
{
	const struct span *t = a->text;
	struct buf message = {0};
	const char *why = NULL;

	if (a->clash)
		return "it is beside other hashes than the package comes to";
	if (!public_key_verify(a->key->key, buf_span(&a->signature), t[MANIFEST_HASH].p, t[MANIFEST_HASH].n))
		return "it does not hold";
	if (!t[BINDING].n)
		return NULL;
	binding_message(&message, t[MANIFEST_HASH], t[DOCUMENT_HASH], a->key->algorithm, a->key->id);
	if (!public_key_verify(a->key->key, buf_span(&a->binding), message.p, message.n))
		why = "its binding does not hold";
	buf_free(&message);
	return why;
}

/* Is whose it is said in a way that can be looked up? Fills the bytes and the key. */
static bool find_key(struct admit_signature *a)
{
	enum key_algorithm alg;
	bool known = key_algorithm_of(a->text[ALG], &alg);

	if (!known || key_id_bad(a->text[SIGNED_BY])) {
		tell(a, CODE_SIGNATURE, fault(a), "the signature does not say %s",
			known ? "whose it is" : "of which algorithm it is");
		return false;
	}
	decode(a, alg, &a->signature, SIGNATURE);
	if (a->text[BINDING].n)
		decode(a, alg, &a->binding, BINDING);
	a->ring = admit_trust_ring(a->trust, a->terms.keyring, a->terms.root, a->terms.root_path, a->terms.now);
	a->key = keyring_find(a->ring, a->text[SIGNED_BY]);
	if (!a->key)
		refuse(a, CODE_UNKNOWN_KEY, "the keyring does not have the key");
	else if (a->key->algorithm != alg)
		refuse(a, CODE_SIGNATURE, "it names another algorithm than the key has");
	return a->key && a->key->algorithm == alg;
}

static bool judge_unbound(struct admit_signature *a, struct admit_signed *out)
{
	const struct waiver_ask ask = {a->terms.root_path,    buf_span(&a->pins->plane_uid), a->ring,
				       a->terms.now,	      a->text[ARCHIVE_HASH],	    a->text[DOCUMENT_HASH],
				       code_name(CODE_UNBOUND), a->text[SIGNED_BY]};
	const char *why = a->terms.root < 0	     ? "without a plane there is none"
			  : !a->text[ARCHIVE_HASH].n ? "without an archive there is none"
						     : waiver_missing(&ask);

	if (why)
		tell(a, CODE_UNBOUND, fault(a),
		     "the signature covers the assets' content alone, and no waiver counts for that: %s", why);
	else
		tell(a, CODE_UNBOUND, SEVERITY_WARNING,
		     "the signature covers the assets' content alone; a waiver lets that pass");
	out->is_unbound = !why;
	return !why;
}

static bool judge_signed(struct admit_signature *a, struct admit_signed *out)
{
	const char *why;

	if (!find_key(a))
		return false;
	why = fails(a);
	if (why) {
		refuse(a, CODE_SIGNATURE, why);
		return false;
	}
	why = untrusted(a);
	if (why) {
		refuse(a, CODE_UNTRUSTED, why);
		return false;
	}
	if (!a->text[BINDING].n && !judge_unbound(a, out))
		return false;
	buf_span_add(&out->signed_by, a->text[SIGNED_BY]);
	buf_span_add(&out->signature, a->text[SIGNATURE]);
	return true;
}

static bool judge_unsigned(const struct admit_signature *a, struct admit_signed *out)
{
	const char *why = !a->terms.allow_unsigned   ? "nobody has signed it"
			  : !a->pins->development ? "nobody has signed it, and only a plane made for development "
						   "takes that (CONTROL_PLANE_ALLOW_UNSIGNED)"
						 : NULL;

	if (a->text[BINDING].n)
		why = "it has a binding, and no signature";
	if (why)
		tell(a, CODE_UNSIGNED, fault(a), "%s", why);
	else
		tell(a, CODE_UNSIGNED, SEVERITY_WARNING,
		     "nobody has signed it; CONTROL_PLANE_ALLOW_UNSIGNED lets that pass in this plane");
	out->is_unsigned = !why;
	return !why;
}

bool admit_signature_end(struct admit_signature *a, struct admit_signed *out)
{
	struct admit_signed own = {0}, *to = out ? out : &own;
	bool good = false;

	*to = (struct admit_signed){0};
	if (a->met)
		good = a->text[SIGNATURE].n ? judge_signed(a, to) : judge_unsigned(a, to);
	buf_free(&own.signed_by);
	buf_free(&own.signature);
	for (unsigned i = 0; i < TEXTS; i++)
		buf_free(&a->room[i]);
	buf_free(&a->signature);
	buf_free(&a->binding);
	admit_trust_free(&a->own);
	free(a);
	return good;
}
