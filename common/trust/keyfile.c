#include "trust/keyfile.h"

#include "data/canon.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "os/env.h"
#include "os/in.h"
#include "trust/signature.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- the file --- */

/* $HOME/.control_plane is made on the way to a first keyring. */
static void name_of(struct buf *name, const char *option, bool make)
{
	if (option) {
		buf_str(name, option);
		return;
	}
	if (!env_home())
		bad_usage("unable to find the keyring: give --keyring, or set HOME");
	buf_printf(name, "%s/.control_plane", env_home());
	if (make && mkdir(buf_cstr(name), 0700) < 0 && errno != EEXIST)
		sys_fail(errno, "unable to make %s", buf_cstr(name));
	buf_str(name, "/trusted_keys.json");
}

static void tell(void *ctx, struct span key, const char *why)
{
	(void)ctx;
	if (key.n)
		complain("unable to use the keyring: the key %.*s: %s", (int)key.n, key.p, why);
	else
		complain("unable to use the keyring: %s", why);
}

static void find(struct keyfile *f, const char *option, bool make)
{
	struct buf name = {0};
	const char *why;

	*f = (struct keyfile){.at = {.dir = -1}};
	name_of(&name, option, make);
	if (outside_open(&f->at, buf_cstr(&name), filter_root_or_null(), &why) < 0) {
		if (errno)
			sys_fail(0, "unable to open the keyring %s: %s", buf_cstr(&name), why);
		err_place(buf_cstr(&name), 0);
		bad_input("unable to trust the keyring: %s", why);
	}
	buf_free(&name);
}

static void read_ring(struct keyfile *f, bool must)
{
	struct buf text = {0};
	const char *why;
	int fd = outside_read(&f->at, &why);

	err_place(f->at.path, 0);
	if (fd < 0 && errno == ENOENT && !must)
		return;
	if (fd < 0 && errno)
		sys_fail(0, "unable to read the keyring: %s", why);
	if (fd < 0)
		bad_input("unable to trust the keyring: %s", why);
	if (slurp_fd(fd, KEYRING_BYTES, &text) < 0)
		sys_fail(errno, "unable to read the keyring");
	close(fd);
	f->present = true;
	if (keyring_read(&f->ring, &text, tell, NULL))
		filter_abandon(STATUS_INPUT);
	err_place(NULL, 0);
}

void keyfile_open(struct keyfile *f, const char *option, bool must)
{
	find(f, option, false);
	read_ring(f, must);
}

/* Whatever ends the process before the commit leaves no temporary behind. */
static struct save *begun;

static void drop(void)
{
	if (begun)
		save_abort(begun);
}

void keyfile_open_to_change(struct keyfile *f, const char *option, bool dry)
{
	find(f, option, !dry);
	/* Its temporary is the lock: who has it reads the version that it will replace. */
	if (!dry && save_begin(&f->save, f->at.dir, f->at.name, 0644) < 0) {
		err_place(f->at.path, 0);
		if (errno == EBUSY)
			sys_fail(0, "unable to change the keyring: somebody else is changing it");
		sys_fail(errno, "unable to change the keyring");
	}
	if (!dry) {
		begun = &f->save;
		atexit(drop);
	}
	read_ring(f, false);
}

void keyfile_commit(struct keyfile *f, struct span text)
{
	out_add(&f->save.out, text.p, text.n);
	err_place(f->at.path, 0);
	begun = NULL;
	if (save_commit(&f->save) < 0)
		sys_fail(errno, "unable to write the keyring");
	err_place(NULL, 0);
}

void keyfile_close(struct keyfile *f)
{
	if (begun == &f->save) {
		drop();
		begun = NULL;
	}
	keyring_free(&f->ring);
	outside_close(&f->at);
}

/* --- the document --- */

void keyring_key_write(struct buf *b, const struct json *j, uint32_t key, const char *const *but)
{
	for (uint32_t k = json_first(j, key); k != j->node[key].end; k = json_next_member(j, k)) {
		const char *const *n = but;

		while (*n && !span_is(json_text(j, k), *n))
			n++;
		if (*n)
			continue;
		if (b->p[b->n - 1] != '{')
			buf_char(b, ',');
		canon_jcs(b, j, k);
		buf_char(b, ':');
		canon_jcs(b, j, k + 1);
	}
}

void keyring_hash(const struct keyring *r, char hash[DIGEST_TEXT])
{
	struct digest *d = digest_new();
	unsigned char sum[DIGEST_LEN];
	struct buf b = {0};

	canon_jcs_without(&b, &r->json, 0, "signature");
	digest_bytes(d, b.p, b.n, sum);
	digest_text(sum, hash);
	digest_free(d);
	buf_free(&b);
}

static bool member(const struct keyring *r, const char *name, struct span *out)
{
	uint32_t at = json_get(&r->json, r->signature, name);

	if (!at || r->json.node[at].type != JSON_STRING || r->json.node[at].flags & JSON_ESCAPED)
		return false;
	*out = json_text(&r->json, at);
	return true;
}

const char *keyring_unsigned(const struct keyring *r, const struct keyring *by)
{
	struct span signer, text;
	const struct trusted_key *k;
	struct buf bytes = {0}, message = {0};
	struct signature_terms t = {.purpose = SPAN("keyring"), .plane_uid = SPAN("*")};
	char hash[DIGEST_TEXT];
	const char *why = NULL;

	if (!r->signature)
		return "it is not signed";
	if (!member(r, "signed_by", &signer) || !member(r, "signature", &text))
		return "its signature does not say whose it is";
	k = keyring_find(by, signer);
	if (!k)
		return "it is signed by a key that is not known";
	if (!key_has_role(by, k, "root"))
		return "it is signed by a key that has not the role root";
	if (by != r && k->status != KEY_ACTIVE)
		return "it is signed by a key that was not active";
	keyring_hash(r, hash);
	t.hash = (struct span){hash, DIGEST_TEXT};
	t.algorithm = k->algorithm;
	t.signed_by = signer;
	signature_message(&message, &t);
	if (!signature_text_read(&bytes, text, k->algorithm) ||
	    !public_key_verify(k->key, buf_span(&bytes), message.p, message.n))
		why = "its signature does not hold";
	buf_free(&bytes);
	buf_free(&message);
	return why;
}
