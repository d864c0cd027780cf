/* cp-manifest-make: the manifest that describes a directory. */
#include "bundle/make.h"
#include "os/save.h"
#include "trust/binding.h"
#include "trust/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char *out_path, *plane = "ho3";
static bool force;
static struct signer_choice choice;

static void write_manifest(const struct buf *text)
{
	struct save s;

	if (filter_dry_run())
		return;
	if (save_begin(&s, AT_FDCWD, out_path, 0644) < 0)
		sys_fail(errno, "unable to write %s", out_path);
	s.fresh = !force;
	out_add(&s.out, text->p, text->n);
	if (save_commit(&s) < 0)
		sys_fail(errno, "unable to write %s", out_path);
}

static void start(int argc, char **argv)
{
	struct buf text = {0};
	struct signer signer;
	struct spool *records;
	bool sign = signer_asked(&choice, argc - 1);
	int dir = open(argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		sys_fail(errno, "unable to open %s", argv[0]);
	if (sign)
		signer_choose(&signer, &choice, argc - 1, argv + 1);
	manifest_make(&text, dir, &(struct manifest_terms){plane, sign ? binding_sign : NULL, &signer});
	if (sign)
		signer_end(&signer);
	close(dir);
	records = manifest_records(&text);
	if (filter_findings() == 0) {
		if (out_path)
			write_manifest(&text);
		manifest_emit(records);
	} else {
		spool_free(records);
	}
	buf_free(&text);
}

static const struct opt opts[] = {
	{.name = "out",
	 .value = "FILE",
	 .summary = "write the manifest there, as JSON",
	 .kind = OPT_STR,
	 .target = &out_path},
	{.name = "force", .summary = "replace what is there", .kind = OPT_FLAG, .target = &force},
	SIGNER_OPTS(choice),
	{.name = "plane",
	 .value = "ho3|ho2|ho1",
	 .summary = "where files go of which the manifest does not say it",
	 .kind = OPT_CHOICE,
	 .target = &plane},
	{.name = NULL},
};

static const struct filter self = {
	.name = "cp-manifest-make",
	.summary = "make the manifest that describes a directory",
	.args = "DIR [ARGUMENT...]",
	.reads = "",
	.writes = "package asset finding",
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
