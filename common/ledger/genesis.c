#include "ledger/genesis.h"

#include "data/jsonw.h"
#include "filter/filter.h"
#include "ledger/pins.h"
#include "ledger/tree.h"
#include "os/clock.h"
#include "seal/note.h"

#include <errno.h>
#include <unistd.h>

static void check_hash(const char *option, const char *hash)
{
	unsigned char sum[DIGEST_LEN];

	if (hash && !digest_parse(span_of(hash), sum))
		bad_usage("unable to use %s: sha256: and 64 hex digits are wanted", option);
}

static void check_provider(const struct genesis_pins *p, unsigned at)
{
	const char *name = p->provider[at];

	if (!*name || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		bad_usage("unable to use --provider: a name of a-z, 0-9 and - is wanted");
	for (unsigned i = 0; i < at; i++)
		if (strcmp(p->provider[i], name) == 0)
			bad_usage("unable to use --provider %s: it was given before", name);
}

static void check_pins(const struct genesis_pins *p)
{
	const char *bad = p->plane_uid ? pins_uid_bad(span_of(p->plane_uid)) : NULL;

	if (bad)
		bad_usage("unable to use --plane-uid: it %s", bad);
	check_hash("--keyring-hash", p->keyring_hash);
	check_hash("--jwks-hash", p->jwks_hash);
	for (unsigned i = 0; i < p->providers; i++)
		check_provider(p, i);
}

void genesis_check(const struct genesis_ask *ask)
{
	const char *bad = note_name_bad(span_of(ask->origin));

	if (bad)
		bad_usage("unable to use --ledger: the name %s", bad);
	check_pins(&ask->pins);
}

/* Where the ledger above stands now. */
static void write_parent(struct buf *b, const char *path, struct digest *d)
{
	struct opening o = {.kind = OPENING_OTHER};
	struct place p;
	struct position at;

	if (place_open(&p, path, true) < 0)
		sys_fail(errno, "unable to open the ledger %s", path);
	tree_of(&p, d, &o, &at);
	jsonw_open(b, "parent");
	jsonw_str(b, "head_hash", (struct span){at.head, DIGEST_TEXT});
	jsonw_str(b, "ledger", o.ledger);
	digest_member(b, "root_hash", at.root);
	jsonw_int(b, "size", (int64_t)at.size);
	jsonw_close(b);
	opening_free(&o);
	place_close(&p);
}

static void write_legacy(struct buf *b, const struct genesis_legacy *l)
{
	const struct loose_tally *t = &l->found;

	jsonw_open(b, "legacy");
	jsonw_int(b, "entries", (int64_t)t->lines);
	jsonw_cstr(b, "file", l->file);
	jsonw_open(b, "issues");
	jsonw_int(b, "altered", (int64_t)t->altered);
	jsonw_int(b, "forks", (int64_t)t->forks);
	jsonw_int(b, "malformed", (int64_t)t->malformed);
	jsonw_int(b, "missing_parents", (int64_t)t->missing_parents);
	jsonw_int(b, "restarts", t->roots ? (int64_t)t->roots - 1 : 0);
	jsonw_int(b, "unhashed", (int64_t)t->unhashed);
	jsonw_close(b);
	if (l->head.n)
		jsonw_str(b, "last_entry_hash", l->head);
	else
		jsonw_null(b, "last_entry_hash");
	jsonw_cstr(b, "profile", l->format == FORMAT_LEGACY ? "legacy" : "seed");
	digest_member(b, "sha256", l->hash);
	jsonw_close(b);
}

static void write_providers(struct buf *b, const struct genesis_pins *p)
{
	if (!p->providers)
		return;
	jsonw_array_open(b, "providers");
	for (unsigned i = 0; i < p->providers; i++)
		jsonw_cstr(b, NULL, p->provider[i]);
	jsonw_array_close(b);
}

static void write_text(struct buf *b, const char *key, const char *text)
{
	if (text)
		jsonw_cstr(b, key, text);
}

/* All members are written in the order they sort into: the body is canonical. */
void genesis_write(struct buf *line, const struct genesis_ask *ask, struct digest *d, struct book_ack *ack)
{
	struct entry_stamp s = {.prefix = ledger_type_prefix(ask->type), .author = span_of(ask->author),
				.uid = (int64_t)getuid()};
	struct buf body = {0};
	struct json j = {0};
	char now[CLOCK_TEXT];

	clock_text(clock_now(), 3, now);
	memcpy(s.timestamp, now, ENTRY_STAMP);
	memcpy(s.prev_hash, entry_genesis_hash, DIGEST_TEXT);
	jsonw_open(&body, NULL);
	if (ask->pins.development)
		jsonw_bool(&body, "development", true);
	jsonw_cstr(&body, "event_type", "GENESIS");
	jsonw_cstr(&body, "format", "cp-ledger/1");
	write_text(&body, "jwks_hash", ask->pins.jwks_hash);
	write_text(&body, "keyring_hash", ask->pins.keyring_hash);
	if (ask->pins.keyring_version)
		jsonw_int(&body, "keyring_version", ask->pins.keyring_version);
	jsonw_cstr(&body, "ledger", ask->origin);
	jsonw_cstr(&body, "ledger_type", ledger_type_name(ask->type));
	if (ask->legacy)
		write_legacy(&body, ask->legacy);
	if (ask->parent)
		write_parent(&body, ask->parent, d);
	else
		jsonw_null(&body, "parent");
	write_text(&body, "plane_uid", ask->pins.plane_uid);
	write_providers(&body, &ask->pins);
	write_text(&body, "rollback_level", ask->level);
	jsonw_cstr(&body, "tier", ask->tier);
	jsonw_close(&body);
	body_parse(&j, buf_span(&body));
	entry_write(line, d, &j, &s, ack->hash);
	buf_char(line, '\n');
	ack->seq = 0;
	memcpy(ack->stamp, s.timestamp, ENTRY_STAMP);
	json_free(&j);
	buf_free(&body);
}
