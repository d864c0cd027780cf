#include "tree/inventory.h"

#include "base/num.h"
#include "data/jsonw.h"
#include "data/relpath.h"
#include "filter/effect.h"
#include "model/state.h"
#include "os/in.h"
#include "os/save.h"
#include "seal/merkle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char head[] = "{\"schema_version\":\"1.0\",\"files\":[";

/* What writer and reader both compute as entries go by. */
struct sums {
	struct digest *tree, *text;
	struct merkle merkle;
	struct buf leaf;
};

static void sums_init(struct sums *s)
{
	s->tree = digest_new();
	s->text = digest_new();
	digest_start(s->text);
	merkle_init(&s->merkle, s->tree);
}

static const char *sums_add(struct sums *s, const struct disk *d)
{
	const char *why;

	buf_reset(&s->leaf);
	why = state_leaf(&s->leaf, d);
	if (!why)
		merkle_leaf(&s->merkle, s->leaf.p, s->leaf.n);
	return why;
}

static void sums_line(struct sums *s, struct span line)
{
	digest_add(s->text, line.p, line.n);
	digest_add(s->text, "\n", 1);
}

static void sums_root(const struct sums *s, char root[DIGEST_TEXT])
{
	unsigned char sum[DIGEST_LEN];

	merkle_root(&s->merkle, sum);
	digest_text(sum, root);
}

static void sums_free(struct sums *s)
{
	digest_free(s->tree);
	digest_free(s->text);
	buf_free(&s->leaf);
}

static void entry_write(struct buf *b, const struct disk *d)
{
	bool link = d->type == DISK_SPECIAL;
	char mode[8] = "link";

	if (!link)
		snprintf(mode, sizeof(mode), "%04o", (unsigned)d->mode & 07777);
	jsonw_open(b, NULL);
	jsonw_str(b, "path", d->path);
	if (!link)
		jsonw_int(b, "size", d->size);
	jsonw_cstr(b, "mode", mode);
	jsonw_str(b, "hash", d->hash);
	jsonw_close(b);
}

/* --- writing --- */

struct inventory {
	struct spool *text;
	struct buf held; /* the last entry: whether a comma follows is not known yet */
	struct sums sums;
	unsigned char hash[DIGEST_LEN];
};

static void put(struct inventory *v, struct span line)
{
	spool_add(v->text, line);
	sums_line(&v->sums, line);
}

struct inventory *inventory_new(void)
{
	struct inventory *v = xcalloc(1, sizeof(*v));

	v->text = spool_new();
	sums_init(&v->sums);
	put(v, span_of(head));
	return v;
}

void inventory_add(struct inventory *v, const struct disk *d)
{
	const char *why = sums_add(&v->sums, d);

	if (why)
		bad_input("unable to trust the stream: a record %s", why);
	if (v->held.n) {
		buf_char(&v->held, ',');
		put(v, buf_span(&v->held));
	}
	buf_reset(&v->held);
	entry_write(&v->held, d);
}

uint64_t inventory_count(const struct inventory *v)
{
	return v->sums.merkle.leaves;
}

void inventory_close(struct inventory *v, char root[DIGEST_TEXT], char hash[DIGEST_TEXT])
{
	if (v->held.n)
		put(v, buf_span(&v->held));
	sums_root(&v->sums, root);
	buf_reset(&v->held);
	buf_printf(&v->held, "],\"count\":%llu,\"root_hash\":\"%.*s\"}", (unsigned long long)inventory_count(v),
		   DIGEST_TEXT, root);
	put(v, buf_span(&v->held));
	digest_end(v->sums.text, v->hash);
	digest_text(v->hash, hash);
}

static bool is_there(struct inventory *v, int dir, const char *name)
{
	unsigned char sum[DIGEST_LEN];
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool same;

	if (fd < 0)
		return false;
	same = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && digest_fd(v->sums.tree, fd, sum, NULL) == 0 &&
	       memcmp(sum, v->hash, DIGEST_LEN) == 0;
	close(fd);
	return same;
}

bool inventory_save(struct inventory *v, int dir, const char *name)
{
	struct save s;
	struct span line;

	if (is_there(v, dir, name))
		return false;
	if (filter_dry_run())
		return true;
	if (save_begin(&s, dir, name, 0644) != 0)
		sys_fail(errno, "unable to write %s", name);
	spool_rewind(v->text);
	while (spool_next(v->text, &line)) {
		out_add(&s.out, line.p, line.n);
		out_add(&s.out, "\n", 1);
	}
	if (save_commit(&s) != 0)
		sys_fail(errno, "unable to write %s", name);
	return true;
}

void inventory_free(struct inventory *v)
{
	if (!v)
		return;
	spool_free(v->text);
	sums_free(&v->sums);
	buf_free(&v->held);
	free(v);
}

/* --- reading --- */

struct inventory_in {
	struct in in;
	const char *name;
	struct json json;
	struct buf path, last, again;
	struct sums sums;
	struct inventory_sums said;
	bool more, over; /* a comma stood behind the last entry; the closing line was read */
};

