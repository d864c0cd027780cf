/* One entry of a ledger in format cp-ledger/1 (cp-ledger(5)):
 *   line       = JCS(entry), at most ENTRY_BYTES, followed by LF
 *   entry_hash = "sha256:" hex(SHA-256(JCS(entry without entry_hash) || prev_hash as text))
 *   leaf       = SHA-256(0x00 || line)
 * The stored bytes are the canonical bytes, so what is hashed is a slice of the line and nothing is written anew. */
#ifndef CP_CHAIN_ENTRY_H
#define CP_CHAIN_ENTRY_H

#include "chain/event.h"
#include "data/json.h"
#include "seal/digest.h"

/* ENTRY_DEPTH: a record that carries an entry is one level deeper. */
enum { ENTRY_BYTES = 65535, ENTRY_DEPTH = JSON_DEPTH - 1, ENTRY_STAMP = 24 /* "2026-02-02T12:00:01.250Z" */ };

/* "sha256:" and 64 zeros: what stands before the first entry. */
extern const char entry_genesis_hash[DIGEST_TEXT + 1];

/* Slices of the line. */
struct entry {
	struct span line;
	struct json json;
	int64_t seq;
	struct span author, event_type, entry_id, timestamp;
	struct span entry_hash,
		prev_hash; /* DIGEST_TEXT bytes that begin as hashes do; entry_hash.p NULL: it has none */
	uint32_t hash_key; /* node of the key entry_hash */
	struct span dedupe_key; /* n 0: none */
};

/* Reads one line without its LF. NULL, or why it is no entry. An entry without a hash is read: entry_hash.p is NULL. */
const char *entry_read(struct entry *e, struct span line);
void entry_free(struct entry *e);

/* What entry_hash must be. */
void entry_sum(struct digest *d, const struct entry *e, unsigned char out[DIGEST_LEN]);
/* Is it? The entry has a hash. */
bool entry_hash_holds(struct digest *d, const struct entry *e);
/* Appends what entry_id must be. */
void entry_id_write(struct buf *b, const char *prefix, struct span timestamp, int64_t seq);

/* What append adds to a body. */
struct entry_stamp {
	const char *prefix;            /* of the id */
	struct span author;            /* n 0: the body has its own */
	int64_t seq, uid;              /* uid -1: none */
	char timestamp[ENTRY_STAMP + 1];
	char prev_hash[DIGEST_TEXT];
};
/* Appends the line (no LF) of a body, which is a canonical object with an event_type and none of the members that
 * append adds, and writes its entry_hash. */
void entry_write(struct buf *b, struct digest *d, const struct json *body, const struct entry_stamp *s,
		 char entry_hash[DIGEST_TEXT]);

/* SHA-256 over what an entry says and who says it: its body without the members that append adds, and its author.
 * `body` is canonical: an entry, or a body, whose author may be beside it. */
void entry_body_sum(struct digest *d, const struct json *body, struct span author, unsigned char out[DIGEST_LEN]);

/* The facts of a GENESIS entry. */
struct genesis {
	struct span ledger, plane_uid; /* plane_uid.n 0: it has none */
	enum ledger_type type;
	enum rollback_level level; /* the least that a check must reach */
	uint32_t parent, legacy;   /* nodes; 0: none */
};
/* NULL, or what is wrong with it. */
const char *genesis_read(struct genesis *g, const struct entry *e);

/* A member of an object by its name: a string, slice of the text. False when absent, no string or escaped. */
bool entry_text(const struct json *j, uint32_t object, const char *key, struct span *out);

#endif
