/* cp-keyring: shows, checks and changes a keyring. */
#include "base/text.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "filter/stream.h"
#include "os/clock.h"
#include "seal/note.h"
#include "trust/keyfile.h"
#include "trust/signature.h"
#include "trust/signer.h"

#include <errno.h>
#include <stdlib.h>

static const char *keyring_path, *key_path, *signer_id, *signer_name, *at_text, *previous_path;
static const char **signer_args; /* what is given behind the operands, ended by NULL */
static const char *const all[] = {NULL};

/* --- showing --- */

static void list(int argc, char **argv)
{
	struct keyfile f;

	(void)argc;
	(void)argv;
	keyfile_open(&f, keyring_path, true);
	for (size_t i = 0; i < f.ring.n; i++) {
		struct buf *b = out_record("key");

		keyring_key_write(b, &f.ring.json, f.ring.key[i].node, all);
		emit_out();
	}
	keyfile_close(&f);
}

/* What a ledger records of it. */
static void say(const struct keyring *r, struct span file)
{
	struct buf *b = out_record("keyring");
	struct digest *d = digest_new();
	unsigned char sum[DIGEST_LEN];

	digest_bytes(d, file.p, file.n, sum);
	digest_free(d);
	jsonw_int(b, "version", r->version);
	jsonw_int(b, "keys", (int64_t)r->n);
	digest_member(b, "hash", sum);
	if (filter_dry_run())
		jsonw_bool(b, "dry_run", true);
	emit_out();
}

/* --- checking --- */

static bool has_root(const struct keyring *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->key[i].status == KEY_ACTIVE && key_has_role(r, &r->key[i], "root"))
			return true;
	return false;
}

static void wrong(enum code code, enum severity severity, const char *path, const char *why)
{
	finding_at(code, severity, &(struct finding_place){.source = path, .seq = -1}, "%s", why);
}

/* Does it follow the former version, as that one's root keys want it? */
static void check_succession(const struct keyfile *f, const struct keyring *former)
{
	const char *why = has_root(former) ? keyring_unsigned(&f->ring, former) : NULL;

	if (f->ring.version <= former->version)
		wrong(CODE_ROLLBACK, SEVERITY_ERROR, f->at.path, "it is no later version than the former one");
	else if (f->ring.version != former->version + 1)
		wrong(CODE_KEYRING, SEVERITY_ERROR, f->at.path, "it is not the next version behind the former one");
	for (size_t i = 0; i < former->n; i++)
		if (!keyring_find(&f->ring, former->key[i].id))
			wrong(CODE_KEYRING, SEVERITY_ERROR, f->at.path,
			      "a key of the former version is not in it any more");
	if (why)
		wrong(CODE_SIGNATURE, SEVERITY_ERROR, f->at.path, why);
}

static void check(int argc, char **argv)
{
	struct keyfile f, former;
	const char *back, *unsigned_why;

	(void)argc;
	(void)argv;
	keyfile_look(&f, keyring_path);
	back = keyfile_went_back(&f);
	unsigned_why = keyfile_unsigned(&f);
	if (back)
		wrong(CODE_ROLLBACK, SEVERITY_ERROR, f.at.path, back);
	if (unsigned_why)
		wrong(CODE_SIGNATURE, SEVERITY_ERROR, f.at.path, unsigned_why);
	if (!has_root(&f.ring))
		wrong(CODE_KEYRING, SEVERITY_NOTE, f.at.path,
		      "no active key has the role root: whoever can write it can change it");
	if (f.ring.version == 0)
		wrong(CODE_KEYRING, SEVERITY_NOTE, f.at.path,
		      "it has no version: an older one cannot be told from a newer one");
	if (previous_path) {
		keyfile_look(&former, previous_path);
		check_succession(&f, &former.ring);
		keyfile_close(&former);
	}
	if (filter_findings() == 0)
		keyfile_keep(&f);
	say(&f.ring, buf_span(&f.ring.text));
	keyfile_close(&f);
}

/* --- changing --- */

struct next {
	struct keyfile file;
	struct buf text; /* the document under way, up to its last key */
	bool begun;	 /* a key stands there */
	int64_t now;
};

static void next_key(struct next *n)
{
	buf_str(&n->text, n->begun ? ",\n{" : "\n{");
	n->begun = true;
}

static void copy_keys(struct next *n, const struct trusted_key *but)
{
	const struct keyring *r = &n->file.ring;

	for (size_t i = 0; i < r->n; i++)
		if (&r->key[i] != but) {
			next_key(n);
			keyring_key_write(&n->text, &r->json, r->key[i].node, all);
			buf_char(&n->text, '}');
		}
}

static void begin(struct next *n)
{
	*n = (struct next){.now = option_time("at", at_text, clock_now())};
	keyfile_open_to_change(&n->file, keyring_path);
	buf_printf(&n->text, "{\"schema_version\":\"1.0\",\"version\":%lld,\"keys\":[",
		   (long long)n->file.ring.version + 1);
}

