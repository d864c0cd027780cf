/* cp-verify: judges the signatures of a stream by a keyring. */
#include "base/text.h"
#include "data/jsonw.h"
#include "filter/gate.h"
#include "os/clock.h"
#include "trust/form.h"
#include "trust/keyfile.h"
#include "trust/signature.h"
#include "witness/witness.h"

#include <errno.h>
#include <fcntl.h>

enum { SIGNATURES = 64 /* of one record */ };

static const char *keyring_path, *at_text, *role, *purpose, *plane_uid, *format, *ledger, *files = ".";
static struct opt_list kinds;
static bool pass;
static struct keyfile file;
static struct digest *digest;
static struct witness *witness;
static int64_t now;
static int dir;

/* The record whose signatures are being read. */
static struct {
	bool open;		     /* there is one */
	bool other;		     /* there is one that nobody asked for, nor for its signatures */
	unsigned n;		     /* signatures of it that were read */
	struct buf seen[SIGNATURES]; /* of which form, whose, for which plane */
	struct subject subject;
} about;

static struct span about_path(void)
{
	return about.open && about.subject.path.n ? buf_span(&about.subject.path) : (struct span){0};
}

/* A clock that was turned back does not make an entry unseen, nor a key valid again. */
static void open_ledger(void)
{
	if (!ledger)
		return;
	witness = witness_open(ledger, at_text ? now : INT64_MAX, plane_uid ? span_of(plane_uid) : (struct span){0});
	if (!at_text && witness_latest(witness) > now)
		now = witness_latest(witness);
}

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	now = option_time("at", at_text, clock_now());
	dir = open(files, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		sys_fail(errno, "unable to open the directory %s", files);
	keyfile_open(&file, keyring_path, true);
	open_ledger();
	digest = digest_new();
}

/* --- the record that is signed --- */

static void close_subject(void)
{
	if (about.open && !about.n)
		finding(CODE_UNSIGNED, about_path(), "the %s %.*s is not signed", about.subject.purpose, DIGEST_TEXT,
			about.subject.hash);
	about.open = about.other = false;
	about.n = 0;
}

static bool is_wanted(const struct record *r)
{
	for (unsigned i = 0; i < kinds.n; i++)
		if (record_is(r, kinds.item[i]))
			return true;
	return !kinds.n;
}

static void open_subject(struct record *r)
{
	const char *why = NULL;
	int is;

	close_subject();
	about.other = subject_is(r) && !is_wanted(r);
	is = about.other ? 0 : subject_of(&about.subject, r, digest, &why);
	if (is < 0)
		bad_input("unable to verify the record: %s", why);
	about.open = is;
	if (is)
		gate_checked(1);
}

/* --- a signature --- */

struct claim {
	enum form form;
	struct signature_terms terms;
	enum key_algorithm algorithm; /* as it says; KEY_ALGORITHMS: it does not */
	struct span text;	      /* the signature, or the file */
	const struct trusted_key *key;
	int64_t signed_at;
	struct buf bytes, bare, plane;
	struct buf scratch[8];
	unsigned used;
};

static bool member(struct claim *c, const struct record *r, const char *name, struct span *out)
{
	return record_str(r, name, out, &c->scratch[c->used++]);
}

static bool optional(struct claim *c, const struct record *r, const char *name, struct span *out)
{
	return !record_get(r, name) || member(c, r, name, out);
}

static bool read_bytes(struct buf *bytes, struct span text, const struct claim *c)
{
	return signature_text_read(bytes, text, c->algorithm);
}

/* NULL, or what is wrong with our own form. */
static const char *read_own(struct claim *c, const struct record *r)
{
	struct span algorithm, bare = {0};

	if (!member(c, r, "purpose", &c->terms.purpose) || !member(c, r, "plane_uid", &c->terms.plane_uid) ||
	    !member(c, r, "hash", &c->terms.hash) || !member(c, r, "algorithm", &algorithm) ||
	    !member(c, r, "signature", &c->text) || !optional(c, r, "manifest_signature", &bare))
		return "it lacks a member, or one of them is no text";
	if (!record_hash_ok(c->terms.hash))
		return "its hash is none";
	if (!key_algorithm_of(algorithm, &c->algorithm))
		return "its algorithm is not known";
	if (!read_bytes(&c->bytes, c->text, c) || (bare.p && !read_bytes(&c->bare, bare, c)))
		return "it is not base64 of the length that its algorithm has";
	return NULL;
}

