/* DSSE envelopes (secure-systems-lab/dsse, protocol.md) that hold an in-toto Statement v1 with a predicate of ours:
 *   {"_type":"https://in-toto.io/Statement/v1","predicate":{algorithm, plane_uid, purpose, signed_at, signed_by},
 *    "predicateType":"urn:cp-filters:signature:1","subject":[{"digest":{"sha256":...},"name":...}]}
 * Any other predicate says something else of its subject than that somebody signs it. */
#ifndef CP_FOREIGN_DSSE_H
#define CP_FOREIGN_DSSE_H

#include "data/json.h"

enum { DSSE_SIGNATURES = 16 };

struct dsse_terms {
	struct span purpose, plane_uid, hash /* `sha256:...` */, name, algorithm, signed_by, signed_at;
};

/* Appends the statement, canonical. */
void dsse_statement(struct buf *b, const struct dsse_terms *t);
/* Appends what is signed: the pre-authentication encoding of a payload. */
void dsse_message(struct buf *b, struct span payload);
/* Appends the envelope. */
void dsse_write(struct buf *b, struct span payload, struct span key_id, struct span signature);

struct dsse {
	struct json envelope, statement;
	struct buf payload;
	struct dsse_signature {
		struct span key_id; /* n 0: it is not said */
		struct buf bytes;
	} signature[DSSE_SIGNATURES];
	unsigned n;
	/* what our predicate says; {NULL,0}: nothing */
	struct span purpose, plane_uid, signed_by, algorithm;
};

/* Reads an envelope, whose text must outlive it. NULL, or why it is none of ours. Free it in either case. */
const char *dsse_read(struct dsse *d, struct span text);
void dsse_free(struct dsse *d);
/* Is the hash (`sha256:...`) that of one of its subjects? */
bool dsse_about(const struct dsse *d, struct span hash);

#endif
