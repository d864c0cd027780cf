#include "base/num.h"
#include "base/text.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "filter/quiet.h"
#include "model/scope.h"
#include "os/beneath.h"
#include "os/clock.h"
#include "os/in.h"
#include "os/walk.h"
#include "seal/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { SCOPE_BYTES = 1 << 20 };

static bool xdev, plain, lazy;
static struct opt_list excludes;
static struct scope *scope;
static struct buf line, target;

/* `{"kind":"…","path":"…"`; nothing else on the way of a million files is as frequent as these lines. */
static void open_record(struct buf *b, const char *kind, struct span path)
{
	buf_reset(b);
	buf_str(b, "{\"kind\":\"");
	buf_str(b, kind);
	buf_str(b, "\"");
	jsonw_bytes(b, "path", path);
}

static void close_record(struct buf *b)
{
	buf_char(b, '}');
	emit_line(buf_span(b));
}

static void add_mode(struct buf *b, mode_t mode)
{
	char text[] = ",\"mode\":\"0000\"";

	for (int i = 0; i < 4; i++)
		text[12 - i] = (char)('0' + (mode >> (3 * i) & 7));
	buf_add(b, text, sizeof(text) - 1);
}

static void add_time(struct buf *b, int64_t ns)
{
	if (ns < 0)
		buf_char(b, '-');
	buf_u64(b, ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns);
}

static void add_facts(struct buf *b, const struct walk_entry *e)
{
	buf_add(b, ",\"size\":", 8);
	buf_u64(b, e->size);
	add_mode(b, e->mode);
	buf_add(b, ",\"dev\":\"", 8);
	buf_u64(b, e->dev);
	buf_add(b, "\",\"ino\":\"", 9);
	buf_u64(b, e->ino);
	buf_add(b, "\",\"mtime\":\"", 11);
	add_time(b, e->mtime);
	buf_add(b, "\",\"ctime\":\"", 11);
	add_time(b, e->ctime);
	buf_char(b, '"');
	if (e->links > 1)
		jsonw_int(b, "links", e->links > NUM_MAX_SAFE ? NUM_MAX_SAFE : (int64_t)e->links);
}

static void add_error(struct buf *b, const struct walk_entry *e)
{
	if (err_is_ours(e->number))
		sys_fail(e->number, "unable to look at everything");
	jsonw_cstr(b, "error", e->error == WALK_CHANGING ? "CHANGING" : "UNREADABLE");
	jsonw_cstr(b, "detail", strerror(e->number));
}

/* Where a symlink points. False, with errno, when it cannot be read. */
static bool read_target(const struct walk_entry *e)
{
	size_t room = e->size < 256 ? 256 : (size_t)e->size + 1;
	ssize_t n;

	for (;; room *= 2) {
		buf_reset(&target);
		n = readlinkat(e->parent, e->name, buf_room(&target, room), room);
		if (n < 0)
			return false;
		if ((size_t)n < room)
			break;
	}
	target.n = (size_t)n;
	return true;
}

static void special(struct walk_entry *e)
{
	open_record(&line, "special", e->path);
	jsonw_cstr(&line, "filetype", walk_filetype(e->type));
	if (!e->error && S_ISLNK(e->type)) {
		if (read_target(e)) {
			jsonw_bytes(&line, "target", buf_span(&target));
		} else if (errno == ENOENT) {
			jsonw_cstr(&line, "error", "GONE");
		} else {
			e->number = errno;
			e->error = e->number == EINVAL ? WALK_CHANGING : WALK_UNREADABLE;
		}
	}
	if (e->facts)
		add_mode(&line, e->mode);
}

static void entry(struct walk_entry *e)
{
	buf_reset(&line);
	if (S_ISREG(e->type)) {
		open_record(&line, "file", e->path);
		if (e->facts)
			add_facts(&line, e);
	} else if (S_ISDIR(e->type)) {
		open_record(&line, "dir", e->path);
		if (e->facts)
			add_mode(&line, e->mode);
	} else {
		special(e);
	}
	if (e->mount)
		jsonw_bool(&line, "mount", true);
	if (e->error)
		add_error(&line, e);
	close_record(&line);
}

static void exclude(struct span path, mode_t type, enum scope_class class, struct span pattern,
		    const struct walk_entry *e)
{
	open_record(&line, "excluded", path);
	jsonw_cstr(&line, "filetype", walk_filetype(type));
	buf_reset(&target);
	buf_str(&target, class == SCOPE_STATE ? "state" : class == SCOPE_DERIVED ? "derived" : class == SCOPE_OUTSIDE
			? "outside" : class == SCOPE_UNEXPECTED ? "unexpected" : "pattern ");
	if (class == SCOPE_PATTERN)
		buf_span_add(&target, pattern);
	jsonw_str(&line, "reason", buf_span(&target));
	if (e && e->error)
		add_error(&line, e);
	close_record(&line);
}

static enum scope_class classify(struct span path, mode_t type, struct span *pattern)
{
	enum scope_type is = S_ISDIR(type) ? SCOPE_DIR : S_ISREG(type) ? SCOPE_FILE : SCOPE_OTHER;

	return scope_classify(scope, path, is, pattern);
}

/* Directories of our own state are entered, to see that only what belongs there is directly inside. */
static enum walk_choice decide(void *ctx, struct span path, mode_t type)
{
	struct span pattern = {0};
	enum scope_class class = classify(path, type, &pattern);