static void tell(void *ctx, struct span key, const char *why)
{
	(void)ctx;
	if (key.n)
		complain("unable to change the keyring: the key %.*s: %s", (int)key.n, key.p, why);
	else
		complain("unable to change the keyring: %s", why);
}

static void check_place(void)
{
	struct outside o;
	const char *why;

	if (outside_open(&o, key_path, filter_root_or_null(), &why) == 0)
		outside_close(&o);
	else if (errno)
		sys_fail(0, "unable to read the key %s: %s", key_path, why);
	else
		bad_input("unable to use the key %s: %s", key_path, why);
}

/* Whether it may sign is asked of the clock: --at says when a key ended, and must not bring one back. */
static const struct trusted_key *root_key(const struct next *n)
{
	const struct trusted_key *k;

	if (!signer_id || !key_path == !signer_name)
		bad_usage(
			"unable to change the keyring without a signature of one of its root keys: give --key-id, and "
			"--key or --signer");
	k = keyring_find(&n->file.ring, span_of(signer_id));
	if (!k || !key_has_role(&n->file.ring, k, "root") || key_unusable(k, KEY_TIME_UNKNOWN, clock_now()))
		bad_usage("unable to sign as %s: that is no active key with the role root", signer_id);
	return k;
}

static void check_same(const struct buf *public, const struct trusted_key *k)
{
	struct buf text = {0};

	signature_text_write(&text, (const unsigned char *)public->p, public->n);
	if (!span_eq(buf_span(&text), k->public_text))
		bad_input("unable to use the key: it is not the one that the keyring has as %s", signer_id);
	buf_free(&text);
}

static size_t sign_by_file(const struct trusted_key *k, struct span message, unsigned char signature[SIGNATURE_MAX])
{
	struct buf public = {0};
	const char *why = NULL;
	struct sign_key *s;
	size_t size;

	check_place();
	s = sign_key_open(key_path, &why);
	if (!s && errno)
		sys_fail(0, "unable to read the key %s: %s", key_path, why);
	err_place(key_path, 0);
	if (!s)
		bad_input("unable to use the key: %s", why);
	sign_key_public(s, &public);
	check_same(&public, k);
	err_place(NULL, 0);
	size = sign_bytes(s, message.p, message.n, signature);
	sign_key_free(s);
	buf_free(&public);
	return size;
}

static size_t sign_by_program(const struct trusted_key *k, struct span message, unsigned char signature[SIGNATURE_MAX])
{
	struct buf public = {0};
	struct signer s;
	size_t size;

	signer_start(&s, signer_name, signer_args, signer_id);
	public_key_bytes(s.key, &public);
	check_same(&public, k);
	size = signer_sign(&s, message.p, message.n, signature);
	signer_end(&s);
	buf_free(&public);
	return size;
}

/* Takes the document's own closing brace away again. */
static void sign(struct next *n, const struct keyring *r)
{
	const struct trusted_key *k = root_key(n);
	struct signature_terms t = {SPAN("keyring"), SPAN("*"), {0}, k->algorithm, span_of(signer_id)};
	unsigned char signature[SIGNATURE_MAX];
	struct buf message = {0}, text = {0};
	char hash[DIGEST_TEXT];
	size_t size;

	keyring_hash(r, hash);
	t.hash = (struct span){hash, DIGEST_TEXT};
	signature_message(&message, &t);
	size = (signer_name ? sign_by_program : sign_by_file)(k, buf_span(&message), signature);
	signature_text_write(&text, signature, size);
	n->text.n -= 2;
	jsonw_open(&n->text, "signature");
	jsonw_cstr(&n->text, "signed_by", signer_id);
	jsonw_str(&n->text, "signature", buf_span(&text));
	jsonw_close(&n->text);
	buf_str(&n->text, "}\n");
	buf_free(&message);
	buf_free(&text);
}

/* What will be read is read now: nothing is written that a reader would refuse. */
static void commit(struct next *n)
{
	struct keyring r;
	struct buf copy = {0};

	buf_str(&n->text, "\n]}\n");
	buf_span_add(&copy, buf_span(&n->text));
	if (keyring_read(&r, &copy, tell, NULL))
		filter_abandon(STATUS_INPUT);
	if (has_root(&n->file.ring))
		sign(n, &r);
	if (!filter_dry_run())
		keyfile_commit(&n->file, buf_span(&n->text), &r);
	say(&r, buf_span(&n->text));
	keyring_free(&r);
}

static void end(struct next *n)
{
	keyfile_close(&n->file);
	buf_free(&n->text);
}

static void take(struct next *n, const struct record *r)
{
	static const char *const kind[] = {"kind", NULL};

	if (!record_is(r, "key"))
		bad_input("unable to add a %.*s: it is no key", (int)r->kind.n, r->kind.p);
	next_key(n);
	keyring_key_write(&n->text, &r->json, 0, kind);
	buf_char(&n->text, '}');
}

