/* cp-manifest-upgrade: what was made before manifests were of version 1.1, as a package that can be packed. */
#include "bundle/bundle.h"
#include "bundle/make.h"
#include "legacy/archive.h"
#include "legacy/manifest.h"
#include "os/save.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char *out_path, *archive, *registry, *id, *type, *framework;

static void write_manifest(const struct buf *text)
{
	struct save s;

	if (filter_dry_run())
		return;
	if (save_begin(&s, AT_FDCWD, out_path, 0644) < 0)
		sys_fail(errno, "unable to write %s", out_path);
	s.fresh = true;
	out_add(&s.out, text->p, text->n);
	if (save_commit(&s) < 0)
		sys_fail(errno, "unable to write %s", out_path);
}

static void upgrade_manifest(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct buf text = {0};
	struct spool *records;
	const char *why;
	char c;

	if (fd < 0)
		sys_fail(errno, "unable to open %s", path);
	if (pread(fd, &c, 1, 0) < 0)
		sys_fail(errno, "unable to read %s", path);
	err_place(path, 0);
	why = legacy_manifest(&text, fd, type);
	if (why)
		bad_input("unable to upgrade the manifest: %s", why);
	err_place(NULL, 0);
	close(fd);
	records = manifest_records(&text);
	if (out_path)
		write_manifest(&text);
	manifest_emit(records);
	buf_free(&text);
}

static void upgrade_archive(void)
{
	struct buf content = {0}, path = {0}, head = {0}, manifest = {0};
	struct legacy_row row = {0};
	struct newfile files[2];
	struct spool *records;
	bool execute;

	legacy_row_read(&row, registry, id);
	legacy_head(&head, &row, id, type, framework);
	legacy_archive_read(&content, &execute, &path, &row, archive);
	files[0] = (struct newfile){buf_span(&path), buf_span(&content), execute};
	manifest_make_text(&manifest, buf_span(&head), &files[0], &(struct manifest_terms){.plane = "ho3"});
	files[1] = (struct newfile){SPAN(BUNDLE_MANIFEST), buf_span(&manifest), false};
	records = manifest_records(&manifest);
	if (!filter_dry_run() && newdir_make(out_path, files, 2) < 0)
		sys_fail(errno, "unable to make %s", out_path);
	manifest_emit(records);
	legacy_row_free(&row);
	buf_free(&content);
	buf_free(&path);
	buf_free(&head);
	buf_free(&manifest);
}

static void start(int argc, char **argv)
{
	if (!archive && argc != 1)
		bad_usage("unable to upgrade nothing: give a manifest or --archive");
	if (!archive && (registry || id || framework))
		bad_usage("unable to use --registry, --id or --framework: they are about --archive");
	if (archive && (argc || !registry || !id || !out_path))
		bad_usage("unable to upgrade the archive: it needs --registry, --id and --out, and no operand");
	if (archive)
		upgrade_archive();
	else
		upgrade_manifest(argv[0]);
}

static const struct opt opts[] = {
	{.name = "out",
	 .value = "NEWDIR",
	 .summary = "the manifest to write; of an archive, the directory to make",
	 .kind = OPT_STR,
	 .target = &out_path},
	{.name = "archive",
	 .value = "FILE",
	 .summary = "unpack the one file in it",
	 .kind = OPT_STR,
	 .target = &archive},
	{.name = "registry",
	 .value = "FILE",
	 .summary = "packages_registry.csv, which says what the archive is",
	 .kind = OPT_STR,
	 .target = &registry},
	{.name = "id", .value = "ID", .summary = "its row there", .kind = OPT_STR, .target = &id},
	{.name = "framework",
	 .value = "FRAMEWORK_ID",
	 .summary = "the framework in the archive, if not as its row is named",
	 .kind = OPT_STR,
	 .target = &framework},
	{.name = "type",
	 .value = "framework|spec|library|agent|prompt|gate",
	 .summary = "what the package is, if not as was said before",
	 .kind = OPT_CHOICE,
	 .target = &type},
	{.name = NULL},
};

static const struct filter self = {
	.name = "cp-manifest-upgrade",
	.summary = "make a package of version 1.1 of an older one",
	.args = "[MANIFEST]",
	.reads = "",
	.writes = "package asset",
	.opts = opts,
	.role = ROLE_SOURCE,
	.flags = FILTER_DRY_RUN,
	.operands_max = 1,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