/* What a foreign form's record says besides the file must agree with it, and need not be there. */
static const char *read_foreign(struct claim *c, const struct record *r)
{
	struct span algorithm = {0};

	c->algorithm = KEY_ALGORITHMS;
	if (!member(c, r, "text", &c->text) || !optional(c, r, "purpose", &c->terms.purpose) ||
	    !optional(c, r, "hash", &c->terms.hash) || !optional(c, r, "algorithm", &algorithm) ||
	    !optional(c, r, "plane_uid", &c->terms.plane_uid))
		return "it lacks the member text, or a member is no text";
	if (record_get(r, "signature") || record_get(r, "manifest_signature"))
		return "it has a signature besides its text";
	return algorithm.p && !key_algorithm_of(algorithm, &c->algorithm) ? "its algorithm is not known" : NULL;
}

static void read_claim(struct claim *c, const struct record *r)
{
	struct span name = SPAN("cp");
	const char *why = NULL;

	if (!optional(c, r, "format", &name) || !form_of(name, &c->form))
		why = "its format is not known";
	else if (!member(c, r, "signed_by", &c->terms.signed_by) || key_id_bad(c->terms.signed_by))
		why = "it does not say whose it is";
	else
		why = c->form == FORM_CP ? read_own(c, r) : read_foreign(c, r);
	if (why)
		bad_input("unable to read the signature: %s", why);
}

static void free_claim(struct claim *c)
{
	for (unsigned i = 0; i < sizeof c->scratch / sizeof *c->scratch; i++)
		buf_free(&c->scratch[i]);
	buf_free(&c->bytes);
	buf_free(&c->bare);
	buf_free(&c->plane);
}

/* --- does it count? --- */

static bool is_doubled(const struct claim *c)
{
	struct buf *b;

	if (about.n == SIGNATURES)
		bad_input("unable to verify the record: more than %d signatures stand behind it", SIGNATURES);
	b = &about.seen[about.n++];
	buf_reset(b);
	buf_printf(b, "%d\n", (int)c->form);
	buf_span_add(b, c->terms.signed_by);
	buf_char(b, '\n');
	buf_span_add(b, c->terms.plane_uid);
	for (unsigned i = 0; i + 1 < about.n; i++)
		if (span_eq(buf_span(&about.seen[i]), buf_span(b)))
			return true;
	return false;
}

/* NULL, or why the signature cannot be one of this record; the members that are absent say nothing. */
static const char *astray(const struct claim *c)
{
	const struct signature_terms *t = &c->terms;

	if (t->hash.p && !span_eq(t->hash, subject_hash(&about.subject)))
		return "it is of another record than the one before it";
	if (t->purpose.p && !span_is(t->purpose, about.subject.purpose))
		return "it is of another purpose than the record before it";
	return form_subject_bad(c->form, &about.subject);
}

/* NULL, or why the key does not count for this. */
static const char *untrusted(const struct claim *c)
{
	const char *why = key_unusable(c->key, c->signed_at, now);

	if (why)
		return why;
	if (role && !key_has_role(&file.ring, c->key, role))
		return "the key has not the role that is asked for";
	if (purpose && strcmp(about.subject.purpose, purpose) != 0)
		return "it was signed for another purpose than is asked for";
	if (format && strcmp(form_name(c->form), format) != 0)
		return "it is of another format than is asked for";
	if (!span_is(c->terms.plane_uid, "*") && !(plane_uid && span_is(c->terms.plane_uid, plane_uid)))
		return "it was signed for another plane";
	return NULL;
}

