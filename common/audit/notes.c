#include "audit/notes.h"

#include "filter/filter.h"
#include "os/in.h"

#include <errno.h>

enum { VKEY_BYTES = 4096 };

void note_file_parse(struct note_file *f, struct span text, const char *path)
{
	const char *why;

	err_place(path, 0);
	why = note_parse(&f->note, text);
	if (why)
		bad_input("unable to read the signed checkpoint: %s", why);
	why = checkpoint_parse(&f->checkpoint, f->note.text);
	if (why)
		bad_input("unable to read the checkpoint: %s", why);
}

void note_file_read(struct note_file *f, const char *path)
{
	*f = (struct note_file){.text = {0}};
	if (slurp(path, NOTE_BYTES, &f->text) < 0)
		sys_fail(errno, "unable to read the checkpoint %s", path);
	note_file_parse(f, buf_span(&f->text), path);
}

void note_file_free(struct note_file *f)
{
	buf_free(&f->text);
}

void vkey_read(struct note_key *k, const char *text_or_file)
{
	struct buf b = {0};
	const char *why = note_key_parse(k, span_of(text_or_file));

	if (!why)
		return;
	errno = 0;
	if (slurp(text_or_file, VKEY_BYTES, &b) < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG))
		bad_usage("unable to use the key %s: it is no verifier key (%s), nor a file", text_or_file, why);
	if (!b.n && errno)
		sys_fail(errno, "unable to read the key %s", text_or_file);
	if (b.n && b.p[b.n - 1] == '\n')
		b.n--;
	why = note_key_parse(k, buf_span(&b));
	if (why)
		bad_usage("unable to use the key in %s: %s", text_or_file, why);
	buf_free(&b);
}

struct sign_key *key_file_read(const char *path)
{
	const char *why = NULL;
	struct sign_key *k = sign_key_open(path, &why);

	if (k && sign_key_algorithm(k) == KEY_ED25519)
		return k;
	if (!k && errno)
		sys_fail(0, "unable to read the key %s: %s", path, why);
	err_place(path, 0);
	bad_input("unable to use the key: %s", k ? "it is no Ed25519 key" : why);
}

static bool signed_by(const struct note_file *f, const char *key, bool by_itself)
{
	struct note_key k;
	enum note_answer answer;

	vkey_read(&k, key);
	/* A log's own key has the log's name (c2sp.org/tlog-checkpoint). */
	if (by_itself && !span_is(f->checkpoint.origin, k.name)) {
		finding(CODE_SIGNATURE, (struct span){0}, "the checkpoint is of the ledger %.*s, the key of %s",
			(int)f->checkpoint.origin.n, f->checkpoint.origin.p, k.name);
		return false;
	}
	answer = note_verify(&f->note, &k, NULL);
	if (answer == NOTE_FORGED)
		finding(CODE_SIGNATURE, (struct span){0}, "the checkpoint's signature by %s does not hold", k.name);
	else if (answer == NOTE_UNSIGNED)
		finding(CODE_SIGNATURE, (struct span){0}, "the checkpoint is not signed by that key of %s", k.name);
	return answer == NOTE_VERIFIED;
}

enum rollback_level note_file_level(const struct note_file *f, const char *vkey, const struct opt_list *witnesses)
{
	bool witnessed = witnesses->n > 0;

	if (vkey && !signed_by(f, vkey, true))
		return LEVEL_UNCHECKED;
	for (unsigned i = 0; i < witnesses->n; i++)
		witnessed &= signed_by(f, witnesses->item[i], false);
	/* What nobody's signature was asked of vouches for nothing. */
	return witnessed ? LEVEL_WITNESSED : vkey ? LEVEL_LOCAL : LEVEL_UNCHECKED;
}
