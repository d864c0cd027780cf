/* cp-comply-check: is a tree what the companion of a framework asks for? */
#include "charter/say.h"
#include "data/relpath.h"
#include "filter/gate.h"
#include "filter/share.h"
#include "gate/judged.h"
#include "law/comply.h"
#include "os/beneath.h"
#include "os/in.h"
#include "store/kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { COMPANION_BYTES = 1 << 20 };

static const char gate[] = "COMPLIANCE";
static const char *in_dir, *files;
static struct opt_list facts;
static struct comply *comply;
static struct judged *subject;
static struct buf text, prefix, content;
static struct json companion;
static struct markdown doc;
static int root = -1;

/* --- the companion --- */

static void fault(void *ctx, struct span instance, struct span keyword, const char *reason)
{
	struct buf *b = ctx;

	if (!b->n)
		schema_text(b, instance, keyword, reason);
}

static void check_shape(void)
{
	int dir = share_schemas();
	struct kinds *kinds = kinds_new(dir, SCHEMA_REFUSE);
	const struct schema *s = kinds_get(kinds, SPAN("compliance"));
	struct buf why = {0};

	if (!s)
		sys_fail(ENOENT, "unable to find the schema of companions");
	if (!schema_apply(s, &companion, 0, fault, &why))
		bad_input("unable to use the companion: %s", buf_cstr(&why));
	kinds_free(kinds);
	close(dir);
	buf_free(&why);
}

static void read_companion(const char *file)
{
	struct buf at = {0};
	const char *why;

	if (slurp(file, COMPANION_BYTES, &text) < 0) {
		if (errno != EFBIG)
			sys_fail(errno, "unable to read %s", file);
		err_place(file, 0);
		bad_input("unable to use the companion: it is over 1 MiB");
	}
	err_place(file, 0);
	if (!json_parse(&companion, text.p ? text.p : "", text.n, JSON_DOCUMENT))
		bad_input("unable to use the companion: %s at byte %zu", companion.error, companion.error_offset);
	check_shape();
	comply = comply_new(&companion, buf_span(&prefix), charter_ends(), &why, &at);
	if (!comply)
		bad_input("unable to use the companion: %s: %s", buf_cstr(&at), why);
	err_place(NULL, 0);
	buf_free(&at);
}

static void start(int argc, char **argv)
{
	(void)argc;
	if (in_dir) {
		struct span dir = span_of(in_dir);

		if (relpath_bad(dir))
			bad_usage("unable to judge in %s: the path %s", in_dir, relpath_bad(dir));
		buf_span_add(&prefix, dir);
		buf_char(&prefix, '/');
	}
	for (unsigned i = 0; i < facts.n; i++)
		if (!strchr(facts.item[i], '=') || facts.item[i][0] == '=')
			bad_usage("unable to use --fact %s: it is not NAME=VALUE", facts.item[i]);
	read_companion(argv[0]);
	for (unsigned i = 0; i < facts.n; i++) {
		size_t n = strcspn(facts.item[i], "=");

		comply_fact(comply, (struct span){facts.item[i], n}, span_of(facts.item[i] + n + 1));
	}
	subject = judged_new();
}

/* --- what files say --- */

static int open_file(struct span path)
{
	return beneath_open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
}

/* The first word of the section. */
static struct span first_word(struct span heading)
{
	for (uint32_t i = 0; i + 1 < doc.n; i++) {
		struct span title = markdown_text(&doc, doc.node[i].text), s;
		size_t n = 0;

		if (doc.node[i].kind != MARKDOWN_HEADING || !span_eq(title, heading))
			continue;
		if (doc.node[i + 1].kind == MARKDOWN_HEADING)
			break;
		s = markdown_text(&doc, doc.node[i + 1].text);
		while (n < s.n && !memchr(" \t\n", s.p[n], 3))
			n++;
		return (struct span){s.p, n};
	}
	return (struct span){0};
}

static void read_fact(struct span name, struct span file, struct span heading)
{
	struct buf path = {0};
	int fd;

	buf_span_add(&path, buf_span(&prefix));
	buf_span_add(&path, file);
	fd = open_file(buf_span(&path));
	buf_reset(&content);
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
		sys_fail(errno, "unable to open %s", buf_cstr(&path));
	if (fd >= 0 && slurp_fd(fd, MARKDOWN_BYTES, &content) == 0 && markdown_read(&doc, buf_span(&content)) &&
	    first_word(heading).n)
		comply_fact(comply, name, first_word(heading));
	if (fd >= 0)
		close(fd);
	buf_free(&path);
}

