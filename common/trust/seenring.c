#include "trust/seenring.h"

#include "audit/seenfile.h"
#include "base/num.h"
#include "base/text.h"
#include "data/jsonw.h"

#include <errno.h>

static void sha256(struct span bytes, unsigned char sum[DIGEST_LEN])
{
	struct digest *d = digest_new();

	digest_bytes(d, bytes.p, bytes.n, sum);
	digest_free(d);
}

static bool hash_at(const struct json *j, uint32_t at, unsigned char sum[DIGEST_LEN])
{
	return at && j->node[at].type == JSON_STRING && digest_parse(json_text(j, at), sum);
}

static bool parse(struct seenring *s, const struct buf *text)
{
	struct json j = {0};
	unsigned char sum[DIGEST_LEN];
	uint32_t roots = 0;
	bool good = json_parse(&j, text->p, text->n, JSON_RECORD) &&
		    json_int(&j, json_get(&j, 0, "version"), 0, NUM_MAX_SAFE, &s->version) &&
		    hash_at(&j, json_get(&j, 0, "hash"), s->hash) && (roots = json_get(&j, 0, "roots")) != 0 &&
		    j.node[roots].type == JSON_ARRAY;

	for (uint32_t c = good ? json_first(&j, roots) : 0; good && c != j.node[roots].end; c = json_next(&j, c)) {
		good = hash_at(&j, c, sum);
		buf_add(&s->roots, sum, sizeof sum);
	}
	json_free(&j);
	return good;
}

static int load(struct seenring *s)
{
	struct buf text = {0};
	int got = seenfile_read(s->name, &text);

	s->known = false;
	buf_reset(&s->roots);
	if (got > 0 && !parse(s, &text)) {
		errno = EBADMSG;
		got = -1;
	}
	s->known = got > 0;
	buf_free(&text);
	return got < 0 ? -1 : 0;
}

int seenring_read(struct seenring *s, struct span path)
{
	unsigned char sum[DIGEST_LEN];

	*s = (struct seenring){0};
	sha256(path, sum);
	hex_encode(sum, sizeof sum, s->name);
	memcpy(s->name + 2 * sizeof sum, ".keyring", sizeof ".keyring");
	return load(s);
}

void seenring_free(struct seenring *s)
{
	buf_free(&s->roots);
}

const char *seenring_older(const struct seenring *s, const struct keyring *r, const unsigned char hash[DIGEST_LEN])
{
	if (!s->known)
		return NULL;
	if (r->version < s->version)
		return "a later version of it was seen here";
	/* Of two that have no version nobody can say which came first. */
	if (r->version == s->version && r->version > 0 && memcmp(hash, s->hash, DIGEST_LEN) != 0)
		return "something else was seen here as this version of it";
	return NULL;
}

static bool was_root(const struct seenring *s, struct span public_text)
{
	unsigned char sum[DIGEST_LEN];

	sha256(public_text, sum);
	for (size_t i = 0; i < s->roots.n; i += sizeof sum)
		if (memcmp(s->roots.p + i, sum, sizeof sum) == 0)
			return true;
	return false;
}

const char *seenring_foreign(const struct seenring *s, const struct keyring *r)
{
	const struct trusted_key *k;

	if (!s->known || s->roots.n == 0 || r->version <= s->version)
		return NULL;
	if (!r->signature)
		return "it is not signed, and an earlier version that was seen here had a root key";
	k = keyring_signer(r);
	return k && was_root(s, k->public_text)
		       ? NULL
		       : "it is signed by none of the root keys of an earlier version that was seen here";
}

int seenring_begin(const struct seenring *s, struct save *save)
{
	return seenfile_begin(save, s->name);
}

void seenring_add(struct save *save, struct span path, const struct keyring *r, const unsigned char hash[DIGEST_LEN])
{
	struct buf b = {0};
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];

	jsonw_open(&b, NULL);
	jsonw_bytes(&b, "keyring", path);
	jsonw_int(&b, "version", r->version);
	digest_member(&b, "hash", hash);
	jsonw_array_open(&b, "roots");
	for (size_t i = 0; i < r->n; i++)
		if (r->key[i].status == KEY_ACTIVE && key_has_role(r, &r->key[i], "root")) {
			sha256(r->key[i].public_text, sum);
			digest_text(sum, text);
			jsonw_str(&b, NULL, (struct span){text, sizeof text});
		}
	jsonw_array_close(&b);
	jsonw_close(&b);
	buf_char(&b, '\n');
	out_add(&save->out, b.p, b.n);
	buf_free(&b);
}

int seenring_keep(const struct seenring *s, struct span path, const struct keyring *r,
		  const unsigned char hash[DIGEST_LEN])
{
	struct seenring now = *s;
	struct save save;
	int result = 0;

	if (s->known && s->version == r->version && memcmp(s->hash, hash, DIGEST_LEN) == 0)
		return 0;
	now.roots = (struct buf){0};
	if (seenring_begin(s, &save) < 0)
		return -1;
	if (load(&now) < 0 || (now.known && now.version > r->version)) {
		result = now.known ? 0 : -1;
		save_abort(&save);
	} else {
		seenring_add(&save, path, r, hash);
		result = save_commit(&save);
	}
	seenring_free(&now);
	return result;
}
