/* LIBS: -larchive -lz */
/* A package of any bytes: the first bit of the input says whether the rest is an archive, or a tar file to be packed
 * into one. What is read are records; where it is canonical, nothing special and no name that leads out is in it. */
#include "bundle/bundle.h"
#include "pack/squeeze.h"
#include "pack/tarin.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static int memory(const uint8_t *data, size_t size)
{
	int fd = memfd_create("package", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return fd;
}

static int packed(const uint8_t *data, size_t size)
{
	int fd = memory(data, 0);
	struct squeeze *s = squeeze_open(fd, SQUEEZE_GZIP);
	const char *why = NULL;

	if (squeeze_add(s, data, size, &why) != 0 || squeeze_close(s, &why) != 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return fd;
}

static void check_member(struct record *r)
{
	struct buf room = {0}, other = {0};
	struct span path, type;

	if (!record_str(r, "type", &type, &room) || !span_is(type, "file") || !record_str(r, "path", &path, &other) ||
	    tar_path_bad(path))
		abort();
	buf_free(&room);
	buf_free(&other);
}

static void check(struct spool *lines, bool canonical)
{
	struct record r = {.number = 0};
	struct span line;

	spool_rewind(lines);
	while (spool_next(lines, &line)) {
		if (record_parse(&r, line))
			abort();
		if (canonical && record_is(&r, "member"))
			check_member(&r);
	}
	record_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bundle b;
	int fd;

	if (!size)
		return 0;
	fd = *data & 1 ? packed(data + 1, size - 1) : memory(data + 1, size - 1);
	if (!bundle_read(&b, fd, SPAN("fuzz"))) {
		check(b.declared, false);
		check(b.members, b.canonical);
	}
	bundle_free(&b);
	close(fd);
	return 0;
}
