/* Signatures of foreign forms: the first byte says which. Whatever the bytes, what is read refers to the text alone,
 * says the same when it is written again, and nothing holds that nobody signed. */
#include "foreign/dsse.h"
#include "foreign/minisign.h"
#include "foreign/sshsig.h"

#include <stdint.h>
#include <stdlib.h>

static struct public_key *nobody(void)
{
	static struct public_key *k;
	static const char bytes[] = "\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a"
				    "\x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68\xf7\x07\x51\x1a";
	const char *why;

	if (!k)
		k = public_key_read(KEY_ED25519, (struct span){bytes, ED25519_KEY}, &why);
	return k;
}

static bool within(struct span part, struct span whole)
{
	return !part.n || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void must(bool good)
{
	if (!good)
		abort();
}

static void sshsig(struct span text)
{
	struct sshsig s, again;
	struct buf b = {0}, m = {0};
	struct span own;

	if (!sshsig_read(&s, text)) {
		own = buf_span(&s.bytes);
		must(within(s.key, own) && within(s.namespace, own) && within(s.signature, own));
		sshsig_message(&m, s.namespace, s.hash, SPAN("a digest"));
		if (s.ed25519) {
			must(!public_key_verify_ssh(nobody(), s.signature, m.p, m.n));
			sshsig_write(&b, nobody(), s.namespace, s.signature);
			must(!sshsig_read(&again, buf_span(&b)));
			must(span_eq(again.namespace, s.namespace) && span_eq(again.signature, s.signature));
			sshsig_free(&again);
		}
	}
	sshsig_free(&s);
	buf_free(&b);
	buf_free(&m);
}

static void minisign(struct span text)
{
	struct minisign m, again;
	struct buf b = {0};

	if (minisign_read(&m, text))
		return;
	must(within(m.comment, text));
	minisign_write(&b, &m, SPAN("x"));
	must(!minisign_read(&again, buf_span(&b)));
	must(again.prehashed == m.prehashed && memcmp(again.id, m.id, sizeof m.id) == 0 &&
	     memcmp(again.signature, m.signature, sizeof m.signature) == 0 && span_eq(again.comment, m.comment));
	buf_free(&b);
}

static void dsse(struct span text)
{
	struct dsse d;
	struct buf m = {0};

	if (!dsse_read(&d, text)) {
		struct span own = buf_span(&d.payload);

		must(d.n >= 1 && d.n <= DSSE_SIGNATURES && d.purpose.p);
		must(within(d.purpose, own) && within(d.plane_uid, own) && within(d.signed_by, own));
		dsse_message(&m, own);
		for (unsigned i = 0; i < d.n; i++)
			must(!public_key_verify(nobody(), buf_span(&d.signature[i].bytes), m.p, m.n));
		dsse_about(&d, SPAN("sha256:00"));
	}
	dsse_free(&d);
	buf_free(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data + 1, size - 1};

	if (!size)
		return 0;
	if (data[0] % 3 == 0)
		sshsig(text);
	else if (data[0] % 3 == 1)
		minisign(text);
	else
		dsse(text);
	return 0;
}
