#include "apply/tell.h"

#include "apply/history.h"
#include "data/canon.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "os/clock.h"
#include "os/save.h"
#include "registry/project.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INLINE_BYTES = 32 << 10 }; /* a list that is longer lies beside the ledger */

/* The book keeps the path it was opened by. */
static const char *ledger_path(const char *root_path)
{
	static struct buf path;

	buf_reset(&path);
	buf_printf(&path, "%s/ledger/packages.jsonl", root_path);
	return buf_cstr(&path);
}

static void ledger_open(struct book *b, const char *root_path, const char *author)
{
	book_open(b, ledger_path(root_path), false);
	b->author = author;
}

int64_t tell_now(const char *root_path)
{
	int64_t now = clock_now(), next = now;
	struct book b;

	if (faccessat(AT_FDCWD, ledger_path(root_path), F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		return now;
	book_open(&b, ledger_path(root_path), true);
	book_begin(&b);
	clock_parse((struct span){b.stamp, ENTRY_STAMP}, &next);
	book_abort(&b);
	book_close(&b);
	return next > now ? next : now;
}

/* The body's canonical form, parsed; `text` is what it lies in. */
static void canonical(struct json *j, struct buf *text, struct span body)
{
	body_parse(j, body);
	buf_reset(text);
	if (!canon_jcs(text, j, 0))
		sys_fail(0, "unable to write an entry: it has a number without a canonical form");
	body_parse(j, buf_span(text));
}

/* Adds an entry to the batch under way. */
static void add(struct book *b, struct span body, const char *author, struct book_ack *ack)
{
	struct json j = {0};
	struct buf text = {0};

	canonical(&j, &text, body);
	if (!book_add(b, &j, span_of(author), ack->hash, NULL)) {
		book_abort(b);
		sys_fail(0, "unable to write an entry: it would be longer than 65,535 bytes");
	}
	ack->seq = b->seq;
	ack->again = false;
	memcpy(ack->stamp, b->stamp, ENTRY_STAMP);
	json_free(&j);
	buf_free(&text);
}

static void append(const char *root_path, const char *author, struct span body)
{
	struct book_ack ack;
	struct book b;

	ledger_open(&b, root_path, author);
	book_begin(&b);
	add(&b, body, author, &ack);
	book_commit(&b);
	book_close(&b);
}

void tell_mend(const char *root_path, const char *author)
{
	struct book_mended m;
	struct book b;

	ledger_open(&b, root_path, author);
	if (book_poisoned(&b)) {
		book_recover(&b, &m);
		warn("a sync of %s had failed: it was read again, and holds", b.place.path);
	} else {
		book_begin(&b);
		if (b.lines)
			book_commit(&b);
		else
			book_abort(&b);
	}
	book_close(&b);
}

static void add_text(struct buf *b, const char *key, struct span text)
{
	if (text.n)
		jsonw_str(b, key, text);
}

static void add_planned(struct buf *b, const char *key, const char *of, const struct steps *s)
{
	add_text(b, key, steps_text(s, of));
}

/* --- the beginning --- */

void tell_started_body(struct buf *b, const struct txn *t, const struct tell_facts *f)
{
	static const char *const same[] = {"package_id",    "version",	     "previous_version", "archive_hash",
					   "manifest_hash", "document_hash", "plan_hash"};

	jsonw_open(b, NULL);
	jsonw_cstr(b, "event_type", "INSTALL_STARTED");
	jsonw_cstr(b, "txn", t->id);
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		add_planned(b, same[i], same[i], t->steps);
	add_planned(b, "before_hash", "registry_hash", t->steps);
	add_text(b, "actor", f->actor);
	add_text(b, "work_order_id", f->work_order_id);
	add_text(b, "signed_by", f->signed_by);
	add_text(b, "signature", f->signature);
	add_text(b, "note", f->note);
	jsonw_close(b);
}

void tell_started(const char *root_path, const char *author, struct span body)
{
	append(root_path, author, body);
}

/* What the beginning said is said again. */
static void add_same(struct buf *b, const struct json *started)
{
	static const char *const same[] = {"txn",	   "package_id",    "version",	     "previous_version",
					   "archive_hash", "manifest_hash", "document_hash", "plan_hash",
					   "before_hash",  "actor",	    "work_order_id", "signed_by",
					   "signature",	   "note"};

	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		uint32_t at = json_get(started, 0, same[i]);
		struct span source;

		if (!at)
			continue;
		source = json_source(started, at);
		buf_printf(b, ",\"%s\":%.*s", same[i], (int)source.n, source.p);
	}
}

void tell_aborted(const char *root_path, const char *author, const struct json *started, const char *why)
{
	struct buf b = {0};

	jsonw_open(&b, NULL);
	jsonw_cstr(&b, "event_type", "INSTALL_ABORTED");
	add_same(&b, started);
	jsonw_cstr(&b, "reason", why);
	jsonw_close(&b);
	append(root_path, author, buf_span(&b));
	buf_free(&b);
}

void tell_failed(const char *root_path, const char *author, struct span package_id, struct span version,
		 const struct tell_facts *f, const char *why)
{
	struct buf b = {0};

	jsonw_open(&b, NULL);
	jsonw_cstr(&b, "event_type", "INSTALL_FAILED");
	jsonw_str(&b, "package_id", package_id);
	add_text(&b, "version", version);
	add_text(&b, "actor", f->actor);
	add_text(&b, "work_order_id", f->work_order_id);
	jsonw_cstr(&b, "reason", why);
	jsonw_close(&b);
	append(root_path, author, buf_span(&b));
	buf_free(&b);
}

/* --- the end --- */

/* A list that is too long for a ledger is kept by its hash; what stands for it is appended. */
static void add_blob(struct buf *b, int root, struct span list, uint64_t count)
{
	struct digest *d = digest_new();
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT], name[2 * DIGEST_LEN + 1];
	struct save s;
	int dir;

	digest_bytes(d, list.p, list.n, sum);
	digest_text(sum, text);
	digest_free(d);
	memcpy(name, text + 7, 2 * DIGEST_LEN);
	name[2 * DIGEST_LEN] = '\0';
	if (beneath_mkdirs(root, SPAN("ledger/blobs"), 0755) != 0)
		sys_fail(errno, "unable to make ledger/blobs");
	dir = beneath_open(root, SPAN("ledger/blobs"), O_RDONLY | O_DIRECTORY, 0);
	if (dir < 0 || save_begin(&s, dir, name, 0644) < 0)
		sys_fail(errno, "unable to write ledger/blobs/%s", name);
	out_add(&s.out, list.p, list.n);
	if (save_commit(&s) != 0)
		sys_fail(errno, "unable to write ledger/blobs/%s", name);
	close(dir);
	jsonw_open(b, "removed_assets");
	jsonw_str(b, "hash", (struct span){text, DIGEST_TEXT});
	jsonw_int(b, "size", (int64_t)list.n);
	jsonw_int(b, "count", (int64_t)count);
	jsonw_close(b);
}

