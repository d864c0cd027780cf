/* Signed notes (c2sp.org/signed-note): a text with Ed25519 signatures beneath it, and the verifier keys that name and
 * check them; signatures of witnesses (c2sp.org/tlog-cosignature) too. */
#ifndef CP_SEAL_NOTE_H
#define CP_SEAL_NOTE_H

#include "seal/sign.h"

enum { NOTE_BYTES = 1 << 20, NOTE_SIGNATURES = 100, NOTE_NAME = 255 };
enum note_algorithm { NOTE_ED25519 = 1, NOTE_COSIGNATURE = 4 };

/* A verifier key, `NAME+HASH+KEY`. */
struct note_key {
	char name[NOTE_NAME + 1];
	uint32_t id; /* big-endian first four bytes of SHA-256(name LF algorithm key) */
	enum note_algorithm algorithm;
	unsigned char key[ED25519_KEY];
};

/* Why the bytes are no name of a key, nor of a ledger ("has a blank"), or NULL: UTF-8 without blanks, `+` and what a
 * terminal obeys, 1 to NOTE_NAME bytes. */
const char *note_name_bad(struct span name);
/* NULL, or why the text is no verifier key. */
const char *note_key_parse(struct note_key *k, struct span text);
/* `name` must be good. */
void note_key_make(struct note_key *k, const char *name, enum note_algorithm algorithm,
		   const unsigned char key[ED25519_KEY]);
void note_key_write(struct buf *b, const struct note_key *k);

/* Slices of the file. */
struct note {
	struct span text;       /* with its last LF */
	struct span signatures; /* the lines behind the blank one */
};
/* NULL, or why the bytes are no signed note. */
const char *note_parse(struct note *n, struct span file);

enum note_answer { NOTE_VERIFIED, NOTE_FORGED /* a signature of that key that does not hold */, NOTE_UNSIGNED };
/* *time (may be NULL): seconds since 1970 that a witness vouches for, else 0. */
enum note_answer note_verify(const struct note *n, const struct note_key *k, int64_t *time);
/* Appends the text (which ends in LF), the blank line and one signature. */
void note_sign(struct buf *b, struct span text, const char *name, const struct sign_key *k);
/* The same with a signature of the text that was made elsewhere. */
void note_signed(struct buf *b, struct span text, const struct note_key *k,
		 const unsigned char signature[ED25519_SIGNATURE]);

#endif