	(void)ctx;
	if (class == SCOPE_GOVERNED || class == SCOPE_STATE)
		return WALK_TAKE;
	if (class != SCOPE_INSIDE)
		exclude(path, type, class, pattern, NULL);
	return WALK_LEAVE;
}

/* Opens a regular file of the plane; -1 when there is none. */
static int open_file(int root, const char *path, int *number)
{
	struct stat st;
	int fd = beneath_open(root, span_of(path), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);

	*number = fd < 0 ? errno : 0;
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		*number = EINVAL;
		close(fd);
		fd = -1;
	}
	return fd;
}

/* What is governed; its bytes' hash into *sum. False when there is no such file. */
static bool read_scope(int root, struct digest *d, unsigned char sum[DIGEST_LEN])
{
	struct buf text = {0};
	int number, fd = open_file(root, SCOPE_FILE_NAME, &number);
	const char *why;

	if (number == ENOENT || number == ENOTDIR)
		return false;
	err_place(SCOPE_FILE_NAME, 0);
	if (number == EINVAL || number == ELOOP)
		bad_input("unable to tell what is governed: not a regular file");
	if (fd < 0 || slurp_fd(fd, SCOPE_BYTES, &text) < 0)
		sys_fail(errno, "unable to read " SCOPE_FILE_NAME);
	close(fd);
	why = scope_read(scope, buf_span(&text));
	if (why)
		bad_input("unable to tell what is governed: %s", why);
	err_place(NULL, 0);
	digest_bytes(d, text.p, text.n, sum);
	buf_free(&text);
	return true;
}

static bool registry_hash(int root, struct digest *d, unsigned char sum[DIGEST_LEN])
{
	int number, fd = open_file(root, "registries/file_ownership.csv", &number);

	if (fd < 0 && (number == EACCES || number == EPERM || number == EIO))
		sys_fail(number, "unable to read registries/file_ownership.csv");
	if (fd < 0)
		return false;
	if (digest_fd(d, fd, sum, NULL) < 0)
		sys_fail(errno, "unable to read registries/file_ownership.csv");
	close(fd);
	return true;
}

static void add_hash(struct buf *b, const char *key, bool have, const unsigned char sum[DIGEST_LEN])
{
	char text[DIGEST_TEXT];

	if (!have) {
		jsonw_null(b, key);
		return;
	}
	digest_text(sum, text);
	jsonw_str(b, key, (struct span){text, DIGEST_TEXT});
}

static void plane(int root, const char *path)
{
	struct digest *d = digest_new();
	unsigned char scoped[DIGEST_LEN], registry[DIGEST_LEN];
	bool has_scope = !plain && read_scope(root, d, scoped);
	bool has_registry = !plain && registry_hash(root, d, registry);
	char time[CLOCK_TEXT];
	struct buf *b = out_record("plane");

	clock_text(clock_now(), 9, time);
	jsonw_bytes(b, "root", span_of(path));
	jsonw_null(b, "plane_uid");
	if (scope_plane(scope).p)
		jsonw_str(b, "plane", scope_plane(scope));
	else
		jsonw_null(b, "plane");
	add_hash(b, "scope_hash", has_scope, scoped);
	add_hash(b, "registry_hash", has_registry, registry);
	jsonw_cstr(b, "time", time);
	emit_out();
	digest_free(d);
}

static void start(int argc, char **argv)
{
	const char *path = filter_root();
	struct walk_entry e;
	struct walk *w;
	int root, lock;

	(void)argc;
	(void)argv;
	scope = scope_new(plain);
	for (unsigned i = 0; i < excludes.n; i++) {
		struct span pattern = span_of(excludes.item[i]);
		const char *why = utf8_valid(pattern.p, pattern.n) ? scope_exclude(scope, pattern) : "is not UTF-8";

		if (why)
			bad_usage("unable to use the pattern %s: %s", excludes.item[i], why);
	}
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY);
	if (root < 0)
		sys_fail(errno, "unable to open the root %s", path);
	lock = quiet_begin(path);
	plane(root, path);
	w = walk_open(root, (xdev ? WALK_XDEV : 0) | (lazy ? WALK_LAZY : 0), decide, NULL);
	if (!w)
		sys_fail(errno, "unable to list the root %s", path);
	while (walk_next(w, &e)) {
		if (S_ISDIR(e.type) && classify(e.path, e.type, NULL) == SCOPE_STATE)
			exclude(e.path, e.type, SCOPE_STATE, (struct span){0}, &e);
		else
			entry(&e);
	}
	walk_close(w);
	close(root);
	quiet_end(lock);
	scope_free(scope);
	buf_free(&line);
	buf_free(&target);
}

static const struct opt opts[] = {
	{"xdev", NULL, "report what is mounted in the tree, but do not enter it", OPT_FLAG, &xdev, 0, 0, 0, false},
	{"plain", NULL, "no plane layout: everything under the root is walked", OPT_FLAG, &plain, 0, 0, 0, false},
	{"lazy", NULL, "name files only and leave it to cp-hash to look at them", OPT_FLAG, &lazy, 0, 0, 0, false},
	{"exclude", "PATTERN", "leave out what the pattern matches, visibly", OPT_LIST, &excludes, 0, 0, 0, false},
	{0},
};

static const struct filter self = {
	.name = "cp-walk",
	.summary = "list a plane's files in path order",
	.args = "",
	.reads = "",
	.writes = "plane file dir special excluded",
	.opts = opts,
	.role = ROLE_SOURCE,
	.flags = FILTER_ROOT,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