/* Where a step's file is, relative to its plane. */
static const char *in_plane(const struct step *s)
{
	return strcmp(s->plane, "ho3") == 0 ? s->path : s->path + strlen("planes/ho1/");
}

static void add_removed(struct buf *b, const struct txn *t)
{
	struct buf list = {0};
	uint64_t count = 0;

	buf_char(&list, '[');
	for (size_t i = 0; i < t->steps->planned; i++) {
		const struct step *s = &t->steps->step[i];

		if (s->action != STEP_REMOVE)
			continue;
		jsonw_open(&list, NULL);
		digest_member(&list, "hash", s->before);
		jsonw_cstr(&list, "path", in_plane(s));
		jsonw_cstr(&list, "plane", s->plane);
		jsonw_cstr(&list, "type", s->type ? s->type : "other");
		jsonw_close(&list);
		count++;
	}
	buf_char(&list, ']');
	if (list.n > INLINE_BYTES)
		add_blob(b, t->root, buf_span(&list), count);
	else
		buf_printf(b, ",\"removed_assets\":%s", buf_cstr(&list));
	buf_free(&list);
}

static const char *event_of(const struct steps *s)
{
	struct span action = steps_text(s, "action");

	return span_is(action, "install") ? "INSTALLED" : span_is(action, "upgrade") ? "UPGRADED" : "UNINSTALLED";
}

