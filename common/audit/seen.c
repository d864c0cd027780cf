#include "audit/seen.h"

#include "audit/seenfile.h"
#include "base/num.h"
#include "base/text.h"
#include "data/jsonw.h"

static void name_of(struct seen *s, const struct opening *o)
{
	struct digest *d = digest_new();
	unsigned char sum[DIGEST_LEN];
	struct span plane = {0};

	digest_start(d);
	if (entry_text(&o->entry.json, 0, "plane_uid", &plane) && plane.n) {
		digest_add(d, plane.p, plane.n);
		digest_add(d, "\n", 1);
		digest_add(d, o->ledger.p, o->ledger.n);
	} else {
		digest_add(d, o->genesis, DIGEST_LEN);
	}
	digest_end(d, sum);
	digest_free(d);
	hex_encode(sum, DIGEST_LEN, s->name);
	s->name[2 * DIGEST_LEN] = '\0';
}

static void load(struct seen *s)
{
	struct buf text = {0};
	struct json j = {0};
	struct span head;
	unsigned char sum[DIGEST_LEN];
	int64_t size;

	s->known = false;
	if (seenfile_read(s->name, &text) > 0 && json_parse(&j, text.p, text.n, JSON_RECORD) &&
	    json_int(&j, json_get(&j, 0, "size"), 1, NUM_MAX_SAFE, &size) && entry_text(&j, 0, "head_hash", &head) &&
	    digest_parse(head, sum)) {
		s->known = true;
		s->size = (uint64_t)size;
		memcpy(s->head, head.p, DIGEST_TEXT);
	}
	json_free(&j);
	buf_free(&text);
}

void seen_read(struct seen *s, const struct opening *o)
{
	*s = (struct seen){.known = false};
	name_of(s, o);
	load(s);
}

bool seen_write(const struct seen *s, struct span ledger, uint64_t size, const unsigned char head[DIGEST_LEN])
{
	struct seen now = *s;
	struct save save;
	struct buf b = {0};
	bool good;

	if (seenfile_begin(&save, s->name) < 0)
		return false;
	load(&now);
	if (now.known && now.size >= size) { /* somebody has seen more meanwhile */
		save_abort(&save);
		return true;
	}
	jsonw_open(&b, NULL);
	digest_member(&b, "head_hash", head);
	jsonw_str(&b, "ledger", ledger);
	jsonw_int(&b, "size", (int64_t)size);
	jsonw_close(&b);
	buf_char(&b, '\n');
	out_add(&save.out, b.p, b.n);
	good = save_commit(&save) == 0;
	buf_free(&b);
	return good;
}
