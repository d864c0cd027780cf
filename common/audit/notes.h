/* What a command line names of seals: files with signed checkpoints, verifier keys, private keys. */
#ifndef CP_AUDIT_NOTES_H
#define CP_AUDIT_NOTES_H

#include "chain/event.h"
#include "filter/opt.h"
#include "seal/checkpoint.h"

struct note_file {
	struct buf text;
	struct note note;
	struct checkpoint checkpoint;
};

/* Ends the process with 4 when it cannot be read, 3 when it is no signed checkpoint; messages point at it (err_place)
 * until somebody else's place is set. */
void note_file_read(struct note_file *f, const char *path);
/* The same of text that is there already: `path` is for messages. */
void note_file_parse(struct note_file *f, struct span text, const char *path);
void note_file_free(struct note_file *f);

/* A verifier key: its text, or the name of a file that holds it. Ends the process with 2 or 4 when it is none. */
void vkey_read(struct note_key *k, const char *text_or_file);

/* A private key for checkpoints. Ends the process with 3 when the file is no key that may be used, with 4 when it
 * cannot be read. */
struct sign_key *key_file_read(const char *path);

/* Checks the signatures: by `vkey` (NULL: nobody asks, and its level is unchecked), by each witness. What does not hold
 * is a finding, SIGNATURE. The level that such a checkpoint has. */
enum rollback_level note_file_level(const struct note_file *f, const char *vkey, const struct opt_list *witnesses);

#endif
