#include "chain/entry.h"

#include "base/num.h"
#include "base/text.h"
#include "data/canon.h"
#include "data/jsonw.h"
#include "seal/note.h"

const char entry_genesis_hash[DIGEST_TEXT + 1] =
	"sha256:0000000000000000000000000000000000000000000000000000000000000000";

/* --- reading --- */

/* "2026-02-02T12:00:01.250Z", of which the bytes sort as the times do. */
static bool stamp_ok(struct span s)
{
	static const char shape[] = "0000-00-00T00:00:00.000Z";
	bool good = s.n == ENTRY_STAMP;

	for (unsigned i = 0; good && i < ENTRY_STAMP; i++)
		good = shape[i] == '0' ? s.p[i] >= '0' && s.p[i] <= '9' : s.p[i] == shape[i];
	return good && memcmp(s.p + 5, "01", 2) >= 0 && memcmp(s.p + 5, "12", 2) <= 0 &&
	       memcmp(s.p + 8, "01", 2) >= 0 && memcmp(s.p + 8, "31", 2) <= 0 && memcmp(s.p + 11, "23", 2) <= 0 &&
	       s.p[14] <= '5' && s.p[17] <= '5';
}

/* Of the right length and kind; the digits are judged where they are compared. */
static bool hash_ok(struct span s)
{
	return s.n == DIGEST_TEXT && memcmp(s.p, "sha256:", 7) == 0;
}

/* The members that every entry has, by their place in `found`. */
enum member { AUTHOR, ENTRY_HASH, ENTRY_ID, EVENT_TYPE, PREV_HASH, SEQ, TIMESTAMP, DEDUPE_KEY, MEMBERS };

static bool is(struct span key, const char *name)
{
	return memcmp(key.p, name, key.n) == 0;
}

/* By the length first, for this is asked of every member of every entry. */
static enum member member_of(struct span key)
{
	switch (key.n) {
	case 3:
		return is(key, "seq") ? SEQ : MEMBERS;
	case 6:
		return is(key, "author") ? AUTHOR : MEMBERS;
	case 8:
		return is(key, "entry_id") ? ENTRY_ID : MEMBERS;
	case 9:
		return is(key, "prev_hash") ? PREV_HASH : is(key, "timestamp") ? TIMESTAMP : MEMBERS;
	case 10:
		return is(key, "entry_hash")   ? ENTRY_HASH
		       : is(key, "event_type") ? EVENT_TYPE
		       : is(key, "dedupe_key") ? DEDUPE_KEY
					       : MEMBERS;
	default:
		return MEMBERS;
	}
}

/* One pass: their keys are plain, and the object is canonical, so sorted and without doubles. */
static void find_members(const struct json *j, uint32_t found[MEMBERS + 1])
{
	memset(found, 0, (MEMBERS + 1) * sizeof *found);
	for (uint32_t k = json_first(j, 0); k != j->node[0].end; k = json_next_member(j, k))
		found[member_of(json_text(j, k))] = k;
}

/* The string behind a key; escaped ones (of which none of ours is) are left as they are. */
static bool text_at(const struct json *j, uint32_t key, struct span *out)
{
	if (!key || j->node[key + 1].type != JSON_STRING)
		return false;
	*out = json_text(j, key + 1);
	return out->n > 0;
}

static const char *read_members(struct entry *e)
{
	const struct json *j = &e->json;
	uint32_t found[MEMBERS + 1];

	find_members(j, found);
	e->hash_key = found[ENTRY_HASH];
	e->entry_hash = e->dedupe_key = (struct span){0};
	if (!found[SEQ] || !json_int(j, found[SEQ] + 1, 0, NUM_MAX_SAFE, &e->seq))
		return "it has no seq";
	if (!text_at(j, found[EVENT_TYPE], &e->event_type))
		return "it has no event_type";
	if (!text_at(j, found[AUTHOR], &e->author))
		return "it has no author";
	if (!text_at(j, found[ENTRY_ID], &e->entry_id))
		return "it has no entry_id";
	if (!text_at(j, found[TIMESTAMP], &e->timestamp) || !stamp_ok(e->timestamp))
		return "it has no timestamp of the form 2026-01-31T01:19:18.000Z";
	if (!text_at(j, found[PREV_HASH], &e->prev_hash) || !hash_ok(e->prev_hash))
		return "it has no prev_hash";
	if (e->hash_key && (!text_at(j, e->hash_key, &e->entry_hash) || !hash_ok(e->entry_hash)))
		return "its entry_hash is no hash";
	text_at(j, found[DEDUPE_KEY], &e->dedupe_key);
	return NULL;
}

