/* What the fuzzers of packages share. What ends a process (bad_input) ends the input instead, and each finding is made
 * and read again: a fuzzer that includes this links with the --wrap of each of these functions. */
#ifndef CP_FUZZ_PACK_H
#define CP_FUZZ_PACK_H

#include "bundle/judge.h"
#include "data/relpath.h"
#include "filter/filter.h"
#include "filter/share.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static jmp_buf given_up;
static bool may_give_up;
static uint64_t found;

static inline int memory(const void *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return fd;
}

_Noreturn void __wrap_bad_input(const char *fmt, ...)
{
	(void)fmt;
	if (!may_give_up)
		abort();
	may_give_up = false;
	longjmp(given_up, 1);
}

static void __attribute__((format(printf, 5, 0))) check_finding(enum code c, enum severity s, struct span path,
								const struct finding_place *place,
								const char *detail, va_list ap)
{
	struct record r = {.number = 0};
	struct buf text = {0}, line = {0};
	struct span is;
	const char *why;

	if (detail)
		buf_vprintf(&text, detail, ap);
	finding_write(&line, c, s, path, place, detail ? buf_cstr(&text) : NULL, "fuzz");
	if (record_parse(&r, buf_span(&line)) || !record_is(&r, "finding") || record_path(&r, &is, &why) < 0)
		abort();
	found++;
	record_free(&r);
	buf_free(&text);
	buf_free(&line);
}

__attribute__((format(printf, 3, 4))) void __wrap_finding(enum code c, struct span path, const char *detail, ...)
{
	va_list ap;

	va_start(ap, detail);
	check_finding(c, code_severity(c), path, NULL, detail, ap);
	va_end(ap);
}

__attribute__((format(printf, 5, 6))) void __wrap_finding_in(enum code c, enum severity s, struct span file,
								uint64_t line, const char *detail, ...)
{
	va_list ap;

	(void)line;
	va_start(ap, detail);
	check_finding(c, s, relpath_bad(file) ? (struct span){0} : file, NULL, detail, ap);
	va_end(ap);
}

/* Fuzzers are run at the top of the tree. */
int __wrap_share_schemas(void)
{
	int fd = open("schemas", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		abort();
	return fd;
}

#endif
