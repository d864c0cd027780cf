#include "base/text.h"
#include "filter/filter.h"
#include "filter/progress.h"
#include "store/facts.h"
#include "store/since.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { LACKS_SIZE = 1, LACKS_MODE = 2 };

static int64_t jobs = 2;
static const char *since_name;
static bool wanted;
static struct progress progress;
static struct filehash_pool *pool;
static struct since *since;
static struct digest *digest;
static struct buf line;
static uint64_t files, bytes;

static void add_hash(struct buf *b, const unsigned char sum[DIGEST_LEN])
{
	char text[DIGEST_TEXT];

	digest_text(sum, text);
	buf_add(b, ",\"hash\":\"", 9);
	buf_add(b, text, sizeof(text));
	buf_char(b, '"');
}

/* What the record did not say and a judge wants to know. */
static void add_facts(struct buf *b, const struct filehash_item *it)
{
	char mode[] = ",\"mode\":\"0000\"";

	if (it->flags & LACKS_SIZE) {
		buf_add(b, ",\"size\":", 8);
		buf_u64(b, it->bytes);
	}
	if (!(it->flags & LACKS_MODE))
		return;
	for (int i = 0; i < 4; i++)
		mode[12 - i] = (char)('0' + (it->mode >> (3 * i) & 7));
	buf_add(b, mode, sizeof(mode) - 1);
	if (it->links > 1) {
		buf_add(b, ",\"links\":", 9);
		buf_u64(b, it->links);
	}
	if (it->mount)
		buf_str(b, ",\"mount\":true");
}

static const char *error_of(enum filehash_result result)
{
	switch (result) {
	case FILEHASH_GONE: return "GONE";
	case FILEHASH_UNREADABLE: return "UNREADABLE";
	default: return "CHANGING";
	}
}

/* Hands an item on; `at` is where its record's closing brace stood. */
static void hand_on(const struct filehash_item *it)
{
	if (it->skip) {
		emit_line(buf_span(&it->record));
		return;
	}
	if (it->result == FILEHASH_UNREADABLE && err_is_ours(it->number))
		sys_fail(it->number, "unable to open a file");
	buf_reset(&line);
	buf_add(&line, it->record.p, it->at);
	if (it->result == FILEHASH_OK) {
		add_facts(&line, it);
		add_hash(&line, it->sum);
	} else {
		buf_str(&line, ",\"error\":\"");
		buf_str(&line, error_of(it->result));
		buf_char(&line, '"');
	}
	buf_char(&line, '}');
	emit_line(buf_span(&line));
	files++;
	bytes += it->bytes;
	progress_say(&progress, "%s: %llu files, %llu MiB", filter_name(), (unsigned long long)files,
		     (unsigned long long)(bytes >> 20));
}

/* Keeps a line's place among those that are being hashed. */
static void pass(struct span text)
{
	struct filehash_item *it;

	if (!pool || !filehash_pending(pool)) {
		emit_line(text);
		return;
	}
	it = filehash_room(pool, hand_on);
	it->skip = true;
	buf_span_add(&it->record, text);
	filehash_submit(pool);
}

/* The root may be known from the stream alone, so it is opened when the first file comes. */
static void open_pool(void)
{
	const char *root = filter_root(), *why;
	int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		sys_fail(errno, "unable to open the root %s", root);
	why = since ? since_unfit(since, root) : NULL;
	if (why)
		bad_input("unable to reuse %s: %s", since_name, why);
	pool = filehash_open(fd, (unsigned)jobs);
	if (!pool)
		sys_fail(errno, "unable to start threads");
}

static bool reuse(const struct record *r, struct span path, const struct filehash_facts *now)
{
	struct span hash = {0};
	enum since_result found = since_find(since, path, now, &hash);

	if (found == SINCE_BAD) {
		filehash_drain(pool, true, hand_on);
		filter_abandon(STATUS_INPUT);
	}
	if (found != SINCE_SAME)
		return false;
	buf_reset(&line);
	buf_add(&line, r->line.p, r->json.node[0].off + r->json.node[0].len - 1);
	buf_str(&line, ",\"hash\":\"");
	buf_span_add(&line, hash);
	buf_str(&line, "\",\"reused\":true}");
	pass(buf_span(&line));
	return true;
}

