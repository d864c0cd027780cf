/* The forms that a signature has (cp-signature(5)): our own, and the files that foreign tools read and write. */
#ifndef CP_TRUST_FORM_H
#define CP_TRUST_FORM_H

#include "record/finding.h"
#include "trust/signer.h"
#include "trust/subject.h"

enum form { FORM_CP, FORM_SSHSIG, FORM_MINISIGN, FORM_DSSE, FORM_NOTE, FORM_DETACHED, FORMS };

const char *form_name(enum form f);
bool form_of(struct span name, enum form *out);
/* NULL, or why a key of that algorithm makes none of it. */
const char *form_key_bad(enum form f, enum key_algorithm a);
/* NULL, or why it is none for that subject. */
const char *form_subject_bad(enum form f, const struct subject *s);
/* Does it say for which plane it is? */
bool form_has_plane(enum form f);

/* What all signatures of a run have in common. */
struct form_terms {
	enum form form;
	struct span plane_uid, signed_by;
	int64_t at; /* when, where the form says it */
	int dir;    /* where archives are */
};

/* Appends the file of a foreign form, or the `detached` record: made by the signer, over s. Ends the process with 3
 * when the archive is not there as its record says, or the signer is not to be trusted. */
void form_write(struct buf *text, const struct form_terms *t, const struct subject *s, struct signer *signer);

enum form_answer {
	FORM_HOLDS,
	FORM_REFUSED,	  /* *code, *why */
	FORM_UNDECODABLE, /* it is no file of that form: *why */
};
/* Judges such a file. `key` NULL: it is not known, and FORM_REFUSED is what a file of that form gets. `plane_uid`:
 * what it says of the plane, `*` where it says nothing (a slice of *scratch). An archive that cannot be read, or is
 * not as its record says, is a refusal. */
enum form_answer form_judge(const struct form_terms *t, struct span text, const struct subject *s,
			    const struct public_key *key, struct buf *plane_uid, enum code *code, const char **why);

#endif
