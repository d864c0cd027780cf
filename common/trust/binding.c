#include "trust/binding.h"

#include "seal/digest.h"
#include "trust/signature.h"

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