static void file(struct record *r)
{
	struct file_facts f = {0};
	struct filehash_item *it;
	struct span path;
	const char *why = NULL;
	int found = record_path(r, &path, &why);

	if (!found)
		why = "it has no path";
	if (!why)
		why = facts_read(r, &f);
	if (!why && f.hash)
		why = "it has a hash already (cp-hash-check compares it)";
	if (!why && f.reused)
		why = "it says reused before it has a hash";
	if (why) {
		filehash_drain(pool, true, hand_on);
		bad_input("unable to hash a file: %s", why);
	}
	if (!pool)
		open_pool();
	if (f.error || (since && reuse(r, path, &f.stat))) {
		if (f.error)
			pass(r->line);
		return;
	}
	it = filehash_room(pool, hand_on);
	buf_span_add(&it->record, r->line);
	it->at = r->json.node[0].off + r->json.node[0].len - 1;
	buf_span_add(&it->path, path);
	it->want = f.stat;
	it->flags = (f.stat.have & HAVE_SIZE ? 0 : LACKS_SIZE) | (f.mode ? 0 : LACKS_MODE);
	filehash_submit(pool);
}

static bool target_of(const struct record *r, struct span *target, struct buf *scratch)
{
	if (record_str(r, "target", target, scratch))
		return true;
	if (!record_str(r, "target_b64", target, scratch))
		return false;
	buf_reset(&line);
	if (!base64_decode(&line, target->p, target->n))
		return false;
	*target = buf_span(&line);
	return true;
}

/* A symlink's hash is that of the text it holds. */
static void symlink_target(struct record *r)
{
	struct buf scratch = {0}, target = {0};
	unsigned char sum[DIGEST_LEN];
	struct span text;

	if (record_get(r, "hash") || !target_of(r, &text, &scratch)) {
		pass(r->line);
		return;
	}
	if (!digest)
		digest = digest_new();
	digest_bytes(digest, text.p, text.n, sum);
	buf_add(&target, r->line.p, r->json.node[0].off + r->json.node[0].len - 1);
	add_hash(&target, sum);
	buf_char(&target, '}');
	pass(buf_span(&target));
	buf_free(&target);
	buf_free(&scratch);
}

static void step(struct record *r)
{
	struct buf scratch = {0};
	struct span type;

	if (record_is(r, "file"))
		file(r);
	else if (record_is(r, "special") && record_str(r, "filetype", &type, &scratch) && span_is(type, "symlink"))
		symlink_target(r);
	else
		pass(r->line);
	buf_free(&scratch);
	filehash_drain(pool, false, hand_on);
}

static void idle(void)
{
	filehash_drain(pool, true, hand_on);
}

static void finish(bool complete)
{
	(void)complete;
	filehash_drain(pool, true, hand_on);
	progress_close(&progress);
	filehash_close(pool);
	since_close(since);
	digest_free(digest);
	buf_free(&line);
}

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	progress_open(&progress, wanted);
	if (!since_name)
		return;
	since = since_open(since_name);
	if (!since && errno)
		sys_fail(errno, "unable to read %s", since_name);
	if (!since)
		bad_input("unable to reuse %s: it is not a complete output of cp-hash", since_name);
}

static const struct opt opts[] = {
	{"jobs", "N", "hash with this many threads (default 2)", OPT_INT, &jobs, 1, FILEHASH_JOBS, 'j', false},
	{"since", "FILE", "re-use hashes of this former output for files that are as they were", OPT_STR, &since_name,
	 0, 0, 0, false},
	{"progress", NULL, "say on a terminal how far it is", OPT_FLAG, &wanted, 0, 0, 0, false},
	{0},
};

static const struct filter self = {
	.name = "cp-hash",
	.summary = "add to each file the hash of its content",
	.args = "",
	.reads = "file special *",
	.writes = "*",
	.opts = opts,
	.role = ROLE_MAPPER,
	.flags = FILTER_ROOT,
	.start = start,
	.step = step,
	.idle = idle,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
