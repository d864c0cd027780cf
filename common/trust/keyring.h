/* A keyring (004 section 13, cp-keyring(5)): the public keys that are believed, for what and when. In memory;
 * where it lies and how it gets there is keyfile.h's. */
#ifndef CP_TRUST_KEYRING_H
#define CP_TRUST_KEYRING_H

#include "data/json.h"
#include "seal/digest.h"
#include "seal/sign.h"

enum { KEYRING_BYTES = 4 << 20, KEYRING_KEYS = 4096, KEY_ID_BYTES = 255 };

enum key_status { KEY_ACTIVE, KEY_RETIRED, KEY_REVOKED, KEY_STATUSES };

struct trusted_key {
	struct span id;          /* slices of the document, plain */
	struct span owner;       /* a person or a program; {NULL,0}: it is not said */
	enum key_algorithm algorithm;
	struct public_key *key;
	struct span public_text; /* as it stands there, `base64:...` */
	unsigned char self[DIGEST_LEN]; /* of what public_key_self says */
	int64_t from, until;     /* ns since 1970: from the one, to the other and with it */
	enum key_status status;
	int64_t ended;           /* retired or revoked at; INT64_MIN where that is not said */
	uint32_t node;           /* its object in the document */
};

struct keyring {
	struct buf text;
	struct json json;
	int64_t version;         /* 0: the form of 004, which has none */
	uint32_t signature;      /* its object, 0: none */
	struct span signed_by, signature_text; /* as they stand there */
	struct trusted_key *key;
	size_t n;
};

/* Takes the text over. Every fault is told (`key` {NULL,0}: of the document itself); the number of them. With one,
 * nothing in the ring may be believed. */
size_t keyring_read(struct keyring *r, struct buf *text, void (*fault)(void *ctx, struct span key, const char *why),
		    void *ctx);
void keyring_free(struct keyring *r);

/* NULL: unknown. */
const struct trusted_key *keyring_find(const struct keyring *r, struct span id);
/* The key in it that its own signature names; NULL: it is not signed, or by none of its keys. */
const struct trusted_key *keyring_signer(const struct keyring *r);
bool key_has_role(const struct keyring *r, const struct trusted_key *k, const char *role);

const char *key_status_name(enum key_status s);

/* May a signature of that key count? `signed_at` is when it was made, where a ledger says so, else KEY_TIME_UNKNOWN;
 * then `now` stands in for it, but a key that was retired counts for nothing. NULL, or why not. */
#define KEY_TIME_UNKNOWN INT64_MIN
const char *key_unusable(const struct trusted_key *k, int64_t signed_at, int64_t now);

/* NULL, or why the bytes are no key_id. */
const char *key_id_bad(struct span id);

#endif
