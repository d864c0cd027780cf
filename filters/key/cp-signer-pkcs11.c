/* cp-signer-pkcs11: signs with a key on a token. */
#include "base/text.h"
#include "filter/filter.h"
#include "hsm/token.h"
#include "seal/sign.h"
#include "outside/outside.h"
#include "trust/signer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static struct token_choice choice;
static const char *id_text, *pin_path;
static int64_t pin_fd = -1;
static struct opt_list settings;
static struct secret pin;
static struct token *token;
static struct public_key *public;

/* --- the PIN --- */

static int open_pin(void)
{
	const char *why = NULL;
	struct outside o;
	int fd;

	if (pin_fd >= 0)
		return (int)pin_fd;
	if (outside_open(&o, pin_path, NULL, &why) == 0) {
		fd = secret_open(pin_path, &why);
		outside_close(&o);
		if (fd >= 0)
			return fd;
	}
	if (errno)
		sys_fail(0, "unable to read the PIN %s: %s", pin_path, why);
	err_place(pin_path, 0);
	bad_input("unable to use the PIN: %s", why);
}

static void read_pin(void)
{
	int fd = open_pin();

	secret_init(&pin);
	if (secret_read(&pin, fd) < 0)
		sys_fail(errno, "unable to read the PIN");
	close(fd);
	if (pin.n && pin.p[pin.n - 1] == '\n')
		pin.n--;
}

/* --- the token --- */

static _Noreturn void leave(enum token_result r, const char *what, struct buf *why)
{
	static const enum status status[] = {
		[TOKEN_ABSENT] = STATUS_NO,   [TOKEN_DENIED] = STATUS_NO,     [TOKEN_VAGUE] = STATUS_USAGE,
		[TOKEN_UNFIT] = STATUS_INPUT, [TOKEN_FAILED] = STATUS_SYSTEM,
	};

	err_place(NULL, 0);
	complain("unable to %s: %s", what, buf_cstr(why));
	filter_leave_open(status[r]);
}

static void read_public(void)
{
	struct buf e = {0}, n = {0}, why = {0};
	enum token_result r = token_public(token, &e, &n, &why);
	const char *bad = NULL;

	if (r != TOKEN_OK)
		leave(r, "read the public key from the token", &why);
	public = token_is_rsa(token) ? public_key_of_numbers(buf_span(&e), buf_span(&n), &bad)
				     : public_key_read(KEY_ED25519, buf_span(&n), &bad);
	if (!public)
		bad_input("unable to use the key on the token: %s", bad);
	buf_free(&e);
	buf_free(&n);
}

static void check_options(struct buf *id)
{
	if (!pin_path && pin_fd < 0)
		bad_usage("unable to open the token without a PIN: give --pin-file or --pin-fd");
	if (pin_path && pin_fd >= 0)
		bad_usage("unable to tell the PIN: give one of --pin-file and --pin-fd");
	if (!choice.object && !id_text)
		bad_usage("unable to tell the key: give --object or --id");
	for (unsigned i = 0; i < settings.n; i++)
		if (settings.item[i][0] == '=' || !strchr(settings.item[i], '='))
			bad_usage("unable to set %s: it is not of the form NAME=VALUE", settings.item[i]);
	if (!id_text)
		return;
	buf_room(id, strlen(id_text) / 2 + 1);
	if (!*id_text || !hex_decode(id_text, strlen(id_text), (unsigned char *)id->p))
		bad_usage("unable to use the id %s: it is no lower-case hex", id_text);
	id->n = strlen(id_text) / 2;
	choice.id = buf_span(id);
}

static void start(int argc, char **argv)
{
	struct buf why = {0}, id = {0};
	enum token_result r;

	(void)argc;
	(void)argv;
	check_options(&id);
	for (unsigned i = 0; i < settings.n; i++)
		putenv((char *)(uintptr_t)settings.item[i]);
	read_pin();
	r = token_open(&token, &choice, secret_span(&pin), &why);
	if (r != TOKEN_OK)
		leave(r, "use the token", &why);
	read_public();
	buf_free(&why);
	buf_free(&id);
}

