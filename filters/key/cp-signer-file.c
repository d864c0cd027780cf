/* cp-signer-file: signs with a key from a file. */
#include "base/text.h"
#include "filter/filter.h"
#include "os/env.h"
#include "outside/outside.h"
#include "trust/signer.h"

#include <errno.h>

static const char *key_path;
static struct sign_key *key;
static struct buf public;

/* By its real path, which the check of the place has resolved; but a link is not what a key's name should be. */
static void open_key(const char *path)
{
	const char *why = NULL;
	struct outside o;

	if (outside_open(&o, path, filter_root_or_null(), &why) < 0) {
		if (errno)
			sys_fail(0, "unable to open the key %s: %s", path, why);
		err_place(path, 0);
		bad_input("unable to use the key: %s", why);
	}
	outside_close(&o);
	key = sign_key_open(path, &why);
	if (!key && errno)
		sys_fail(0, "unable to read the key %s: %s", path, why);
	err_place(path, 0);
	if (!key)
		bad_input("unable to use the key: %s", why);
	err_place(NULL, 0);
}

static void start(int argc, char **argv)
{
	const char *path = key_path ? key_path : env_signing_key();

	(void)argc;
	(void)argv;
	if (!path)
		bad_usage("unable to sign without a key: give --key, or set CONTROL_PLANE_SIGNING_KEY");
	open_key(path);
	sign_key_public(key, &public);
}

static const char *own_algorithm(void)
{
	return key_algorithm_name(sign_key_algorithm(key));
}

static bool as_ssh(struct span algorithm)
{
	return sign_key_algorithm(key) == KEY_RSA4096 && span_is(algorithm, SIGNER_RSA_SSH);
}

static void sign(const struct record *r, struct span id)
{
	struct buf scratch = {0}, payload = {0};
	unsigned char signature[SIGNATURE_MAX];
	struct span algorithm, text;
	size_t n;
	bool ssh;

	if (!record_str(r, "algorithm", &algorithm, &scratch) ||
	    (!span_is(algorithm, own_algorithm()) && !as_ssh(algorithm)))
		bad_input("unable to sign: the key is one of %s", own_algorithm());
	ssh = as_ssh(algorithm);
	if (!record_str(r, "payload_b64", &text, &scratch) || !base64_decode(&payload, text.p, text.n))
		bad_input("unable to sign: payload_b64 is no base64");
	n = ssh ? sign_bytes_ssh(key, payload.p, payload.n, signature)
		: sign_bytes(key, payload.p, payload.n, signature);
	signer_answer("signature", "signature", id, sign_key_algorithm(key), (struct span){(char *)signature, n});
	buf_free(&payload);
	buf_free(&scratch);
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
		signer_answer("key", "public_key", id, sign_key_algorithm(key), buf_span(&public));
	else
		sign(r, id);
	buf_free(&scratch);
}

static void finish(bool complete)
{
	(void)complete;
	sign_key_free(key);
	key = NULL;
}

static const struct opt opts[] = {
	{.name = "key",
	 .value = "FILE",
	 .summary = "the private key (CONTROL_PLANE_SIGNING_KEY)",
	 .kind = OPT_STR,
	 .target = &key_path},
	{0},
};

static const struct filter self = {
	.name = "cp-signer-file",
	.summary = "sign what cp-sign asks for with a key from a file",
	.args = "",
	.reads = "key_request sign_request",
	.writes = "key signature",
	.opts = opts,
	.role = ROLE_MAPPER,
	.flags = FILTER_ROOT,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	secret_guard();
	return filter_main(argc, argv, &self);
}
