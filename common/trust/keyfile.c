#include "trust/keyfile.h"

#include "data/canon.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "ledger/pins.h"
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
	if (!make && pins_dev_file(name, filter_root_or_null(), PINS_DEV_KEYRING, NULL))
		return;
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

static void read_text(struct keyfile *f, struct buf *text)
{
	const char *why;
	int fd = outside_read(&f->at, &why);

	if (fd < 0 && errno == ENOENT && !f->must)
		return;
	if (fd < 0 && errno)
		sys_fail(0, "unable to read the keyring %s: %s", f->at.path, why);
	if (fd < 0)
		bad_input("unable to trust the keyring: %s", why);
	if (slurp_fd(fd, KEYRING_BYTES, text) < 0) {
		if (errno == EFBIG)
			bad_input("unable to use the keyring: it is longer than 4 MiB");
		sys_fail(errno, "unable to read the keyring %s", f->at.path);
	}
	close(fd);
	f->present = true;
}

static void hash_of(struct span bytes, unsigned char sum[DIGEST_LEN])
{
	struct digest *d = digest_new();

	digest_bytes(d, bytes.p, bytes.n, sum);
	digest_free(d);
}

/* What was seen is asked first: what another writes meanwhile must not make what we read older than that. */
static void read_ring(struct keyfile *f)
{
	struct buf text = {0};

	err_place(f->at.path, 0);
	if (seenring_read(&f->seen, span_of(f->at.path)) < 0)
		sys_fail(errno == EBADMSG ? 0 : errno, "unable to read which version of it was seen");
	read_text(f, &text);
	hash_of(buf_span(&text), f->hash);
	if (f->present && keyring_read(&f->ring, &text, tell, NULL))
		filter_abandon(STATUS_INPUT);
	err_place(NULL, 0);
}

/* Only what was read whole, and what the environment lets us compare, may be believed. */
static void believe(const struct keyfile *f)
{
	const char *why = keyfile_went_back(f);

	if (!why)
		why = keyfile_unsigned(f);
	if (!why)
		return;
	err_place(f->at.path, 0);
	bad_input("unable to trust the keyring: %s", why);
}

void keyfile_look(struct keyfile *f, const char *option)
{
	find(f, option, false);
	f->must = true;
	read_ring(f);
}

void keyfile_open(struct keyfile *f, const char *option, bool must)
{
	find(f, option, false);
	f->must = must;
	read_ring(f);
	believe(f);
	keyfile_keep(f);
}

const char *keyfile_went_back(const struct keyfile *f)
{
	if (!f->present)
		return f->seen.known ? "it is gone, and was seen here before" : NULL;
	return seenring_older(&f->seen, &f->ring, f->hash);
}

const char *keyfile_unsigned(const struct keyfile *f)
{
	const char *why = f->ring.signature ? keyring_unsigned(&f->ring, &f->ring) : NULL;

	return why ? why : seenring_foreign(&f->seen, &f->ring);
}

void keyfile_keep(const struct keyfile *f)
{
	if (!f->present || filter_dry_run() || seenring_keep(&f->seen, span_of(f->at.path), &f->ring, f->hash) == 0)
		return;
	err_place(f->at.path, 0);
	warn("unable to keep which version of it was seen, so an older one will not be noticed: %s",
	     errno == ENOENT ? "XDG_STATE_HOME or HOME names no directory" : strerror(errno));
	err_place(NULL, 0);
}

/* Whatever ends the process before the commit leaves no temporary behind. */
static struct keyfile *begun;

static void drop(void)
{
	if (begun) {
		save_abort(&begun->save);
		save_abort(&begun->next_seen);
	}
}

/* Its temporary is the lock: who has it reads the version that it will replace. */
static void take(struct keyfile *f)
{
	err_place(f->at.path, 0);
	if (save_begin(&f->save, f->at.dir, f->at.name, 0644) < 0) {
		if (errno == EBUSY)
			sys_fail(0, "unable to change the keyring: somebody else is changing it");
		sys_fail(errno, "unable to change the keyring");
	}
	f->next_seen = (struct save){.dir = -1, .fd = -1};
	begun = f;
	atexit(drop);
	err_place(NULL, 0);
}

void keyfile_open_to_change(struct keyfile *f, const char *option)
{
	find(f, option, !filter_dry_run());
	if (!filter_dry_run())
		take(f);
	read_ring(f);
	believe(f);
}

/* What will have been seen is on the disk before the keyring is, so that a state directory that cannot be written, or
 * is full, stops the change; its name follows, so that no version counts as seen that is not there. */
void keyfile_commit(struct keyfile *f, struct span text, const struct keyring *next)
{
	unsigned char hash[DIGEST_LEN];
	int failed;

	err_place(f->at.path, 0);
	hash_of(text, hash);
	if (seenring_begin(&f->seen, &f->next_seen) == 0)
		seenring_add(&f->next_seen, span_of(f->at.path), next, hash);
	if (f->next_seen.fd < 0 || save_sync(&f->next_seen) < 0)
		sys_fail(errno, "unable to keep which version of it was seen; the keyring stays as it is");
	out_add(&f->save.out, text.p, text.n);
	failed = save_commit(&f->save) < 0 ? errno : 0;
	if (failed)
		sys_fail(failed, "unable to write the keyring");
	begun = NULL;
	if (save_commit(&f->next_seen) < 0)
		sys_fail(errno, "unable to keep which version of it was seen; the keyring is changed");
	err_place(NULL, 0);
}

void keyfile_close(struct keyfile *f)
{
	if (begun == f) {
		drop();
		begun = NULL;
	}
	keyring_free(&f->ring);
	seenring_free(&f->seen);
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

const char *keyring_unsigned(const struct keyring *r, const struct keyring *by)
{
	const struct trusted_key *k = keyring_find(by, r->signed_by);
	struct buf bytes = {0}, message = {0};
	struct signature_terms t = {.purpose = SPAN("keyring"), .plane_uid = SPAN("*")};
	char hash[DIGEST_TEXT];
	const char *why = NULL;

	if (!r->signature)
		return "it is not signed";
	if (!k)
		return "it is signed by a key that is not known";
	if (!key_has_role(by, k, "root"))
		return "it is signed by a key that has not the role root";
	if (by != r && k->status != KEY_ACTIVE)
		return "it is signed by a key that was not active";
	keyring_hash(r, hash);
	t.hash = (struct span){hash, DIGEST_TEXT};
	t.algorithm = k->algorithm;
	t.signed_by = r->signed_by;
	signature_message(&message, &t);
	if (!signature_text_read(&bytes, r->signature_text, k->algorithm) ||
	    !public_key_verify(k->key, buf_span(&bytes), message.p, message.n))
		why = "its signature does not hold";
	buf_free(&bytes);
	buf_free(&message);
	return why;
}
