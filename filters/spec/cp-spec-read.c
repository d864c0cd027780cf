/* cp-spec-read: manifests of specs as records. */
#include "filter/filter.h"
#include "law/spec.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static struct yamldoc doc;

static ssize_t read_some(void *ctx, void *p, size_t n)
{
	return read(*(int *)ctx, p, n);
}

static void read_spec(int fd, const char *file)
{
	const char *why;
	struct buf *b;

	if (!yamldoc_read(&doc, &(struct yaml_source){.read = read_some, .ctx = &fd, .limit = RECORD_BYTES})) {
		if (doc.error_errno)
			sys_fail(doc.error_errno, "unable to read %s", file);
		err_place(file, doc.error_at.line);
		bad_input("unable to read the spec: %s at column %u", doc.error, doc.error_at.column);
	}
	err_place(file, 0);
	b = out_record("spec");
	why = spec_members(b, &doc, span_of(file));
	if (why)
		bad_input("unable to read the spec: it %s", why);
	if (b->n > RECORD_BYTES - 1)
		bad_input("unable to make a record of the spec: it is over 1 MiB");
	emit_out();
	err_place(NULL, 0);
}

static void start(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC | O_NOCTTY);

		if (fd < 0)
			sys_fail(errno, "unable to open %s", argv[i]);
		read_spec(fd, argv[i]);
		close(fd);
		filter_flush();
	}
	yamldoc_free(&doc);
}

static const struct filter self = {
	.name = "cp-spec-read",
	.summary = "read manifests of specs as records",
	.args = "FILE...",
	.reads = "",
	.writes = "spec",
	.role = ROLE_SOURCE,
	.operands_min = 1,
	.operands_max = 1 << 20,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
