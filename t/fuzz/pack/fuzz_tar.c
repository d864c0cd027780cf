/* LIBS: -larchive */
/* Whatever a tar file holds: reading ends, paths and sizes keep their limits, and a content is as long as its header
 * said. */
#include "pack/tarin.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void read_members(struct tarin *t)
{
	static char piece[4096];
	struct tarmember m;
	const char *why = NULL;
	size_t n = 0, total;
	ssize_t got;

	while (tarin_next(t, &m, &why) > 0) {
		if (++n > TAR_MEMBERS || (m.path.n && !m.path.p) || m.mode > 07777 || !m.type)
			abort();
		(void)tar_path_bad(m.path);
		for (total = 0; (got = tarin_read(t, piece, sizeof piece, &why)) > 0; total += (size_t)got)
			if (total > m.size)
				abort();
		if (got == 0 && m.size != total && strcmp(m.type, "file") == 0)
			abort();
		if (got < 0 && !why)
			abort();
		if (got < 0)
			return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("tar", MFD_CLOEXEC);
	const char *why = NULL;
	struct tarin *t;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	t = tarin_open(fd, &why);
	if (t)
		read_members(t);
	else if (!why)
		abort();
	tarin_close(t);
	close(fd);
	return 0;
}