static void add(int argc, char **argv)
{
	struct next n;
	struct stream s;
	enum stream_result got;

	(void)argc;
	(void)argv;
	begin(&n);
	copy_keys(&n, NULL);
	stream_open(&s, 0, "stdin");
	while ((got = stream_next(&s)) == STREAM_RECORD)
		take(&n, &s.record);
	if (got == STREAM_BAD)
		filter_abandon(s.bad);
	if (got == STREAM_OPEN && s.count > 1 && !filter_accepts_open())
		bad_input("unable to trust the stream: it has no end record (cp-end closes one by hand, --open "
			  "accepts it)");
	err_place(NULL, 0);
	if (got == STREAM_END && s.status != STATUS_YES)
		filter_raise(s.status);
	else if (s.count == 0)
		bad_input("unable to add a key: there is none");
	else
		commit(&n);
	stream_close(&s);
	end(&n);
}

/* Retired or revoked: the key stays, for what it signed before has to be judged. */
static void finish_key(const char *id, enum key_status status, const char *since)
{
	static const char *const but[] = {"status", "retired_at", "revoked_at", NULL};
	const struct trusted_key *k;
	char time[CLOCK_TEXT];
	struct next n;

	begin(&n);
	k = keyring_find(&n.file.ring, span_of(id));
	if (!k || k->status >= status) {
		complain("unable to end the key %s: %s", id,
			 k ? "it has ended already" : "there is none of that name");
		filter_raise(STATUS_NO);
	} else {
		copy_keys(&n, k);
		next_key(&n);
		keyring_key_write(&n.text, &n.file.ring.json, k->node, but);
		jsonw_cstr(&n.text, "status", key_status_name(status));
		clock_text(n.now, 0, time);
		jsonw_cstr(&n.text, since, time);
		buf_char(&n.text, '}');
		commit(&n);
	}
	end(&n);
}

static void retire(int argc, char **argv)
{
	(void)argc;
	finish_key(argv[1], KEY_RETIRED, "retired_at");
}

static void revoke(int argc, char **argv)
{
	(void)argc;
	finish_key(argv[1], KEY_REVOKED, "revoked_at");
}

static const struct {
	const char *name;
	int operands;
	bool changes;
	void (*run)(int argc, char **argv);
} actions[] = {{"list", 1, false, list},
	       {"check", 1, false, check},
	       {"add", 1, true, add},
	       {"retire", 2, true, retire},
	       {"revoke", 2, true, revoke}};

static void start(int argc, char **argv)
{
	for (unsigned i = 0; i < sizeof actions / sizeof *actions; i++) {
		if (strcmp(argv[0], actions[i].name) != 0)
			continue;
		if (argc < actions[i].operands)
			bad_usage("unable to %s: it needs a key_id", argv[0]);
		if (argc > actions[i].operands && (!signer_name || !actions[i].changes))
			bad_usage("unable to %s: there is an operand too many", argv[0]);
		signer_args = xcalloc((size_t)argc + 1, sizeof *signer_args);
		for (int k = actions[i].operands; k < argc; k++)
			signer_args[k - actions[i].operands] = argv[k];
		actions[i].run(argc, argv);
		return;
	}
	bad_usage("unable to %s a keyring: that is none of list, check, add, retire and revoke", argv[0]);
}

static const struct opt opts[] = {
	{.name = "keyring",
	 .value = "FILE",
	 .summary = "the keyring ($HOME/.control_plane/trusted_keys.json)",
	 .kind = OPT_STR,
	 .target = &keyring_path},
	{.name = "key",
	 .value = "KEY",
	 .summary = "a root key, to sign the next version",
	 .kind = OPT_STR,
	 .target = &key_path},
	{.name = "key-id", .value = "ID", .summary = "its name in the keyring", .kind = OPT_STR, .target = &signer_id},
	{.name = "signer",
	 .value = "NAME",
	 .summary = "the next version is signed by cp-signer-NAME, which gets the ARGUMENTs",
	 .kind = OPT_STR,
	 .target = &signer_name},
	{.name = "previous",
	 .value = "FILE",
	 .summary = "check: the former version, which this one must follow",
	 .kind = OPT_STR,
	 .target = &previous_path},
	{.name = "at",
	 .value = "TIME",
	 .summary = "retire, revoke: since when (now)",
	 .kind = OPT_STR,
	 .target = &at_text},
	{0},
};

static const struct filter self = {
	.name = "cp-keyring",
	.summary = "show, check and change the keys that are trusted",
	.args = "list|check|add|retire|revoke [KEY_ID] [-- ARGUMENT...]",
	.reads = "key",
	.writes = "key keyring finding",
	.opts = opts,
	.role = ROLE_SOURCE,
	.flags = FILTER_ROOT | FILTER_DRY_RUN | FILTER_OWN_INPUT,
	.operands_min = 1,
	.operands_max = 64,
	.start = start,
};

int main(int argc, char **argv)
{
	secret_guard();
	return filter_main(argc, argv, &self);
}
