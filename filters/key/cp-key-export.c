/* cp-key-export: adds to public keys what foreign tools know them by. */
#include "base/text.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "foreign/minisign.h"
#include "foreign/sshsig.h"
#include "os/clock.h"
#include "seal/note.h"
#include "trust/keyring.h"

static struct buf members, line;

struct key {
	struct span id, algorithm, text, from, until, ended, status;
	struct buf scratch[7];
	struct public_key *public;
};

static void read_public(struct key *k)
{
	static const char prefix[] = "base64:";
	enum key_algorithm a = KEY_ALGORITHMS;
	struct buf bytes = {0};
	const char *why = "its public_key is not base64";

	if (!key_algorithm_of(k->algorithm, &a))
		bad_input("unable to read the key: its algorithm is neither ed25519 nor rsa4096");
	if (k->text.n > sizeof prefix - 1 && memcmp(k->text.p, prefix, sizeof prefix - 1) == 0 &&
	    base64_decode(&bytes, k->text.p + sizeof prefix - 1, k->text.n - (sizeof prefix - 1)))
		k->public = public_key_read(a, buf_span(&bytes), &why);
	buf_free(&bytes);
	if (!k->public)
		bad_input("unable to read the key: %s", why);
}

static void read_key(struct key *k, const struct record *r)
{
	if (!record_str(r, "key_id", &k->id, &k->scratch[0]) || key_id_bad(k->id) ||
	    !record_str(r, "algorithm", &k->algorithm, &k->scratch[1]) ||
	    !record_str(r, "public_key", &k->text, &k->scratch[2]) ||
	    !record_str(r, "valid_from", &k->from, &k->scratch[3]) ||
	    !record_str(r, "valid_until", &k->until, &k->scratch[4]) ||
	    !record_str(r, "status", &k->status, &k->scratch[5]))
		bad_input("unable to read the key: it lacks a member");
	if (record_get(r, "retired_at") && !record_str(r, "retired_at", &k->ended, &k->scratch[6]))
		bad_input("unable to read the key: its retired_at is no text");
	read_public(k);
}

static void free_key(struct key *k)
{
	public_key_free(k->public);
	for (unsigned i = 0; i < sizeof k->scratch / sizeof *k->scratch; i++)
		buf_free(&k->scratch[i]);
}

/* --- SSH --- */

/* 20260131T01:19:18Z without its signs. */
static void ssh_time(struct buf *b, const char *option, struct span text)
{
	char t[CLOCK_TEXT];
	int64_t ns;

	if (!clock_parse(text, &ns))
		bad_input("unable to read the key: it has no time such as 2026-01-31T00:00:00Z");
	clock_text(ns, 0, t);
	buf_printf(b, ",%s=\"", option);
	for (const char *p = t; *p; p++)
		if ((*p >= '0' && *p <= '9') || *p == 'Z')
			buf_char(b, *p);
	buf_char(b, '"');
}

/* Who is named by a pattern would be others too. */
static bool is_pattern(struct span id)
{
	for (size_t i = 0; i < id.n; i++)
		if (strchr(",*?!\"#\\", id.p[i]))
			return true;
	return false;
}

static void add_ssh(const struct key *k)
{
	struct buf blob = {0}, key = {0}, b = {0};
	bool ended = span_is(k->status, "retired") && k->ended.n;

	ssh_key_blob(&blob, k->public);
	buf_printf(&key, "%s ", ssh_key_type(public_key_algorithm(k->public)));
	base64_add(&key, blob.p, blob.n);
	jsonw_str(&members, "ssh", buf_span(&key));
	if (!is_pattern(k->id)) {
		buf_span_add(&b, k->id);
		buf_str(&b, " namespaces=\"cp-filters/*\"");
		ssh_time(&b, "valid-after", k->from);
		ssh_time(&b, "valid-before", ended && span_cmp(k->ended, k->until) < 0 ? k->ended : k->until);
		buf_char(&b, ' ');
		buf_span_add(&b, buf_span(&key));
		jsonw_str(&members, "allowed_signers", buf_span(&b));
	}
	buf_free(&blob);
	buf_free(&key);
	buf_free(&b);
}

/* --- the others --- */

static void add_ed25519(const struct key *k)
{
	struct buf raw = {0}, b = {0}, name = {0};
	struct note_key n;

	public_key_bytes(k->public, &raw);
	minisign_key(&b, (const unsigned char *)raw.p);
	jsonw_str(&members, "minisign", buf_span(&b));
	buf_span_add(&name, k->id);
	note_key_make(&n, buf_cstr(&name), NOTE_ED25519, (const unsigned char *)raw.p);
	buf_reset(&b);
	note_key_write(&b, &n);
	jsonw_str(&members, "vkey", buf_span(&b));
	buf_free(&raw);
	buf_free(&b);
	buf_free(&name);
}

static void add_pem(const struct key *k)
{
	enum { LINE = 64 };
	struct buf der = {0}, base64 = {0}, b = {0};

	public_key_spki(k->public, &der);
	base64_add(&base64, der.p, der.n);
	buf_str(&b, "-----BEGIN PUBLIC KEY-----\n");
	for (size_t at = 0; at < base64.n; at += LINE) {
		buf_add(&b, base64.p + at, base64.n - at < LINE ? base64.n - at : LINE);
		buf_char(&b, '\n');
	}
	buf_str(&b, "-----END PUBLIC KEY-----\n");
	jsonw_str(&members, "pem", buf_span(&b));
	buf_free(&der);
	buf_free(&base64);
	buf_free(&b);
}

static void step(struct record *r)
{
	struct key k = {.public = NULL};

	if (!record_is(r, "key")) {
		emit(r);
		return;
	}
	read_key(&k, r);
	/* Foreign tools cannot be told that a key is revoked: they are not told of it at all. */
	if (span_is(k.status, "revoked")) {
		emit(r);
	} else {
		buf_reset(&members);
		add_ssh(&k);
		if (public_key_algorithm(k.public) == KEY_ED25519)
			add_ed25519(&k);
		add_pem(&k);
		buf_reset(&line);
		record_splice(&line, r, buf_span(&members));
		emit_line(buf_span(&line));
	}
	free_key(&k);
}

static void finish(bool complete)
{
	(void)complete;
	buf_free(&members);
	buf_free(&line);
}

static const struct filter self = {
	.name = "cp-key-export",
	.summary = "add to public keys what foreign tools know them by",
	.args = "",
	.reads = "key",
	.writes = "* key",
	.role = ROLE_MAPPER,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
