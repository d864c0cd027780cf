#include "admit/pinned.h"

#include "admit/vouch.h"
#include "chain/entry.h"
#include "filter/filter.h"
#include "os/beneath.h"
#include "os/in.h"
#include "witness/believe.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char ledger_name[] = "ledger/governance.jsonl";

struct following {
	const struct pinned_ask *ask;
	struct vouch vouch;
	struct entry entry;
	struct buf ledger;
	struct keyring ring; /* the one that is pinned so far, once it was asked for */
	bool have;
	char hash[DIGEST_TEXT];
	int64_t version;
};

static void named(void *ctx, struct span ledger)
{
	struct following *f = ctx;

	buf_span_add(&f->ledger, ledger);
	f->vouch.ledger = buf_span(&f->ledger);
}

/* --- the keyring that was pinned before --- */

static void tell(void *ctx, struct span key, const char *why)
{
	(void)ctx;
	complain("unable to use a keyring that was pinned before: %.*s%s%s", (int)key.n, key.n ? key.p : "",
		 key.n ? ": " : "", why);
}

static void check(const struct buf *text, const char *hash)
{
	struct digest *d = digest_new();
	unsigned char sum[DIGEST_LEN];
	char is[DIGEST_TEXT];

	digest_bytes(d, text->p, text->n, sum);
	digest_text(sum, is);
	digest_free(d);
	if (memcmp(is, hash, DIGEST_TEXT) != 0)
		bad_input("unable to use the keyring that was pinned before: it has another hash than its name");
}

static bool is_offered(const struct following *f)
{
	char hash[DIGEST_TEXT];

	if (!f->ask->offered)
		return false;
	digest_text(f->ask->offered_hash, hash);
	return memcmp(hash, f->hash, DIGEST_TEXT) == 0;
}

static void read_ring(struct following *f)
{
	struct buf path = {0}, text = {0};
	int fd;

	buf_printf(&path, "ledger/blobs/%.*s", DIGEST_TEXT - 7, f->hash + 7);
	fd = beneath_open(f->ask->root, buf_span(&path), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	err_place(buf_cstr(&path), 0);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		bad_input("unable to tell which keyring is pinned: the one that was before is not kept there");
	if (fd < 0 || (slurp_fd(fd, KEYRING_BYTES, &text) < 0 && errno != EFBIG))
		sys_fail(errno, "unable to read the keyring that was pinned before, %s", buf_cstr(&path));
	close(fd);
	check(&text, f->hash);
	if (keyring_read(&f->ring, &text, tell, NULL))
		filter_abandon(STATUS_INPUT);
	err_place(NULL, 0);
	buf_free(&path);
	f->vouch.ring = &f->ring;
}

static void open_ring(struct following *f)
{
	if (f->have)
		return;
	if (is_offered(f))
		f->vouch.ring = f->ask->offered;
	else
		read_ring(f);
	/* What it says itself goes before what the entry said of it. */
	if (f->vouch.ring->version)
		f->version = f->vouch.ring->version;
	f->have = true;
}

/* --- the changes of it --- */

/* Does it put another in the place of the one that is pinned? */
static bool is_next(const struct following *f, const struct json *j, struct span *hash, int64_t *version)
{
	unsigned char sum[DIGEST_LEN];
	struct span before, after;

	return span_is(f->entry.event_type, "POLICY_CHANGE") && entry_text(j, 0, "keyring_hash", hash) &&
	       digest_parse(*hash, sum) && entry_text(j, 0, "after_hash", &after) && span_eq(after, *hash) &&
	       entry_text(j, 0, "before_hash", &before) && span_eq(before, (struct span){f->hash, DIGEST_TEXT}) &&
	       json_int(j, json_get(j, 0, "keyring_version"), 1, INT64_MAX, version);
}

static void change(struct following *f, struct span hash, int64_t version)
{
	memcpy(f->hash, hash.p, DIGEST_TEXT);
	f->version = version;
	keyring_free(&f->ring);
	f->ring = (struct keyring){.n = 0};
	f->have = false;
}

static void each(void *ctx, struct span line)
{
	struct following *f = ctx;
	const struct json *j = &f->entry.json;
	struct span hash;
	int64_t version;
	bool next;

	if (entry_read(&f->entry, line) || !json_get(j, 0, "nonce"))
		return;
	/* The nonces of other entries count as well; whose they are matters only here. */
	next = is_next(f, j, &hash, &version);
	if (next)
		open_ring(f);
	if (!vouch_bad(&f->vouch, j) && next && version > f->version)
		change(f, hash, version);
}

void pinned_keyring(const struct pinned_ask *ask, char hash[DIGEST_TEXT])
{
	static const struct keyring none;
	struct following f = {.ask = ask, .version = ask->pins->keyring_version};
	struct believe b = {.type = L_INTENT, .ctx = &f, .named = named, .entry = each};

	memcpy(f.hash, ask->pins->keyring_hash.p, DIGEST_TEXT);
	b.plane_uid = buf_span(&ask->pins->plane_uid);
	f.vouch = (struct vouch){.ring = &none, .role = "root", .plane_uid = b.plane_uid, .now = ask->now};
	if (!believe_of_plane(&b, ask->root_path, ledger_name))
		bad_input("unable to tell which keyring is pinned: there is no %s", ledger_name);
	memcpy(hash, f.hash, DIGEST_TEXT);
	keyring_free(&f.ring);
	vouch_free(&f.vouch);
	entry_free(&f.entry);
	buf_free(&f.ledger);
}
