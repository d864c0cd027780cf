/* Notes, checkpoints, proofs and verifier keys: what is read refers to the text alone and comes out again as it was;
 * nobody's signature holds over what nobody signed. */
#include "base/buf.h"
#include "seal/checkpoint.h"
#include "seal/note.h"

#include <stdint.h>
#include <stdlib.h>

static bool within(struct span part, struct span whole)
{
	return !part.n || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void key(struct span text)
{
	struct note_key k, again;
	struct buf b = {0};

	if (note_key_parse(&k, text))
		return;
	note_key_write(&b, &k);
	if (!span_eq(buf_span(&b), text) || note_key_parse(&again, buf_span(&b)) || memcmp(&k, &again, sizeof k) != 0)
		abort();
	buf_free(&b);
}

static void checkpoint(struct span text)
{
	struct checkpoint c, again;
	struct buf b = {0};

	if (checkpoint_parse(&c, text))
		return;
	checkpoint_write(&b, &c);
	/* Lines behind the third are extensions. */
	if (b.n > text.n || memcmp(b.p, text.p, b.n) != 0 || checkpoint_parse(&again, buf_span(&b)) ||
	    again.size != c.size || memcmp(again.root, c.root, DIGEST_LEN) != 0 || !span_eq(again.origin, c.origin))
		abort();
	buf_free(&b);
}

static void note(struct span text, const uint8_t *seed)
{
	struct note n;
	struct note_key k;
	unsigned char public[ED25519_KEY] = {1};
	enum note_algorithm which = seed[0] & 1 ? NOTE_COSIGNATURE : NOTE_ED25519;
	int64_t time;

	if (note_parse(&n, text))
		return;
	if (!within(n.text, text) || !within(n.signatures, text) || !n.text.n || n.text.p[n.text.n - 1] != '\n' ||
	    n.text.n + 1 + n.signatures.n != text.n)
		abort();
	memcpy(public, seed, ED25519_KEY);
	note_key_make(&k, "example/ho1/exec", which, public);
	if (note_verify(&n, &k, &time) == NOTE_VERIFIED)
		abort();
	checkpoint(n.text);
}

static void proof(struct span text)
{
	struct proof_text p, again;
	struct buf b = {0};

	if (proof_parse(&p, text))
		return;
	if (!within(p.note, text) || p.proof.n > MERKLE_NODES / 2)
		abort();
	proof_write(&b, &p);
	if (proof_parse(&again, buf_span(&b)) || again.index != p.index || again.consistency != p.consistency ||
	    again.proof.n != p.proof.n || memcmp(again.proof.hash, p.proof.hash, p.proof.n * DIGEST_LEN) != 0 ||
	    !span_eq(again.note, p.note))
		abort();
	buf_free(&b);
}

/* A proof against any root: an answer, and never yes to an index behind the end. */
static void included(const uint8_t *data, size_t size)
{
	struct proof_text p;
	struct digest *d = digest_new();
	uint64_t n = 0;

	if (!proof_parse(&p, (struct span){(const char *)data, size})) {
		memcpy(&n, data, size < sizeof n ? size : sizeof n);
		if (merkle_included(d, data, p.index, n % 9, &p.proof, data) && p.index >= n % 9)
			abort();
		if (merkle_consistent(d, p.index, data, n, data, &p.proof) && (!p.index || p.index > n))
			abort();
	}
	digest_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};

	key(text);
	checkpoint(text);
	proof(text);
	if (size < 2 * ED25519_KEY)
		return 0;
	note(text, data);
	included(data, size);
	return 0;
}
