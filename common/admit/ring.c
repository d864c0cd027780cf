#include "admit/ring.h"

#include "filter/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The newest that this user has seen of that plane's, whatever file it came from. */
static void keep(const struct keyfile *f, const struct pins *pins)
{
	struct seenring seen;
	struct buf name = {0};
	const char *why;

	if (!pins->plane_uid.n)
		return;
	buf_str(&name, "plane:");
	buf_span_add(&name, buf_span(&pins->plane_uid));
	if (seenring_read(&seen, buf_span(&name)) < 0)
		sys_fail(errno == EBADMSG ? 0 : errno, "unable to read which keyring of the plane was seen");
	why = seenring_older(&seen, &f->ring, f->hash);
	if (why)
		bad_input("unable to trust the keyring that the plane pins: %s", why);
	if (!filter_dry_run() && seenring_keep(&seen, buf_span(&name), &f->ring, f->hash) < 0)
		warn("unable to keep which keyring of the plane was seen, so an older one will not be noticed: %s",
		     errno == ENOENT ? "XDG_STATE_HOME or HOME names no directory" : strerror(errno));
	seenring_free(&seen);
	buf_free(&name);
}

void admit_ring_open(struct keyfile *f, const char *option, const struct pinned_ask *plane)
{
	struct pinned_ask ask = *plane;
	char is[DIGEST_TEXT], pinned[DIGEST_TEXT];

	keyfile_open(f, option, true);
	if (!plane->pins->keyring_hash.n || plane->pins->development)
		return;
	ask.offered = &f->ring;
	ask.offered_hash = f->hash;
	digest_text(f->hash, is);
	pinned_keyring(&ask, pinned);
	if (memcmp(is, pinned, DIGEST_TEXT) != 0)
		bad_input("unable to trust the keyring: it is not the one that the plane pins");
	keep(f, plane->pins);
}

const struct pins *admit_trust_pins(struct admit_trust *t, int root)
{
	if (!t->pinned && root >= 0)
		pins_read(&t->pins, root);
	t->pinned = true;
	return &t->pins;
}

const struct keyring *admit_trust_ring(struct admit_trust *t, const char *option, int root, const char *root_path,
				       int64_t now)
{
	const struct pinned_ask plane = {.root = root, .root_path = root_path, .pins = &t->pins, .now = now};

	if (!t->opened)
		admit_ring_open(&t->file, option, &plane);
	t->opened = true;
	return &t->file.ring;
}

int64_t admit_trust_time(struct admit_trust *t, int root, const char *root_path, int64_t until, struct span text)
{
	struct buf path = {0};

	if (!t->witnessed && root >= 0 && faccessat(root, PINS_LEDGER, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		buf_printf(&path, "%s/" PINS_LEDGER, root_path);
		t->witness = witness_open(buf_cstr(&path), until, buf_span(&t->pins.plane_uid));
		buf_free(&path);
	}
	t->witnessed = true;
	return t->witness ? witness_time(t->witness, text) : KEY_TIME_UNKNOWN;
}

void admit_trust_free(struct admit_trust *t)
{
	pins_free(&t->pins);
	if (t->opened)
		keyfile_close(&t->file);
	witness_close(t->witness);
}