static void completed_body(struct buf *b, const struct txn *t, const struct json *started, struct span registry_hash,
			   struct span timestamp)
{
	bool install = span_is(steps_text(t->steps, "action"), "install");
	int64_t assets;

	jsonw_open(b, NULL);
	jsonw_cstr(b, "event_type", event_of(t->steps));
	add_same(b, started);
	jsonw_cstr(b, "dedupe_key", t->id);
	if (record_int(&t->steps->plan, "assets", 0, INT64_MAX, &assets))
		jsonw_int(b, "asset_count", assets);
	add_text(b, "registry_hash", registry_hash);
	add_text(b, "after_hash", registry_hash);
	add_text(b, "timestamp", timestamp);
	if (!install)
		add_removed(b, t);
	jsonw_close(b);
}

static struct span ownership_hash(const struct outputs *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->output[i].path, "registries/file_ownership.csv") == 0)
			return (struct span){o->output[i].hash, DIGEST_TEXT};
	return (struct span){"", 0};
}

/* What the registries come to once this is said; the ledger's write lock is held. False: they do not. */
static bool registry_after(struct book *b, const char *root_path, const struct txn *t, const struct json *started,
			   char hash[DIGEST_TEXT])
{
	struct project p = {.root = t->root};
	struct json pending = {0};
	struct buf text = {0};
	struct span is;
	bool good;

	completed_body(&text, t, started, (struct span){0}, (struct span){b->stamp, ENTRY_STAMP});
	body_parse(&pending, buf_span(&text));
	p.pending = &pending;
	good = project_run(&p, root_path, true);
	is = ownership_hash(&p.outputs);
	if (good)
		memcpy(hash, is.p, DIGEST_TEXT);
	project_free(&p);
	json_free(&pending);
	buf_free(&text);
	return good;
}

static void add_delivered(struct book *b, const struct txn *t, const struct json *started, const char *author)
{
	struct book_ack ack;
	struct buf body = {0};

	for (size_t i = 0; i < t->steps->planned; i++) {
		const struct step *s = &t->steps->step[i];

		if (s->action != STEP_DELIVER)
			continue;
		buf_reset(&body);
		jsonw_open(&body, NULL);
		jsonw_cstr(&body, "event_type", "DELIVERED");
		add_same(&body, started);
		jsonw_cstr(&body, "path", s->path);
		digest_member(&body, "hash", s->after);
		jsonw_int(&body, "size", (int64_t)s->size);
		jsonw_close(&body);
		add(b, buf_span(&body), author, &ack);
	}
	buf_free(&body);
}

bool tell_completed(const char *root_path, const char *author, const struct txn *t, const struct json *started,
		    struct book_ack *ack, struct buf *record)
{
	char hash[DIGEST_TEXT];
	struct buf body = {0};
	struct book b;
	bool good;

	ledger_open(&b, root_path, author);
	book_begin(&b);
	good = registry_after(&b, root_path, t, started, hash);
	if (good) {
		add_delivered(&b, t, started, author);
		completed_body(&body, t, started, (struct span){hash, DIGEST_TEXT}, (struct span){0});
		add(&b, buf_span(&body), author, ack);
		book_commit(&b);
		book_ack_write(record, &b, ack);
	} else {
		book_abort(&b);
	}
	book_close(&b);
	buf_free(&body);
	return good;
}
