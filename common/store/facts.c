#include "store/facts.h"

#include "base/num.h"

static bool text_is(struct span s, const char *word, size_t n)
{
	return s.n == n && memcmp(s.p, word, n) == 0;
}

#define IS(key, word) text_is(key, word, sizeof(word) - 1)

static const char *read_size(const struct record *r, uint32_t at, struct filehash_facts *f)
{
	int64_t size;

	if (!json_int(&r->json, at, 0, NUM_MAX_SAFE, &size))
		return "size is no number of bytes";
	f->size = (uint64_t)size;
	f->have |= HAVE_SIZE;
	return NULL;
}

static const char *read_u64(const struct record *r, uint32_t at, unsigned have, struct filehash_facts *f)
{
	struct span s = json_text(&r->json, at);

	if (r->json.node[at].type != JSON_STRING ||
	    !num_u64(s.p, s.n, UINT64_MAX, have == HAVE_DEV ? &f->dev : &f->ino))
		return "dev or ino is no decimal string";
	f->have |= have;
	return NULL;
}

static const char *read_time(const struct record *r, uint32_t at, unsigned have, struct filehash_facts *f)
{
	struct span s = json_text(&r->json, at);
	int64_t *out = have == HAVE_MTIME ? &f->mtime : &f->ctime;

	if (r->json.node[at].type != JSON_STRING || !num_i64(s.p, s.n, INT64_MIN, INT64_MAX, out))
		return "mtime or ctime is no decimal string";
	f->have |= have;
	return NULL;
}

const char *facts_read(const struct record *r, struct file_facts *f)
{
	const struct json *j = &r->json;
	const char *why = NULL;

	f->stat.have = 0;
	f->hash = f->error = f->mode = f->reused = 0;
	for (uint32_t k = json_first(j, 0); !why && k != j->node[0].end; k = json_next_member(j, k)) {
		struct span key = json_text(j, k);

		if (j->node[k].flags & JSON_ESCAPED)
			why = "a member's name is written with escapes";
		else if (IS(key, "size"))
			why = read_size(r, k + 1, &f->stat);
		else if (IS(key, "dev"))
			why = read_u64(r, k + 1, HAVE_DEV, &f->stat);
		else if (IS(key, "ino"))
			why = read_u64(r, k + 1, HAVE_INO, &f->stat);
		else if (IS(key, "mtime"))
			why = read_time(r, k + 1, HAVE_MTIME, &f->stat);
		else if (IS(key, "ctime"))
			why = read_time(r, k + 1, HAVE_CTIME, &f->stat);
		else if (IS(key, "hash"))
			f->hash = k + 1;
		else if (IS(key, "error"))
			f->error = k + 1;
		else if (IS(key, "reused"))
			f->reused = k + 1;
		else if (IS(key, "mode"))
			f->mode = k + 1;
	}
	return why;
}
