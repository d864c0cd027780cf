/* Our own signatures: what they cover, so that none can be taken for another. */
#ifndef CP_TRUST_SIGNATURE_H
#define CP_TRUST_SIGNATURE_H

#include "seal/sign.h"

struct signature_terms {
	struct span purpose;   /* record, manifest, archive, checkpoint, keyring */
	struct span plane_uid; /* `*`: any */
	struct span hash;      /* `sha256:...` of the subject */
	enum key_algorithm algorithm;
	struct span signed_by; /* a key_id */
};

/* Appends what is signed: "cp-sig/1" and the five terms, a line each. */
void signature_message(struct buf *b, const struct signature_terms *t);
/* `base64:...`, exactly of the size that the algorithm has. */
bool signature_text_read(struct buf *bytes, struct span text, enum key_algorithm a);
void signature_text_write(struct buf *b, const unsigned char *p, size_t n);

#endif
