#include "trust/signer.h"

#include "base/text.h"
#include "data/jsonw.h"
#include "filter/share.h"
#include "ledger/pins.h"
#include "os/env.h"
#include "trust/keyring.h"
#include "trust/signature.h"

#include <stdlib.h>

static bool name_good(const char *name)
{
	return *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == 0;
}

/* It said why; how it was called, its key and its token are ours to answer for. */
static _Noreturn void left(struct signer *s)
{
	child_close_feed(&s->child);
	child_reap(&s->child);
	err_place(NULL, 0);
	if (s->child.code >= STATUS_NO && s->child.code <= STATUS_SYSTEM) {
		complain("unable to sign: %s exited with status %d", s->child.name, s->child.code);
		filter_leave_open(s->child.code);
	}
	child_end(&s->child);
	bad_input("unable to trust the signer %s: it ended without an answer", s->child.name);
}

/* Sends the request and waits for the one answer, a record of that kind about our key. */
static void ask(struct signer *s, const struct buf *request, const char *kind)
{
	struct buf scratch = {0};
	struct span id;

	child_feed(&s->child, buf_span(request));
	if (!child_push_all(&s->child) || child_line(&s->child) != CHILD_RECORD)
		left(s);
	if (!record_is(&s->child.record, kind))
		bad_input("unable to trust the signer: it answers with a %.*s, not with a %s",
			  (int)s->child.record.kind.n, s->child.record.kind.p, kind);
	if (!record_str(&s->child.record, "key_id", &id, &scratch) || !span_eq(id, s->key_id))
		bad_input("unable to trust the signer: it answers for another key");
	buf_free(&scratch);
}

static void get_key(struct signer *s)
{
	static const char prefix[] = "base64:";
	struct buf request = {0}, scratch = {0}, other = {0}, bytes = {0};
	struct span algorithm, text;
	enum key_algorithm a = KEY_ALGORITHMS;
	const char *why = "it has no public_key";

	jsonw_open(&request, NULL);
	jsonw_cstr(&request, "kind", "key_request");
	jsonw_str(&request, "key_id", s->key_id);
	jsonw_close(&request);
	ask(s, &request, "key");
	if (!record_str(&s->child.record, "algorithm", &algorithm, &scratch) || !key_algorithm_of(algorithm, &a))
		bad_input("unable to trust the signer: its key is of no known algorithm");
	if (record_str(&s->child.record, "public_key", &text, &other) && text.n > sizeof prefix - 1 &&
	    memcmp(text.p, prefix, sizeof prefix - 1) == 0 &&
	    base64_decode(&bytes, text.p + sizeof prefix - 1, text.n - (sizeof prefix - 1)))
		s->key = public_key_read(a, buf_span(&bytes), &why);
	if (!s->key)
		bad_input("unable to trust the signer: %s", why);
	err_place(NULL, 0);
	buf_free(&request);
	buf_free(&scratch);
	buf_free(&other);
	buf_free(&bytes);
}

void signer_start(struct signer *s, const char *name, const char *const *args, const char *key_id)
{
	struct buf program = {0};
	size_t n = 0;

	*s = (struct signer){.key_id = span_of(key_id)};
	if (!name_good(name))
		bad_usage("unable to use the signer %s: its name is not of a-z, 0-9 and -", name);
	buf_printf(&program, "cp-signer-%s", name);
	share_program(&s->program, buf_cstr(&program));
	buf_free(&program);
	while (args[n])
		n++;
	s->argv = xcalloc(n + 2, sizeof *s->argv);
	s->argv[0] = xstrdup(buf_cstr(&s->program));
	for (size_t i = 0; i < n; i++)
		s->argv[i + 1] = xstrdup(args[i]);
	child_start_alone(&s->child, s->argv, CHILD_FEED);
	get_key(s);
}

static bool choose_dev(struct signer_choice *c)
{
	struct buf key = {0}, id = {0};

	if (!pins_dev_file(&key, env_root(), PINS_DEV_KEY, &id))
		return false;
	c->key = xstrdup(buf_cstr(&key)); /* as options are, for the life of the process */
	c->key_id = xstrdup(buf_cstr(&id));
	buf_free(&key);
	buf_free(&id);
	return true;
}

bool signer_asked(struct signer_choice *c, int operands)
{
	if (c->key_id)
		return true;
	if (c->key || c->name)
		bad_usage("unable to sign without the name of the key: give --key-id");
	if (operands)
		bad_usage("too many operands: only a signer takes more");
	return choose_dev(c);
}

