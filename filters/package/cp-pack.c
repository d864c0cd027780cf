/* cp-pack: a directory as an archive, the same bytes each time. */
#include "bundle/bundle.h"
#include "bundle/collect.h"
#include "bundle/judge.h"
#include "data/jsonw.h"
#include "os/save.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

static const char *out_path;
static bool force;

/* Judges what was written as if somebody else had written it. The package's record is left in *package. */
static void judge(int archive, struct bundle *b, struct buf *package)
{
	struct package_judge *j = package_judge_new();
	struct record r = {.number = 0};
	struct span line;
	const char *why = bundle_read(b, archive, span_of(out_path));

	if (why)
		bad_input("unable to make a package of the directory: it %s", why);
	for (int i = 0; i < 2; i++) {
		struct spool *from = i ? b->members : b->declared;

		spool_rewind(from);
		while (spool_next(from, &line)) {
			if (record_parse(&r, line))
				bad_input("unable to make a package of the directory: it has a record that is none");
			if (record_is(&r, "package"))
				buf_span_add(package, line);
			package_judge_add(j, &r);
		}
	}
	package_judge_end(j);
	record_free(&r);
}

static _Noreturn void failed(int number)
{
	sys_fail(number, "unable to write %s", out_path);
}

static void copy(int from, struct save *to)
{
	static char piece[PIECE];
	ssize_t got;

	if (lseek(from, 0, SEEK_SET) < 0)
		failed(errno);
	while ((got = read(from, piece, sizeof piece)) > 0)
		out_add(&to->out, piece, (size_t)got);
	if (got < 0)
		failed(errno);
}

/* Beside the archive, in the form that sha256sum(1) checks. */
static void write_sum(const struct bundle *b, const char *path)
{
	const char *slash = strrchr(out_path, '/');
	struct save s;
	struct buf line = {0};

	if (save_begin(&s, AT_FDCWD, path, 0644) < 0)
		failed(errno);
	s.fresh = !force;
	buf_add(&line, b->archive_hash + 7, DIGEST_TEXT - 7);
	buf_printf(&line, "  %s\n", slash ? slash + 1 : out_path);
	out_add(&s.out, line.p, line.n);
	if (save_commit(&s) < 0)
		failed(errno);
	buf_free(&line);
}

static void write_archive(int archive, const struct bundle *b, const char *sum_path)
{
	struct save s;

	if (filter_dry_run())
		return;
	if (save_begin(&s, AT_FDCWD, out_path, 0644) < 0)
		failed(errno);
	s.fresh = !force;
	copy(archive, &s);
	if (save_commit(&s) < 0)
		failed(errno);
	write_sum(b, sum_path);
}

static void say(const struct buf *package)
{
	struct record r = {.number = 0};
	struct buf line = {0};

	if (record_parse(&r, buf_span(package)))
		bad_input("unable to make a package of the directory: it has a record that is none");
	if (filter_dry_run())
		record_splice(&line, &r, SPAN("\"dry_run\":true"));
	else
		buf_span_add(&line, r.line);
	emit_line(buf_span(&line));
	buf_free(&line);
	record_free(&r);
}

static void refuse_existing(const char *path)
{
	if (!force && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		sys_fail(EEXIST, "unable to write %s", path);
}

static void start(int argc, char **argv)
{
	int dir, archive = temporary_file();
	struct buf sum_path = {0}, package = {0};
	struct bundle b;

	(void)argc;
	buf_printf(&sum_path, "%s.sha256", out_path);
	refuse_existing(out_path);
	refuse_existing(buf_cstr(&sum_path));
	dir = open(argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		sys_fail(errno, "unable to open %s", argv[0]);
	bundle_collect(dir, archive);
	close(dir);
	if (lseek(archive, 0, SEEK_SET) < 0)
		failed(errno);
	judge(archive, &b, &package);
	if (filter_findings() == 0) {
		write_archive(archive, &b, buf_cstr(&sum_path));
		say(&package);
	}
	bundle_free(&b);
	buf_free(&sum_path);
	buf_free(&package);
	close(archive);
}

static const struct opt opts[] = {
	{.name = "out",
	 .value = "FILE",
	 .summary = "the archive to write; its digest goes to FILE.sha256",
	 .kind = OPT_STR,
	 .target = &out_path,
	 .required = true},
	{.name = "force", .summary = "replace what is there", .kind = OPT_FLAG, .target = &force},
	{.name = NULL},
};

static const struct filter self = {
	.name = "cp-pack",
	.summary = "pack a directory, the same bytes each time",
	.args = "DIR",
	.reads = "",
	.writes = "package finding",
	.opts = opts,
	.role = ROLE_SOURCE,
	.flags = FILTER_DRY_RUN,
	.operands_min = 1,
	.operands_max = 1,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
