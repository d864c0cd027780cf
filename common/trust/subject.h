/* What a signature may be about: which record of a stream, which hash stands for it, and which bytes. */
#ifndef CP_TRUST_SUBJECT_H
#define CP_TRUST_SUBJECT_H

#include "record/record.h"
#include "seal/digest.h"

struct subject {
	const char *purpose; /* record, manifest, archive, checkpoint */
	char hash[DIGEST_TEXT];
	struct buf bytes; /* what foreign formats sign; not of an archive */
	struct buf path;  /* n 0: it has none. Of an archive: where the bytes are */
};

/* Buffers are kept from call to call. 1: *s is set; 0: the record is none (a signature, a finding, a verdict, a plane,
 * a judgement); -1: *why it cannot be one. What stands for it:
 *   archive        its `hash`; the bytes are the file's
 *   checkpoint     the text of its note, which is that of a checkpoint
 *   package        its `manifest_hash`, as text, where it has one
 *   anything else  its canonical form (RFC 8785) */
int subject_of(struct subject *s, struct record *r, struct digest *d, const char **why);
/* By its kind: is it one? */
bool subject_is(const struct record *r);
void subject_free(struct subject *s);

static inline struct span subject_hash(const struct subject *s)
{
	return (struct span){s->hash, DIGEST_TEXT};
}

#endif
