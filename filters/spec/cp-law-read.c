/* cp-law-read: framework LAW documents as records. */
#include "filter/filter.h"
#include "law/law.h"
#include "os/in.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static struct markdown doc;
static struct buf text;

static void read_law(const char *file)
{
	struct buf *b;

	buf_reset(&text);
	if (slurp(file, MARKDOWN_BYTES, &text) < 0) {
		if (errno != EFBIG)
			sys_fail(errno, "unable to read %s", file);
		err_place(file, 0);
		bad_input("unable to read the law document: more than 256 KiB");
	}
	if (!markdown_read(&doc, buf_span(&text))) {
		err_place(file, doc.error_line);
		bad_input("unable to read the law document: %s", doc.error);
	}
	err_place(file, 0);
	b = out_record("framework");
	law_members(b, &doc, span_of(file));
	if (b->n > RECORD_BYTES - 1)
		bad_input("unable to make a record of the law document: it is over 1 MiB");
	emit_out();
	err_place(NULL, 0);
}

static void start(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		read_law(argv[i]);
		filter_flush();
	}
	markdown_free(&doc);
	buf_free(&text);
}

static const struct filter self = {
	.name = "cp-law-read",
	.summary = "read law documents as records",
	.args = "FILE...",
	.reads = "",
	.writes = "framework",
	.role = ROLE_SOURCE,
	.operands_min = 1,
	.operands_max = 1 << 20,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