const char *entry_read(struct entry *e, struct span line)
{
	e->line = line;
	if (line.n > ENTRY_BYTES)
		return "it is longer than 65,535 bytes";
	if (!json_parse(&e->json, line.p, line.n, JSON_RECORD))
		return e->json.error;
	if (e->json.depth > ENTRY_DEPTH)
		return "it is too deep";
	if (!canon_is_jcs(&e->json, line.n))
		return "it is not canonical JSON (RFC 8785)";
	return read_members(e);
}

void entry_free(struct entry *e)
{
	json_free(&e->json);
}

/* --- hashes --- */

/* The member entry_hash with the one comma that goes with it. */
static void hash_member(const struct entry *e, size_t *from, size_t *to)
{
	const struct json_node *key = &e->json.node[e->hash_key], *value = key + 1;

	*from = key->off - 1;
	*to = (size_t)value->off + value->len + 1;
	if (e->line.p[*to] == ',')
		++*to;
	else if (e->line.p[*from - 1] == ',')
		--*from;
}

void entry_sum(struct digest *d, const struct entry *e, unsigned char out[DIGEST_LEN])
{
	size_t from = e->line.n, to = from;

	if (e->hash_key)
		hash_member(e, &from, &to);
	digest_start(d);
	digest_add(d, e->line.p, from);
	digest_add(d, e->line.p + to, e->line.n - to);
	digest_add(d, e->prev_hash.p, e->prev_hash.n);
	digest_end(d, out);
}

bool entry_hash_holds(struct digest *d, const struct entry *e)
{
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];

	entry_sum(d, e, sum);
	digest_text(sum, text);
	return memcmp(e->entry_hash.p, text, DIGEST_TEXT) == 0;
}

void entry_id_write(struct buf *b, const char *prefix, struct span timestamp, int64_t seq)
{
	const char *t = timestamp.p;
	const char when[] = {'-', t[0], t[1], t[2], t[3], t[5], t[6], t[8], t[9],
			     '-', t[11], t[12], t[14], t[15], t[17], t[18], '-'};

	buf_str(b, prefix);
	buf_add(b, when, sizeof when);
	if (seq < 100)
		buf_char(b, '0');
	if (seq < 10)
		buf_char(b, '0');
	buf_u64(b, (uint64_t)seq);
}

/* --- writing --- */

/* The members that append adds, in the order RFC 8785 sorts them into. entry_hash only leaves its place: it is known
 * when all else stands. */
static const char *const stamps[] = {"author", "entry_hash", "entry_id", "prev_hash", "seq", "timestamp", "uid"};
enum { STAMPS = sizeof stamps / sizeof *stamps };

static void write_stamp(struct buf *b, unsigned which, const struct entry_stamp *s, size_t *place)
{
	struct buf id = {0};

	switch (which) {
	case 0:
		if (s->author.n)
			jsonw_str(b, "author", s->author);
		break;
	case 1:
		*place = b->n;
		break;
	case 2:
		entry_id_write(&id, s->prefix, (struct span){s->timestamp, ENTRY_STAMP}, s->seq);
		jsonw_str(b, "entry_id", buf_span(&id));
		buf_free(&id);
		break;
	case 3:
		jsonw_str(b, "prev_hash", (struct span){s->prev_hash, DIGEST_TEXT});
		break;
	case 4:
		jsonw_int(b, "seq", s->seq);
		break;
	case 5:
		jsonw_str(b, "timestamp", (struct span){s->timestamp, ENTRY_STAMP});
		break;
	default:
		if (s->uid >= 0)
			jsonw_int(b, "uid", s->uid);
	}
}

/* Puts `"entry_hash":"…",` where a member stands or its comma. */
static void insert_hash(struct buf *b, size_t place, const char hash[DIGEST_TEXT])
{
	static const char before[] = "\"entry_hash\":\"", behind[] = "\",";
	enum { BEFORE = sizeof before - 1, BEHIND = sizeof behind - 1, ALL = BEFORE + DIGEST_TEXT + BEHIND };

	place += b->p[place] == ',';
	buf_room(b, ALL);
	memmove(b->p + place + ALL, b->p + place, b->n - place);
	memcpy(b->p + place, before, BEFORE);
	memcpy(b->p + place + BEFORE, hash, DIGEST_TEXT);
	memcpy(b->p + place + BEFORE + DIGEST_TEXT, behind, BEHIND);
	b->n += ALL;
}

