#include "admit/ring.h"

#include "filter/filter.h"

#include <fcntl.h>
#include <unistd.h>

void admit_ring_open(struct keyfile *f, const char *option, const struct pinned_ask *plane)
{
	char is[DIGEST_TEXT], pinned[DIGEST_TEXT];

	keyfile_open(f, option, true);
	if (!plane->pins->keyring_hash.n || plane->pins->development)
		return;
	digest_text(f->hash, is);
	pinned_keyring(plane, pinned);
	if (memcmp(is, pinned, DIGEST_TEXT) != 0)
		bad_input("unable to trust the keyring: it is not the one that the plane pins");
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
