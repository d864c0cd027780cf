/* cp-ledger-checkpoint: signs how far a ledger has come. */
#include "audit/evidence.h"
#include "audit/notes.h"
#include "audit/verify.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "ledger/tree.h"
#include "os/save.h"
#include "seal/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char *key_path, *out_path;

/* --- what was signed before must still be in it --- */

static void fault(void *ctx, enum code code, enum severity severity, const struct finding_place *place,
		  const char *detail)
{
	(void)ctx;
	finding_at(code, severity, place, "%s", detail);
}

static void resolved(void *ctx, uint64_t size, const unsigned char *head, const unsigned char *root)
{
	evidence_resolved(ctx, size, head, root);
}

static void opened(void *ctx, struct check *c, const struct opening *o)
{
	(void)o;
	evidence_want(ctx, c);
}

/* Reads the whole ledger again, up to what was signed and further: a signer never contradicts itself. */
static bool consistent(const char *path, const struct note_file *old)
{
	struct evidence e = {.n = 0};
	struct check_ask ask = {.profile = PROFILE_V1, .tree = true, .schemas = -1, .ctx = &e, .fault = fault,
				.opened = opened, .resolved = resolved};
	struct progress none = {.on = false};
	struct evidence_item *i = evidence_add(&e, LEVEL_LOCAL, "the former checkpoint", old->checkpoint.size);
	struct verified v;

	i->has_root = true;
	memcpy(i->root, old->checkpoint.root, DIGEST_LEN);
	verify_ledger(path, &ask, &none, &v);
	evidence_judge(&e, &v.result, &ask, path);
	verify_end(&v);
	evidence_free(&e);
	return !filter_findings();
}

/* True: nothing was signed before, or it is in what is signed now. */
static bool keeps_word(struct place *p, const struct opening *o, const struct position *at)
{
	int fd = openat(p->dir, place_name(p, ".checkpoint"), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct note_file old = {.text = {0}};
	struct buf name = {0};
	bool good = true;

	if (fd < 0 && errno == ENOENT)
		return true;
	buf_printf(&name, "%s.checkpoint", p->path);
	if (fd < 0 || slurp_fd(fd, NOTE_BYTES, &old.text) < 0)
		sys_fail(errno, "unable to read %s", buf_cstr(&name));
	close(fd);
	note_file_parse(&old, buf_span(&old.text), buf_cstr(&name));
	err_place(NULL, 0);
	if (!span_eq(old.checkpoint.origin, o->ledger)) {
		finding(CODE_FORK, (struct span){0}, "the former checkpoint is of the ledger %.*s",
			(int)old.checkpoint.origin.n, old.checkpoint.origin.p);
		good = false;
	} else if (old.checkpoint.size != at->size || memcmp(old.checkpoint.root, at->root, DIGEST_LEN) != 0) {
		good = consistent(p->path, &old);
	}
	note_file_free(&old);
	buf_free(&name);
	return good;
}

/* --- signing --- */

static void write_note(struct place *p, const struct buf *note)
{
	struct save s;
	int begun = out_path ? save_begin(&s, AT_FDCWD, out_path, 0644)
			     : save_begin(&s, p->dir, place_name(p, ".checkpoint"), 0644);

	if (begun < 0)
		sys_fail(errno, "unable to write the checkpoint");
	out_add(&s.out, note->p, note->n);
	if (save_commit(&s) < 0)
		sys_fail(errno, "unable to write the checkpoint");
}

static void say(const struct opening *o, const struct position *at, const struct sign_key *key, const struct buf *note)
{
	struct buf *b = out_record("checkpoint"), origin = {0}, vkey = {0};
	unsigned char public[ED25519_KEY];
	struct note_key k;

	buf_span_add(&origin, o->ledger);
	sign_key_raw(key, public);
	note_key_make(&k, buf_cstr(&origin), NOTE_ED25519, public);
	note_key_write(&vkey, &k);
	jsonw_str(b, "ledger", o->ledger);
	jsonw_int(b, "size", (int64_t)at->size);
	digest_member(b, "root_hash", at->root);
	jsonw_str(b, "head_hash", (struct span){at->head, DIGEST_TEXT});
	jsonw_str(b, "vkey", buf_span(&vkey));
	jsonw_str(b, "checkpoint", buf_span(note));
	if (filter_dry_run())
		jsonw_bool(b, "dry_run", true);
	emit_out();
	buf_free(&origin);
	buf_free(&vkey);
}

static void start(int argc, char **argv)
{
	struct sign_key *key = key_file_read(key_path);
	struct digest *digest = digest_new();
	struct opening o = {.kind = OPENING_OTHER};
	struct position at;
	struct place p;
	struct buf note = {0};

	(void)argc;
	if (place_open(&p, argv[0], true) < 0)
		sys_fail(errno, "unable to open the ledger %s", argv[0]);
	tree_of(&p, digest, &o, &at);
	if (keeps_word(&p, &o, &at)) {
		position_sign(&note, &o, &at, key);
		if (!filter_dry_run())
			write_note(&p, &note);
		say(&o, &at, key, &note);
	}
	sign_key_free(key);
	digest_free(digest);
	opening_free(&o);
	place_close(&p);
	buf_free(&note);
}

static const struct opt opts[] = {
	{.name = "key",
	 .value = "KEY",
	 .summary = "the private key, Ed25519 in PEM",
	 .kind = OPT_STR,
	 .target = &key_path,
	 .required = true},
	{.name = "out",
	 .value = "FILE",
	 .summary = "write it there, not to LEDGER.checkpoint",
	 .kind = OPT_STR,
	 .target = &out_path},
	{0},
};

static const struct filter self = {
	.name = "cp-ledger-checkpoint",
	.summary = "sign how far a ledger has come",
	.args = "LEDGER",
	.reads = "",
	.writes = "checkpoint finding",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_DRY_RUN | FILTER_OWN_INPUT,
	.operands_min = 1,
	.operands_max = 1,
	.start = start,
};

int main(int argc, char **argv)
{
	secret_guard();
	return filter_main(argc, argv, &self);
}