/* --- requests --- */

static const char *own_algorithm(void)
{
	return key_algorithm_name(public_key_algorithm(public));
}

static void answer_key(struct span id)
{
	struct buf bytes = {0};

	public_key_bytes(public, &bytes);
	signer_answer("key", "public_key", id, public_key_algorithm(public), buf_span(&bytes));
	buf_free(&bytes);
}

static enum token_scheme scheme_of(struct span algorithm)
{
	bool rsa = token_is_rsa(token);

	if (rsa && span_is(algorithm, SIGNER_RSA_SSH))
		return TOKEN_RSA_SSH;
	if (!span_is(algorithm, own_algorithm()))
		bad_input("unable to sign: the key is one of %s", own_algorithm());
	return rsa ? TOKEN_RSA_PSS : TOKEN_ED25519;
}

static void answer_signature(const struct record *r, struct span id)
{
	struct buf scratch = {0}, payload = {0}, bytes = {0}, why = {0};
	struct span algorithm = {0}, text;
	enum token_result got;
	enum token_scheme scheme;

	if (!record_str(r, "algorithm", &algorithm, &scratch))
		bad_input("unable to sign: the request names no algorithm");
	scheme = scheme_of(algorithm);
	if (!record_str(r, "payload_b64", &text, &scratch) || !base64_decode(&payload, text.p, text.n))
		bad_input("unable to sign: payload_b64 is no base64");
	got = token_sign(token, scheme, buf_span(&payload), &bytes, &why);
	if (got != TOKEN_OK)
		leave(got, "sign", &why);
	signer_answer("signature", "signature", id, public_key_algorithm(public), buf_span(&bytes));
	buf_free(&scratch);
	buf_free(&payload);
	buf_free(&bytes);
}

static void step(struct record *r)
{
	struct buf scratch = {0};
	struct span id;

	if (!record_is(r, "key_request") && !record_is(r, "sign_request"))
		bad_input("unable to answer a %.*s: it is no request", (int)r->kind.n, r->kind.p);
	if (!record_str(r, "key_id", &id, &scratch))
		bad_input("unable to answer: the request names no key_id");
	if (record_is(r, "key_request"))
		answer_key(id);
	else
		answer_signature(r, id);
	buf_free(&scratch);
}

static void finish(bool complete)
{
	(void)complete;
	token_close(token);
	token = NULL;
	public_key_free(public);
	secret_free(&pin);
}

static const struct opt opts[] = {
	{.name = "module",
	 .value = "MODULE",
	 .summary = "the PKCS #11 module of the token",
	 .kind = OPT_STR,
	 .target = &choice.module,
	 .required = true},
	{.name = "token",
	 .value = "LABEL",
	 .summary = "the token (the only one)",
	 .kind = OPT_STR,
	 .target = &choice.token},
	{.name = "object",
	 .value = "LABEL",
	 .summary = "the label of the key",
	 .kind = OPT_STR,
	 .target = &choice.object},
	{.name = "id", .value = "HEX", .summary = "the id of the key", .kind = OPT_STR, .target = &id_text},
	{.name = "pin-file",
	 .value = "FILE",
	 .summary = "the file that has the PIN",
	 .kind = OPT_STR,
	 .target = &pin_path},
	{.name = "pin-fd",
	 .value = "N",
	 .summary = "the descriptor that the PIN is read from",
	 .kind = OPT_INT,
	 .target = &pin_fd,
	 .min = 3,
	 .max = 1023},
	{.name = "setting",
	 .value = "NAME=VALUE",
	 .summary = "put it in the module's environment; may be given again",
	 .kind = OPT_LIST,
	 .target = &settings},
	{0},
};

static const struct filter self = {
	.name = "cp-signer-pkcs11",
	.summary = "sign what cp-sign asks for with a key on a token",
	.args = "",
	.reads = "key_request sign_request",
	.writes = "key signature",
	.opts = opts,
	.role = ROLE_MAPPER,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	secret_guard();
	return filter_main(argc, argv, &self);
}
