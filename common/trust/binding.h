/* What the `binding` of a manifest is a signature over (cp-manifest(5)): the hash of its assets and that of its
 * document in one, so that neither can be put beside another. */
#ifndef CP_TRUST_BINDING_H
#define CP_TRUST_BINDING_H

#include "seal/sign.h"

/* Appends the message (signature.h): of the purpose `manifest`, for any plane, about SHA-256 over both hashes as they
 * stand there, each followed by LF. */
void binding_message(struct buf *b, struct span manifest_hash, struct span document_hash, enum key_algorithm a,
		     struct span signed_by);

/* Signs a manifest: appends alg, signature (over the bytes of manifest_hash), binding and signed_by as members of its
 * integrity. `signer` is a struct signer, started. */
void binding_sign(void *signer, struct buf *b, struct span manifest_hash, struct span document_hash);

#endif
