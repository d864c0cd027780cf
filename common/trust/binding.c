#include "trust/binding.h"

#include "data/jsonw.h"
#include "seal/digest.h"
#include "trust/signature.h"
#include "trust/signer.h"

void binding_message(struct buf *b, struct span manifest_hash, struct span document_hash, enum key_algorithm a,
		     struct span signed_by)
{
	struct digest *d = digest_new();
	unsigned char sum[DIGEST_LEN];
	char hash[DIGEST_TEXT];

	digest_start(d);
	digest_add(d, manifest_hash.p, manifest_hash.n);
	digest_add(d, "\n", 1);
	digest_add(d, document_hash.p, document_hash.n);
	digest_add(d, "\n", 1);
	digest_end(d, sum);
	digest_free(d);
	digest_text(sum, hash);
	signature_message(b, &(struct signature_terms){SPAN("manifest"), SPAN("*"), {hash, DIGEST_TEXT}, a, signed_by});
}

static void add_signature(struct signer *s, struct buf *b, const char *key, struct span message)
{
	unsigned char signature[SIGNATURE_MAX];
	struct buf text = {0};

	signature_text_write(&text, signature, signer_sign(s, message.p, message.n, signature));
	jsonw_str(b, key, buf_span(&text));
	buf_free(&text);
}

void binding_sign(void *signer, struct buf *b, struct span manifest_hash, struct span document_hash)
{
	struct signer *s = signer;
	struct buf message = {0};

	jsonw_cstr(b, "alg", key_algorithm_name(signer_algorithm(s)));
	add_signature(s, b, "signature", manifest_hash);
	binding_message(&message, manifest_hash, document_hash, signer_algorithm(s), s->key_id);
	add_signature(s, b, "binding", buf_span(&message));
	jsonw_str(b, "signed_by", s->key_id);
	buf_free(&message);
}