static const char *own_fails(struct claim *c)
{
	const struct trusted_key *k = c->key;
	struct buf message = {0};
	bool manifest = span_is(c->terms.purpose, "manifest"), good;

	c->terms.algorithm = k->algorithm;
	signature_message(&message, &c->terms);
	good = public_key_verify(k->key, buf_span(&c->bytes), message.p, message.n);
	buf_free(&message);
	if (!good)
		return "it does not hold";
	if (!c->bare.n)
		return NULL;
	if (!manifest)
		return "it has a manifest_signature, and is of no manifest";
	return public_key_verify(k->key, buf_span(&c->bare), c->terms.hash.p, c->terms.hash.n)
		       ? NULL
		       : "its manifest_signature does not hold";
}

static const char algorithm_differs[] = "it names another algorithm than the key has";

static bool other_algorithm(const struct claim *c)
{
	return c->key && c->algorithm != KEY_ALGORITHMS && c->algorithm != c->key->algorithm;
}

/* Does it hold, whenever the key counts? A file that is none is status 3. */
static const char *fails(struct claim *c, enum code *code)
{
	const struct form_terms t = {c->form, c->terms.plane_uid, c->terms.signed_by, now, dir};
	const char *why = NULL;

	*code = CODE_SIGNATURE;
	if (c->form == FORM_CP)
		return other_algorithm(c) ? algorithm_differs : c->key ? own_fails(c) : NULL;
	if (form_judge(&t, c->text, &about.subject, c->key ? c->key->key : NULL, &c->plane, code, &why) ==
	    FORM_UNDECODABLE)
		bad_input("unable to read the signature: %s", why);
	if (!why && other_algorithm(c))
		why = algorithm_differs;
	if (!why && c->terms.plane_uid.p && !span_eq(c->terms.plane_uid, buf_span(&c->plane)))
		why = "it is for another plane than its record says";
	c->terms.plane_uid = buf_span(&c->plane);
	return why;
}

static const char *judge(struct claim *c, enum code *code)
{
	const char *wrong = fails(c, code), *why = astray(c);

	if (why || is_doubled(c)) {
		*code = CODE_SIGNATURE;
		return why ? why : "the same key has signed it before in this stream";
	}
	if (!c->key) {
		*code = CODE_UNKNOWN_KEY;
		return "the keyring does not have the key";
	}
	if (wrong)
		return wrong;
	*code = CODE_UNTRUSTED;
	return untrusted(c);
}

/* --- what is said --- */

static void time_member(struct buf *b, const char *name, int64_t ns)
{
	char text[CLOCK_TEXT];

	clock_text(ns, 0, text);
	jsonw_cstr(b, name, text);
}

static void say_key(struct buf *b, const struct trusted_key *k)
{
	jsonw_cstr(b, "algorithm", key_algorithm_name(k->algorithm));
	jsonw_cstr(b, "status", key_status_name(k->status));
	time_member(b, "valid_from", k->from);
	time_member(b, "valid_until", k->until);
	if (k->ended != INT64_MIN)
		time_member(b, k->status == KEY_RETIRED ? "retired_at" : "revoked_at", k->ended);
	if (k->owner.n)
		jsonw_str(b, "owner", k->owner);
}

static void say(const struct claim *c, const char *why)
{
	struct buf *b = out_record("judgement");

	jsonw_bool(b, "valid", !why);
	if (why)
		jsonw_cstr(b, "reason", why);
	jsonw_cstr(b, "format", form_name(c->form));
	jsonw_cstr(b, "purpose", about.subject.purpose);
	jsonw_str(b, "plane_uid", c->terms.plane_uid);
	jsonw_str(b, "hash", subject_hash(&about.subject));
	jsonw_str(b, "signed_by", c->terms.signed_by);
	if (c->key)
		say_key(b, c->key);
	if (c->signed_at != KEY_TIME_UNKNOWN)
		time_member(b, "signed_at", c->signed_at);
	time_member(b, "at", c->signed_at != KEY_TIME_UNKNOWN ? c->signed_at : now);
	jsonw_cstr(b, "time_from", c->signed_at != KEY_TIME_UNKNOWN ? "ledger" : at_text ? "option" : "clock");
	conclude_out();
}