/* Before the first file: the root may be known from the stream alone. */
static void open_root(void)
{
	struct buf scratch[3] = {{0}};
	struct span name, file, heading;
	const char *path = files ? files : filter_root();

	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		sys_fail(errno, "unable to open the directory %s", path);
	for (uint32_t i = 0; comply_asks(comply, i, &name, &file, &heading, scratch); i++)
		read_fact(name, file, heading);
	comply_decide(comply);
	for (int i = 0; i < 3; i++)
		buf_free(&scratch[i]);
}

/* --- files --- */

static void judge_lines(int fd)
{
	struct in in;
	struct span line;
	enum in_result got;

	in_open(&in, fd, COMPLY_LINE);
	while ((got = in_line(&in, &line)) == IN_LINE || (got == IN_CUT && line.n)) {
		comply_line(comply, line);
		if (got == IN_CUT)
			break;
	}
	if (got == IN_ERROR)
		comply_unread(comply, "it could not be read");
	else if (got == IN_LONG)
		comply_unread(comply, "a line is longer than 1 MiB");
	else
		comply_lines_end(comply);
	in_close(&in);
}

static void judge_markdown(int fd)
{
	buf_reset(&content);
	if (lseek(fd, 0, SEEK_SET) < 0 || slurp_fd(fd, MARKDOWN_BYTES, &content) < 0)
		comply_markdown(comply, NULL, errno == EFBIG ? "more than 256 KiB" : "it could not be read", 0);
	else if (!markdown_read(&doc, buf_span(&content)))
		comply_markdown(comply, NULL, doc.error, doc.error_line);
	else
		comply_markdown(comply, &doc, NULL, 0);
}

static void judge(struct span path)
{
	unsigned wants;
	int fd;

	if (path.n <= prefix.n || memcmp(path.p, prefix.p ? prefix.p : "", prefix.n) != 0)
		return;
	gate_checked(1);
	wants = comply_file(comply, (struct span){path.p + prefix.n, path.n - prefix.n});
	if (wants == COMPLY_NOTHING)
		return;
	fd = open_file(path);
	if (fd < 0) {
		comply_unread(comply,
			      errno == ELOOP ? "it is a symbolic link, or behind one" : "it could not be opened");
		return;
	}
	if (wants & COMPLY_LINES)
		judge_lines(fd);
	if (wants & COMPLY_MARKDOWN)
		judge_markdown(fd);
	close(fd);
}

/* Where what the record is about lies. */
static struct span path_of(struct record *r)
{
	static struct buf scratch;
	const char *why = "is missing";
	struct span path = {0};

	if (record_is(r, "file")) {
		if (record_path(r, &path, &why) <= 0)
			bad_input("unable to trust the stream: the path of a file %s", why ? why : "is missing");
	} else {
		if (!files)
			bad_input("unable to judge a package without its files (--files DIR)");
		if (!record_str(r, "source", &path, &scratch) || (why = relpath_bad(path)))
			bad_input("unable to trust the stream: the source of an asset %s", why);
	}
	return path;
}

static void step(struct record *r)
{
	struct span path;

	gate_pass(gate, r);
	if (!judged_add(subject, r) || !(record_is(r, "file") || record_is(r, "asset")))
		return;
	path = path_of(r);
	if (root < 0)
		open_root();
	judge(path);
}

static void finish(bool complete)
{
	char hash[DIGEST_TEXT];

	if (complete) {
		if (root < 0)
			open_root();
		comply_end(comply);
		judged_end(subject, hash);
		gate_verdict(gate, (struct span){hash, sizeof hash}, (struct span){0});
	}
	comply_free(comply);
	judged_free(subject);
	markdown_free(&doc);
	json_free(&companion);
	buf_free(&text);
	buf_free(&prefix);
	buf_free(&content);
}

static const struct opt opts[] = {
	{.name = "files",
	 .value = "DIR",
	 .summary = "where the files lie (the plane's root)",
	 .kind = OPT_STR,
	 .target = &files},
	{.name = "in",
	 .value = "DIR",
	 .summary = "judge what lies there alone, and by paths from there",
	 .kind = OPT_STR,
	 .target = &in_dir},
	{.name = "fact",
	 .value = "NAME=VALUE",
	 .summary = "what conditions ask for; may be given again",
	 .kind = OPT_LIST,
	 .target = &facts},
	{0},
};

static const struct filter self = {
	.name = "cp-comply-check",
	.summary = "judge a tree or a package by the companion of a framework",
	.args = "COMPANION",
	.reads = "plane file asset",
	.writes = "* finding verdict",
	.opts = opts,
	.role = ROLE_JUDGE,
	.flags = FILTER_ROOT | FILTER_GATE,
	.operands_min = 1,
	.operands_max = 1,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
