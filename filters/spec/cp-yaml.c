/* cp-yaml: a YAML document as one record, strictly. */
#include "data/jsonw.h"
#include "data/relpath.h"
#include "document/yaml.h"
#include "filter/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool positions;
static struct yamldoc doc;
static struct buf pointer;

static ssize_t read_some(void *ctx, void *p, size_t n)
{
	return read(*(int *)ctx, p, n);
}

/* Appends `/` and the name as RFC 6901 writes it. */
static void step_into(struct span name)
{
	buf_char(&pointer, '/');
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '~' || name.p[i] == '/')
			buf_str(&pointer, name.p[i] == '~' ? "~0" : "~1");
		else
			buf_char(&pointer, name.p[i]);
	}
}

/* Adds node `at`, whose place is where node `named` stands (a member's is its key), and what is in it. */
static void add_positions(struct buf *b, uint32_t at, uint32_t named)
{
	const struct json *j = &doc.json;
	struct buf scratch = {0};
	size_t here = pointer.n;
	uint32_t i = 0;

	json_quote(b, buf_span(&pointer));
	buf_printf(b, ":[%u,%u],", doc.place[named].line, doc.place[named].column);
	if (j->node[at].type == JSON_OBJECT) {
		for (uint32_t k = json_first(j, at); k != j->node[at].end; k = json_next_member(j, k)) {
			step_into(json_string(j, k, &scratch));
			add_positions(b, k + 1, k);
			pointer.n = here;
		}
	} else if (j->node[at].type == JSON_ARRAY) {
		for (uint32_t c = json_first(j, at); c != j->node[at].end; c = json_next(j, c)) {
			buf_printf(&pointer, "/%u", i++);
			add_positions(b, c, c);
			pointer.n = here;
		}
	}
	buf_free(&scratch);
}

static void emit_document(const char *source)
{
	struct buf *b = out_record("document");

	if (source)
		jsonw_bytes(b, relpath_bad(span_of(source)) ? "source" : "path", span_of(source));
	jsonw_cstr(b, "format", "yaml");
	buf_str(b, ",\"document\":");
	buf_span_add(b, buf_span(&doc.text));
	if (positions) {
		buf_str(b, ",\"positions\":{");
		buf_reset(&pointer);
		add_positions(b, 0, 0);
		b->p[b->n - 1] = '}';
	}
	if (b->n > RECORD_BYTES - 1)
		bad_input("unable to make a record of the document: it is over 1 MiB");
	emit_out();
}

/* `source` NULL: standard input. */
static void read_file(int fd, const char *source)
{
	const char *name = source ? source : "stdin";

	if (!yamldoc_read(&doc, &(struct yaml_source){.read = read_some, .ctx = &fd, .limit = RECORD_BYTES})) {
		if (doc.error_errno)
			sys_fail(doc.error_errno, "unable to read %s", source ? source : "standard input");
		err_place(name, doc.error_at.line);
		bad_input("unable to read the document: %s at column %u", doc.error, doc.error_at.column);
	}
	err_place(name, 0);
	emit_document(source);
	err_place(NULL, 0);
}

static void start(int argc, char **argv)
{
	if (!argc)
		read_file(0, NULL);
	for (int i = 0; i < argc; i++) {
		int fd;

		if (strcmp(argv[i], "-") == 0) {
			read_file(0, NULL);
			continue;
		}
		fd = open(argv[i], O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			sys_fail(errno, "unable to open %s", argv[i]);
		read_file(fd, argv[i]);
		close(fd);
		filter_flush();
	}
	yamldoc_free(&doc);
	buf_free(&pointer);
}

static const struct opt opts[] = {
	{.name = "positions",
	 .summary = "tell the line and column of every value",
	 .kind = OPT_FLAG,
	 .target = &positions},
	{0},
};

static const struct filter self = {
	.name = "cp-yaml",
	.summary = "read YAML strictly, one record a document",
	.args = "[FILE...]",
	.reads = "",
	.writes = "document",
	.opts = opts,
	.role = ROLE_SOURCE,
	.operands_max = 1 << 20,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