static void judge_signature(struct record *r)
{
	struct claim c = {.text = {0}};
	enum code code = CODE_SIGNATURE;
	const char *why;

	read_claim(&c, r);
	if (!about.open) {
		finding(CODE_SIGNATURE, (struct span){0},
			"a signature of %.*s stands behind no record that could be signed", (int)c.terms.signed_by.n,
			c.terms.signed_by.p);
		free_claim(&c);
		return;
	}
	c.key = keyring_find(&file.ring, c.terms.signed_by);
	c.signed_at = witness ? witness_time(witness, c.text) : KEY_TIME_UNKNOWN;
	why = judge(&c, &code);
	say(&c, why);
	if (why)
		finding(code, about_path(), "the signature of %.*s: %s", (int)c.terms.signed_by.n, c.terms.signed_by.p,
			why);
	free_claim(&c);
}

/* What only this program says: of another, it would stand among ours when handed on. */
static const char *own_word(const struct record *r)
{
	struct buf scratch = {0};
	struct span gate;
	bool own = record_is(r, "verdict") && record_str(r, "gate", &gate, &scratch) && span_is(gate, "SIGNATURES");

	buf_free(&scratch);
	return own ? "verdict of SIGNATURES" : record_is(r, "judgement") ? "judgement" : NULL;
}

static void step(struct record *r)
{
	const char *own = own_word(r);

	if (own)
		bad_input("unable to trust the stream: it has a %s already", own);
	if (!record_is(r, "signature"))
		open_subject(r);
	else if (!about.other)
		judge_signature(r);
	if (pass)
		emit(r);
}

static void finish(bool complete)
{
	if (complete) {
		close_subject();
		gate_verdict("SIGNATURES", (struct span){0}, (struct span){0});
	}
	for (unsigned i = 0; i < SIGNATURES; i++)
		buf_free(&about.seen[i]);
	subject_free(&about.subject);
	keyfile_close(&file);
	witness_close(witness);
	digest_free(digest);
}

static const struct opt opts[] = {
	{.name = "keyring",
	 .value = "FILE",
	 .summary = "whose signatures count ($HOME/.control_plane/trusted_keys.json)",
	 .kind = OPT_STR,
	 .target = &keyring_path},
	{.name = "at", .value = "TIME", .summary = "judge as of then", .kind = OPT_STR, .target = &at_text},
	{.name = "ledger",
	 .value = "FILE",
	 .summary = "the ledger that shows when a signature was made",
	 .kind = OPT_STR,
	 .target = &ledger},
	{.name = "files", .value = "DIR", .summary = "where the archives are (.)", .kind = OPT_STR, .target = &files},
	{.name = "role", .value = "ROLE", .summary = "the key must have it", .kind = OPT_STR, .target = &role},
	{.name = "purpose",
	 .value = "record|manifest|archive|checkpoint",
	 .summary = "signatures for that alone",
	 .kind = OPT_CHOICE,
	 .target = &purpose},
	{.name = "format",
	 .value = "cp|sshsig|minisign|dsse|note|detached",
	 .summary = "signatures of that form alone",
	 .kind = OPT_CHOICE,
	 .target = &format},
	{.name = "plane-uid",
	 .value = "UID",
	 .summary = "signatures for that plane too (for any alone)",
	 .kind = OPT_STR,
	 .target = &plane_uid},
	{.name = "kind",
	 .value = "KIND",
	 .summary = "judge records of that kind alone; may be given again",
	 .kind = OPT_LIST,
	 .target = &kinds},
	{.name = "pass", .summary = "hand on what was judged", .kind = OPT_FLAG, .target = &pass},
	{0},
};

static const struct filter self = {
	.name = "cp-verify",
	.summary = "judge the signatures of a stream by a keyring",
	.args = "",
	.reads = "*",
	.writes = "judgement finding verdict",
	.opts = opts,
	.role = ROLE_JUDGE,
	.flags = FILTER_ROOT | FILTER_GATE,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
