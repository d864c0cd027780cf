/* cp-package-read: what an archive holds and declares, as records. */
#include "admit/brings.h"
#include "bundle/sidecar.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void start(int argc, char **argv)
{
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct bundle b;
	const char *why;

	(void)argc;
	if (fd < 0)
		sys_fail(errno, "unable to open %s", argv[0]);
	err_place(argv[0], 0);
	why = bundle_read(&b, fd, span_of(argv[0]));
	if (why)
		bad_input("unable to read the archive: it %s", why);
	brings_emit(&b);
	err_place(NULL, 0);
	spool_emit(b.declared);
	spool_emit(b.members);
	sidecar_check(argv[0], b.archive_hash);
	bundle_free(&b);
	close(fd);
}

static const struct filter self = {
	.name = "cp-package-read",
	.summary = "read what an archive holds and declares as records",
	.args = "ARCHIVE",
	.reads = "",
	.writes = "framework spec package asset member finding",
	.role = ROLE_SOURCE,
	.operands_min = 1,
	.operands_max = 1,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