void entry_write(struct buf *b, struct digest *d, const struct json *body, const struct entry_stamp *s,
		 char entry_hash[DIGEST_TEXT])
{
	unsigned next = 0;
	size_t start = b->n, place = 0;
	unsigned char sum[DIGEST_LEN];

	buf_char(b, '{');
	/* Ours are letters and `_`, which sort behind whatever JSON escapes and before what is not ASCII: comparing the
	 * source of a key orders it as RFC 8785 does. */
	for (uint32_t k = json_first(body, 0); k != body->node[0].end; k = json_next_member(body, k)) {
		struct span key = json_source(body, k), value = json_source(body, k + 1);

		while (next < STAMPS && span_cmp(span_of(stamps[next]), json_text(body, k)) <= 0)
			write_stamp(b, next++, s, &place);
		if (b->p[b->n - 1] != '{')
			buf_char(b, ',');
		buf_add(b, key.p, key.n + 1 + value.n); /* canonical: `"key":value` */
	}
	while (next < STAMPS)
		write_stamp(b, next++, s, &place);
	buf_char(b, '}');
	digest_start(d);
	digest_add(d, b->p + start, b->n - start);
	digest_add(d, s->prev_hash, DIGEST_TEXT);
	digest_end(d, sum);
	digest_text(sum, entry_hash);
	insert_hash(b, place, entry_hash);
}

void entry_body_sum(struct digest *d, const struct json *body, struct span author, unsigned char out[DIGEST_LEN])
{
	struct buf quoted = {0};

	json_quote(&quoted, author); /* as it is written */
	author = (struct span){quoted.p + 1, quoted.n - 2};
	digest_start(d);
	for (uint32_t k = json_first(body, 0); k != body->node[0].end; k = json_next_member(body, k)) {
		struct span key = json_source(body, k), value = json_source(body, k + 1);
		bool stamp = false;

		for (unsigned i = 0; i < STAMPS && !stamp; i++)
			stamp = span_is(json_text(body, k), stamps[i]);
		if (stamp && span_is(json_text(body, k), "author"))
			author = json_text(body, k + 1);
		if (!stamp)
			digest_add(d, key.p, key.n + 1 + value.n);
	}
	digest_add(d, "", 1);
	digest_add(d, author.p, author.n);
	digest_end(d, out);
	buf_free(&quoted);
}

/* --- GENESIS --- */

bool entry_text(const struct json *j, uint32_t object, const char *key, struct span *out)
{
	uint32_t at = json_get(j, object, key);

	if (!at || j->node[at].type != JSON_STRING || j->node[at].flags & JSON_ESCAPED)
		return false;
	*out = json_text(j, at);
	return true;
}

/* A member that may be null or absent, and is an object otherwise. */
static bool object_or_null(const struct json *j, const char *key, uint32_t *out)
{
	uint32_t at = json_get(j, 0, key);

	*out = at && j->node[at].type == JSON_OBJECT ? at : 0;
	return !at || *out || j->node[at].type == JSON_NULL;
}

const char *genesis_read(struct genesis *g, const struct entry *e)
{
	const struct json *j = &e->json;
	struct span text;

	*g = (struct genesis){0};
	if (!span_is(e->event_type, "GENESIS"))
		return "it is no GENESIS";
	if (!entry_text(j, 0, "format", &text) || !span_is(text, "cp-ledger/1"))
		return "its format is not cp-ledger/1";
	if (!entry_text(j, 0, "ledger", &g->ledger) || note_name_bad(g->ledger))
		return "it does not name its ledger";
	if (!entry_text(j, 0, "ledger_type", &text) || !ledger_type_of(text, &g->type))
		return "its ledger_type is unknown";
	if (!entry_text(j, 0, "tier", &text) || !tier_ok(text))
		return "its tier is unknown";
	if (json_get(j, 0, "plane_uid") && (!entry_text(j, 0, "plane_uid", &g->plane_uid) || !g->plane_uid.n))
		return "its plane_uid is no text";
	if (json_get(j, 0, "rollback_level") &&
	    (!entry_text(j, 0, "rollback_level", &text) || !rollback_level_of(text, &g->level)))
		return "its rollback_level is unknown";
	if (!object_or_null(j, "parent", &g->parent) || !object_or_null(j, "legacy", &g->legacy))
		return "its parent or legacy is no object";
	return NULL;
}
