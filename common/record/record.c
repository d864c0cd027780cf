#include "record/record.h"

#include "base/text.h"
#include "data/relpath.h"

const char *record_parse(struct record *r, struct span line)
{
	uint32_t at;

	r->line = line;
	r->kind = (struct span){0};
	if (!json_parse(&r->json, line.p, line.n, JSON_RECORD))
		return r->json.error;
	/* Ours put it first; everybody else's is found too. */
	at = r->json.node[0].count && json_text(&r->json, 1).n == 4 && memcmp(json_text(&r->json, 1).p, "kind", 4) == 0
		     ? 2 : record_get(r, "kind");
	if (!at)
		return "no kind";
	if (r->json.node[at].type != JSON_STRING || r->json.node[at].flags & JSON_ESCAPED || !r->json.node[at].len)
		return "kind is no plain string";
	r->kind = json_text(&r->json, at);
	return NULL;
}

void record_free(struct record *r)
{
	json_free(&r->json);
	buf_free(&r->scratch);
}

uint32_t record_get(const struct record *r, const char *key)
{
	return json_get(&r->json, 0, key);
}

bool record_str(const struct record *r, const char *key, struct span *out, struct buf *scratch)
{
	uint32_t at = record_get(r, key);

	if (!at || r->json.node[at].type != JSON_STRING)
		return false;
	*out = json_string(&r->json, at, scratch);
	return true;
}

bool record_int(const struct record *r, const char *key, int64_t min, int64_t max, int64_t *out)
{
	uint32_t at = record_get(r, key);

	return at && json_int(&r->json, at, min, max, out);
}

bool record_true(const struct record *r, const char *key)
{
	uint32_t at = record_get(r, key);

	return at && r->json.node[at].type == JSON_TRUE;
}

/* A name that is not UTF-8, in base64. */
static int path_decode(struct record *r, uint32_t at, struct span *path, const char **why)
{
	struct span text = json_text(&r->json, at);

	buf_reset(&r->scratch);
	if (r->json.node[at].type != JSON_STRING || !base64_decode(&r->scratch, text.p, text.n)) {
		*why = "path_b64 is no base64";
		return -1;
	}
	*path = buf_span(&r->scratch);
	if (utf8_valid(path->p, path->n)) {
		*why = "path_b64 is UTF-8 and belongs into path";
		return -1;
	}
	return 1;
}

int record_path(struct record *r, struct span *path, const char **why)
{
	uint32_t at = record_get(r, "path"), b64 = record_get(r, "path_b64");
	int found = 1;

	if (!at && !b64)
		return 0;
	if (at && b64) {
		*why = "both path and path_b64";
		return -1;
	}
	if (b64)
		found = path_decode(r, b64, path, why);
	else if (r->json.node[at].type == JSON_STRING)
		*path = json_string(&r->json, at, &r->scratch);
	else {
		*why = "path is no string";
		return -1;
	}
	if (found > 0 && (*why = relpath_bad(*path)))
		return -1;
	return found;
}

bool record_hash_ok(struct span hash)
{
	unsigned bad = 0;

	if (hash.n != RECORD_HASH_LEN || memcmp(hash.p, "sha256:", 7) != 0)
		return false;
	/* Without a branch per digit: every hash of every record comes by here, in every stage. */
	for (unsigned i = 7; i < RECORD_HASH_LEN; i++) {
		unsigned char c = (unsigned char)hash.p[i];

		bad |= (unsigned char)(c - '0') > 9 && (unsigned char)(c - 'a') > 5;
	}
	return !bad;
}

void record_splice(struct buf *b, const struct record *r, struct span members)
{
	const struct json_node *top = &r->json.node[0];

	/* A record has a kind, so there is a member to put the comma behind. */
	buf_add(b, r->line.p + top->off, top->len - 1);
	buf_char(b, ',');
	buf_span_add(b, members);
	buf_char(b, '}');
}
