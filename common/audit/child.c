#include "audit/child.h"

#include "data/jsonw.h"
#include "filter/filter.h"
#include "ledger/dedupe.h"

static void append(struct book *parent, struct buf *body, const char *author, struct book_ack *ack)
{
	struct json j = {0};

	jsonw_close(body);
	body_parse(&j, buf_span(body));
	book_append_once(parent, &j, span_of(author), ack);
	json_free(&j);
	buf_free(body);
}

/* One for each name: who opens another of the same name says something else by the same key. */
static void opened_key(struct buf *key, struct digest *d, struct span name)
{
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];

	digest_bytes(d, name.p, name.n, sum);
	digest_text(sum, text);
	buf_printf(key, "opened:%.*s", DIGEST_TEXT, text);
}

bool child_parent_open(struct book *parent, const char *path, const char *name, const char *author, bool dry)
{
	struct dedupe *d = dedupe_new();
	struct buf key = {0};
	bool taken;

	book_open(parent, path, dry);
	parent->author = author;
	opened_key(&key, parent->digest, span_of(name));
	dedupe_want(d, buf_span(&key));
	dedupe_look(d, &parent->place, NULL);
	taken = dedupe_find(d, buf_span(&key))->found;
	dedupe_free(d);
	buf_free(&key);
	if (!taken)
		return true;
	complain("unable to begin the ledger: the one above, %s, has opened one of the name %s", path, name);
	filter_raise(STATUS_NO);
	book_close(parent);
	return false;
}

/* The members of both bodies are written in the order they sort into: they are canonical. */
void child_opened(struct book *parent, const struct opening *child, const char *author, struct book_ack *ack)
{
	struct buf body = {0}, key = {0};

	opened_key(&key, parent->digest, child->ledger);
	jsonw_open(&body, NULL);
	jsonw_str(&body, "dedupe_key", buf_span(&key));
	jsonw_cstr(&body, "event_type", "CHILD_OPENED");
	digest_member(&body, "genesis_hash", child->genesis);
	jsonw_str(&body, "ledger", child->ledger);
	jsonw_cstr(&body, "ledger_type", ledger_type_name(child->type));
	jsonw_str(&body, "tier", child->tier);
	buf_free(&key);
	append(parent, &body, author, ack);
}

void child_checkpoint(struct book *parent, const struct opening *child, const struct position *at, struct span note,
		      const char *author, struct book_ack *ack)
{
	struct buf body = {0}, key = {0};
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];

	/* The same position may be recorded again by another, or when it was signed meanwhile. */
	digest_bytes(parent->digest, note.p, note.n, sum);
	digest_text(sum, text);
	buf_printf(&key, "position:%.*s:%.*s:%s", DIGEST_TEXT, at->head, DIGEST_TEXT, text, author);
	jsonw_open(&body, NULL);
	if (note.n)
		jsonw_str(&body, "checkpoint", note);
	else
		jsonw_null(&body, "checkpoint");
	jsonw_str(&body, "dedupe_key", buf_span(&key));
	jsonw_cstr(&body, "event_type", "CHILD_CHECKPOINT");
	jsonw_str(&body, "head_hash", (struct span){at->head, DIGEST_TEXT});
	jsonw_str(&body, "ledger", child->ledger);
	digest_member(&body, "root_hash", at->root);
	jsonw_int(&body, "size", (int64_t)at->size);
	buf_free(&key);
	append(parent, &body, author, ack);
}