static _Noreturn void wrong(const struct inventory_in *in, const char *why)
{
	err_place(in->name, in->in.line);
	bad_input("unable to trust the inventory: %s", why);
}

static struct span next_line(struct inventory_in *in)
{
	struct span line;

	switch (in_line(&in->in, &line)) {
	case IN_LINE:
		sums_line(&in->sums, line);
		return line;
	case IN_END:
		wrong(in, in->in.line ? "it ends early" : "it is empty");
	case IN_ERROR:
		if (errno == EISDIR)
			wrong(in, "it is a directory");
		sys_fail(errno, "unable to read %s", in->name);
	default:
		wrong(in, "the line is cut or too long");
	}
}

struct inventory_in *inventory_open(int fd, const char *name)
{
	struct inventory_in *in = xcalloc(1, sizeof(*in));

	in->name = name;
	in_open(&in->in, fd, RECORD_BYTES);
	sums_init(&in->sums);
	if (!span_is(next_line(in), head))
		wrong(in, "this is not how cp-files-json begins one");
	return in;
}

static struct span text_of(const struct json *j, const char *key)
{
	uint32_t at = json_get(j, 0, key);

	return at && j->node[at].type == JSON_STRING ? json_text(j, at) : (struct span){0};
}

/* The entry, when these are exactly the bytes it is written with. */
static bool entry_read(struct inventory_in *in, struct span line, struct disk *d)
{
	const struct json *j = &in->json;
	struct span mode;
	unsigned bits;
	uint32_t at;

	*d = (struct disk){.type = DISK_FILE, .size = -1, .mode = MODE_UNKNOWN, .links = 1, .utf8 = true};
	if (!json_parse(&in->json, line.p, line.n, JSON_RECORD))
		return false;
	mode = text_of(j, "mode");
	d->hash = text_of(j, "hash");
	at = json_get(j, 0, "path");
	if (!at || j->node[at].type != JSON_STRING || !record_hash_ok(d->hash))
		return false;
	d->path = json_string(j, at, &in->path);
	if (span_is(mode, "link")) {
		d->type = DISK_SPECIAL;
		d->mode = MODE_LINK;
	} else {
		at = json_get(j, 0, "size");
		if (!num_mode(mode.p, mode.n, &bits) || !at || !json_int(j, at, 0, NUM_MAX_SAFE, &d->size))
			return false;
		d->mode = (int)bits;
	}
	buf_reset(&in->again);
	entry_write(&in->again, d);
	return span_eq(buf_span(&in->again), line);
}

/* `],"count":N,"root_hash":"…"}`, and nothing behind it. */
static void closing(struct inventory_in *in, struct span line)
{
	const struct json *j = &in->json;
	unsigned char sum[DIGEST_LEN];
	struct span root, rest;

	buf_reset(&in->again);
	buf_char(&in->again, '{');
	buf_add(&in->again, line.p + 2, line.n - 2);
	if (!json_parse(&in->json, in->again.p, in->again.n, JSON_RECORD) || j->node[0].count != 2)
		wrong(in, "this is not how cp-files-json ends one");
	root = text_of(j, "root_hash");
	if (!root.p || !record_hash_ok(root) || !json_get(j, 0, "count") ||
	    !json_int(j, json_get(j, 0, "count"), 0, NUM_MAX_SAFE, &in->said.said_count))
		wrong(in, "count and root_hash are no number and no hash");
	memcpy(in->said.said_root, root.p, DIGEST_TEXT);
	if (in_line(&in->in, &rest) != IN_END)
		wrong(in, "there is something behind its end");
	in->said.count = in->sums.merkle.leaves;
	if (!in->said.count)
		wrong(in, "it lists nothing");
	sums_root(&in->sums, in->said.root);
	digest_end(in->sums.text, sum);
	digest_text(sum, in->said.hash);
	in->over = true;
}

bool inventory_next(struct inventory_in *in, struct disk *d)
{
	const char *why;
	struct span line;

	if (in->over)
		return false;
	line = next_line(in);
	if (!in->more && line.n > 2 && memcmp(line.p, "],", 2) == 0) {
		closing(in, line);
		return false;
	}
	if (!in->more && in->sums.merkle.leaves)
		wrong(in, "a comma is missing before it");
	in->more = line.n && line.p[line.n - 1] == ',';
	line.n -= in->more;
	if (!entry_read(in, line, d))
		wrong(in, "this is no entry as cp-files-json writes it");
	why = relpath_bad(d->path);
	if (why)
		wrong(in, why);
	if (in->last.n && relpath_cmp(buf_span(&in->last), false, d->path, false) >= 0)
		wrong(in, "it is not in path order");
	buf_reset(&in->last);
	buf_span_add(&in->last, d->path);
	sums_add(&in->sums, d);
	return true;
}

const struct inventory_sums *inventory_sums(const struct inventory_in *in)
{
	return &in->said;
}

void inventory_in_free(struct inventory_in *in)
{
	if (!in)
		return;
	close(in->in.fd);
	in_close(&in->in);
	json_free(&in->json);
	buf_free(&in->path);
	buf_free(&in->last);
	buf_free(&in->again);
	sums_free(&in->sums);
	free(in);
}