void signer_choose(struct signer *s, const struct signer_choice *c, int argc, char **argv)
{
	const char **args = xcalloc((size_t)argc + 5, sizeof *args);
	bool file = !c->name || strcmp(c->name, "file") == 0;
	const char *why = key_id_bad(span_of(c->key_id)), *key = c->key ? c->key : env_signing_key();
	int n = 0;

	if (why)
		bad_usage("unable to use the key_id: it %s", why);
	if (c->key && !file)
		bad_usage("unable to use --key: only the signer file has a key in a file");
	if (!key && file)
		bad_usage("unable to sign without a key: give --key or --signer, or set CONTROL_PLANE_SIGNING_KEY");
	if (file) {
		args[n++] = "--key";
		args[n++] = key;
		/* Its environment is empty, and a plane may bear no mark yet. */
		if (env_root()) {
			args[n++] = "--root";
			args[n++] = env_root();
		}
	}
	for (int i = 0; i < argc; i++)
		args[n++] = argv[i];
	signer_start(s, file ? "file" : c->name, args, c->key_id);
	free(args);
}

enum key_algorithm signer_algorithm(const struct signer *s)
{
	return public_key_algorithm(s->key);
}

/* What the next program reads is one line. */
enum { PAYLOAD_BYTES = RECORD_BYTES / 4 * 3 - 1024 };

static void ask_signature(struct signer *s, const char *algorithm, const void *p, size_t n)
{
	struct buf request = {0}, payload = {0};

	if (n > PAYLOAD_BYTES)
		bad_input("unable to sign: what this format signs is too long for a signer");
	base64_add(&payload, p, n);
	jsonw_open(&request, NULL);
	jsonw_cstr(&request, "kind", "sign_request");
	jsonw_str(&request, "key_id", s->key_id);
	jsonw_cstr(&request, "algorithm", algorithm);
	jsonw_str(&request, "payload_b64", buf_span(&payload));
	jsonw_close(&request);
	ask(s, &request, "signature");
	buf_free(&request);
	buf_free(&payload);
}

typedef bool verify_fn(const struct public_key *k, struct span signature, const void *p, size_t n);

static size_t have_signed(struct signer *s, const char *algorithm, verify_fn *verify, const void *p, size_t n,
			  unsigned char out[SIGNATURE_MAX])
{
	struct buf scratch = {0}, bytes = {0};
	struct span text;
	size_t size;

	ask_signature(s, algorithm, p, n);
	if (!record_str(&s->child.record, "signature", &text, &scratch) ||
	    !signature_text_read(&bytes, text, signer_algorithm(s)) || !verify(s->key, buf_span(&bytes), p, n))
		bad_input("unable to trust the signer: its signature does not hold");
	err_place(NULL, 0);
	size = bytes.n;
	memcpy(out, bytes.p, size);
	buf_free(&scratch);
	buf_free(&bytes);
	return size;
}

size_t signer_sign(struct signer *s, const void *p, size_t n, unsigned char out[SIGNATURE_MAX])
{
	return have_signed(s, key_algorithm_name(signer_algorithm(s)), public_key_verify, p, n, out);
}

size_t signer_sign_ssh(struct signer *s, const void *p, size_t n, unsigned char out[SIGNATURE_MAX])
{
	const char *algorithm =
		signer_algorithm(s) == KEY_RSA4096 ? SIGNER_RSA_SSH : key_algorithm_name(signer_algorithm(s));

	return have_signed(s, algorithm, public_key_verify_ssh, p, n, out);
}

void signer_end(struct signer *s)
{
	child_close_feed(&s->child);
	if (child_line(&s->child) != CHILD_EOF)
		bad_input("unable to trust the signer: it answers what nobody asked");
	child_end(&s->child);
	for (char **a = s->argv; *a; a++)
		free(*a);
	free(s->argv);
	buf_free(&s->program);
	public_key_free(s->key);
	*s = (struct signer){.argv = NULL};
	err_place(NULL, 0);
}

/* --- the other side --- */

void signer_answer(const char *kind, const char *member, struct span id, enum key_algorithm a, struct span bytes)
{
	struct buf *b = out_record(kind), text = {0};

	signature_text_write(&text, (const unsigned char *)bytes.p, bytes.n);
	jsonw_str(b, "key_id", id);
	jsonw_cstr(b, "algorithm", key_algorithm_name(a));
	jsonw_str(b, member, buf_span(&text));
	emit_out();
	buf_free(&text);
}
