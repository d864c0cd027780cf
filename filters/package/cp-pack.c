/* cp-pack: a directory, or a file, as the archive of a package, the same bytes each time. */
#include "bundle/bundle.h"
#include "bundle/collect.h"
#include "bundle/head.h"
#include "bundle/judge.h"
#include "bundle/make.h"
#include "data/jsonw.h"
#include "os/save.h"
#include "pack/tarin.h"
#include "trust/binding.h"
#include "trust/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

static const char *out_path;
static bool force;
static struct manifest_head head = {.version = "0.1.0", .type = "library"};
static struct signer_choice choice;

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

static void begin(struct save *s, const char *path)
{
	if (save_begin(s, AT_FDCWD, path, 0644) < 0)
		failed(errno);
	s->fresh = !force;
}

/* Beside the archive, in the form that sha256sum(1) checks. */
static void write_sum(const struct bundle *b, struct save *s)
{
	const char *slash = strrchr(out_path, '/');
	struct buf line = {0};

	buf_add(&line, b->archive_hash + 7, DIGEST_TEXT - 7);
	buf_printf(&line, "  %s\n", slash ? slash + 1 : out_path);
	out_add(&s->out, line.p, line.n);
	buf_free(&line);
}

/* At no time is there a digest that is not the archive's: the one of an archive that is replaced goes first, the new
 * one comes last. Both are whole on the disk before anything changes. */
static void write_archive(int archive, const struct bundle *b, const char *sum_path)
{
	struct save a, sum;

	if (filter_dry_run())
		return;
	begin(&a, out_path);
	begin(&sum, sum_path);
	copy(archive, &a);
	write_sum(b, &sum);
	if (save_sync(&a) < 0 || save_sync(&sum) < 0)
		failed(errno);
	if (force && unlinkat(sum.dir, sum.name, 0) == 0 && sync_dir(sum.dir) < 0)
		failed(errno);
	if (save_commit(&a) < 0 || save_commit(&sum) < 0)
		failed(errno);
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

/* The file with a manifest of its own, which says that it goes to the place that its path names. */
static void collect_file(int fd, const char *path, int archive, const struct manifest_terms *t)
{
	struct buf text = {0}, manifest = {0};
	const char *why = tar_path_bad(span_of(path));

	if (!why && strcmp(path, BUNDLE_MANIFEST) == 0)
		why = "is the name of a manifest";
	if (why)
		bad_usage("unable to pack %s: its path in the package %s", path, why);
	if (!head.package_id)
		bad_usage("unable to pack a file without --package-id: it has no manifest that says it");
	why = manifest_head_bad(&head);
	if (why)
		bad_usage("unable to make such a package: %s", why);
	jsonw_open(&text, NULL);
	manifest_head_write(&text, &head);
	jsonw_open(&text, "output");
	jsonw_cstr(&text, "type", "extension");
	jsonw_close(&text);
	jsonw_close(&text);
	manifest_make_file(&manifest, buf_span(&text), fd, span_of(path), t);
	bundle_collect_file(fd, span_of(path), archive, buf_span(&manifest));
	buf_free(&text);
	buf_free(&manifest);
}

static void collect_directory(int fd, int archive, const struct manifest_terms *t)
{
	struct buf manifest = {0};

	if (head.package_id)
		bad_usage("unable to use --package-id: the manifest of a directory says it");
	if (t->seal)
		manifest_make(&manifest, fd, t);
	bundle_collect(fd, archive, buf_span(&manifest));
	buf_free(&manifest);
}

static void collect(const char *path, int archive, const struct manifest_terms *t)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		sys_fail(errno, "unable to open %s", path);
	if (S_ISDIR(st.st_mode))
		collect_directory(fd, archive, t);
	else if (S_ISREG(st.st_mode))
		collect_file(fd, path, archive, t);
	else
		sys_fail(0, "unable to pack %s: it is neither a file nor a directory", path);
	close(fd);
}

static void start(int argc, char **argv)
{
	int archive = temporary_file();
	struct buf sum_path = {0}, package = {0};
	bool sign = signer_asked(&choice, argc - 1);
	struct signer signer;
	struct bundle b;

	buf_printf(&sum_path, "%s.sha256", out_path);
	refuse_existing(out_path);
	refuse_existing(buf_cstr(&sum_path));
	if (sign)
		signer_choose(&signer, &choice, argc - 1, argv + 1);
	collect(argv[0], archive, &(struct manifest_terms){"ho3", sign ? binding_sign : NULL, &signer});
	if (sign)
		signer_end(&signer);
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
	{.name = "package-id",
	 .value = "ID",
	 .summary = "of a file: the package",
	 .kind = OPT_STR,
	 .target = &head.package_id},
	{.name = "package-version",
	 .value = "VERSION",
	 .summary = "of a file: the package's (0.1.0)",
	 .kind = OPT_STR,
	 .target = &head.version},
	{.name = "type",
	 .value = "framework|spec|library|agent|prompt|gate",
	 .summary = "of a file: what the package is (library)",
	 .kind = OPT_CHOICE,
	 .target = &head.type},
	{.name = "framework",
	 .value = "FRAMEWORK_ID",
	 .summary = "of a file: the framework it is, or stands under",
	 .kind = OPT_STR,
	 .target = &head.framework},
	{.name = "spec",
	 .value = "SPEC_ID",
	 .summary = "of a file: the spec it is",
	 .kind = OPT_STR,
	 .target = &head.spec},
	SIGNER_OPTS(choice),
	{.name = NULL},
};

static const struct filter self = {
	.name = "cp-pack",
	.summary = "pack a directory or a file, the same bytes each time",
	.args = "DIR|FILE [ARGUMENT...]",
	.reads = "",
	.writes = "package finding",
	.opts = opts,
	.role = ROLE_SOURCE,
	.flags = FILTER_DRY_RUN,
	.operands_min = 1,
	.operands_max = 64,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
