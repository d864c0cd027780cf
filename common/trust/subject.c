#include "trust/subject.h"

#include "data/canon.h"
#include "seal/checkpoint.h"

static bool hash_member(const struct record *r, const char *name, char out[DIGEST_TEXT])
{
	struct buf scratch = {0};
	struct span hash;
	bool good = record_str(r, name, &hash, &scratch) && record_hash_ok(hash);

	if (good)
		memcpy(out, hash.p, DIGEST_TEXT);
	buf_free(&scratch);
	return good;
}

/* NULL, or why not. */
static const char *of_archive(struct subject *s, const struct record *r)
{
	s->purpose = "archive";
	return hash_member(r, "hash", s->hash) ? NULL : "it is an archive without a hash";
}

static const char *of_manifest(struct subject *s, const struct record *r)
{
	s->purpose = "manifest";
	if (!hash_member(r, "manifest_hash", s->hash))
		return "its manifest_hash is no hash";
	buf_add(&s->bytes, s->hash, DIGEST_TEXT);
	return NULL;
}

static void hash_bytes(struct subject *s, struct digest *d)
{
	unsigned char sum[DIGEST_LEN];

	digest_bytes(d, s->bytes.p, s->bytes.n, sum);
	digest_text(sum, s->hash);
}

static const char *of_checkpoint(struct subject *s, const struct record *r, struct digest *d)
{
	struct buf scratch = {0};
	struct checkpoint c;
	struct span text;
	struct note n;
	const char *why = record_str(r, "checkpoint", &text, &scratch) ? note_parse(&n, text) : "there is none";

	s->purpose = "checkpoint";
	/* Or a note of a record, or of a manifest, would be one of a checkpoint. */
	if (!why)
		why = checkpoint_parse(&c, n.text);
	if (!why) {
		buf_span_add(&s->bytes, n.text);
		hash_bytes(s, d);
	}
	buf_free(&scratch);
	return why ? "it is a checkpoint without a signed note of one" : NULL;
}

static const char *of_record(struct subject *s, const struct record *r, struct digest *d)
{
	s->purpose = "record";
	if (!canon_jcs(&s->bytes, &r->json, 0))
		return "a number in it has no canonical form";
	hash_bytes(s, d);
	return NULL;
}

bool subject_is(const struct record *r)
{
	static const char *const none[] = {"signature", "finding", "verdict", "plane", "judgement"};

	for (unsigned i = 0; i < sizeof none / sizeof *none; i++)
		if (record_is(r, none[i]))
			return false;
	return true;
}

int subject_of(struct subject *s, struct record *r, struct digest *d, const char **why)
{
	struct span path;

	if (!subject_is(r))
		return 0;
	buf_reset(&s->bytes);
	buf_reset(&s->path);
	if (record_is(r, "archive"))
		*why = of_archive(s, r);
	else if (record_is(r, "checkpoint"))
		*why = of_checkpoint(s, r, d);
	else if (record_is(r, "package") && record_get(r, "manifest_hash"))
		*why = of_manifest(s, r);
	else
		*why = of_record(s, r, d);
	if (*why)
		return -1;
	/* A record may have a path of another kind than ours; only an archive's is opened. */
	if (record_path(r, &path, why) == 1)
		buf_span_add(&s->path, path);
	return 1;
}

void subject_free(struct subject *s)
{
	buf_free(&s->bytes);
	buf_free(&s->path);
}
