/* cp-resolve: packages in the order in which they can be installed. */
#include "catalog/field.h"
#include "catalog/list.h"
#include "catalog/resolve.h"
#include "filter/effect.h"
#include "filter/gate.h"
#include "os/out.h"
#include "seal/digest.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* A package, and what follows it up to the next one. */
struct group {
	size_t from, to; /* bytes of the lines that came in */
	size_t source;	 /* in `sources` */
	uint64_t line;
};

static struct opt_list wanted;
static struct resolve *packages;
static struct group *group; /* group[i + 1] is of node i; group[0] what came before the first */
static size_t groups, cap;
static struct buf sources;
static struct out lines; /* all of them, in a file without a name */
static size_t bytes;
static struct digest *subject;
static struct buf scratch[4];

static void fault_at(const struct group *g, enum code code, const char *detail)
{
	const struct finding_place place = {sources.p + g->source, g->line, -1};

	finding_at(code, code_severity(code), &place, "%s", detail);
}

static void fault(void *ctx, enum code code, uint32_t node, const char *detail)
{
	(void)ctx;
	if (node == UINT32_MAX)
		finding(code, (struct span){0}, "%s", detail);
	else
		fault_at(&group[node + 1], code, detail);
}

static void add_group(const struct record *r)
{
	struct span source = SPAN("stdin");
	int64_t line = (int64_t)r->number;

	if (groups == cap) {
		cap = cap ? 2 * cap : 64;
		group = xreallocarray(group, cap, sizeof *group);
	}
	if (record_str(r, "source", &source, &scratch[0]) && !record_int(r, "line", 1, INT64_MAX, &line))
		line = 0;
	/* Rows come in runs from one file. */
	size_t last = groups ? group[groups - 1].source : 0;
	if (sources.n == 0 || !span_is(source, sources.p + last)) {
		last = sources.n;
		buf_span_add(&sources, source);
		buf_char(&sources, '\0');
	}
	group[groups++] = (struct group){bytes, bytes, last, (uint64_t)line};
}

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	subject = digest_new();
	digest_start(subject);
	out_open(&lines, temporary_file());
	packages = resolve_new(fault, NULL);
	for (unsigned i = 0; i < wanted.n; i++)
		resolve_want(packages, span_of(wanted.item[i]));
	groups = 1;
	cap = 64;
	group = xcalloc(cap, sizeof *group);
	buf_add(&sources, "stdin", 6);
}

static void bad_field(struct span id, const char *what, struct span text, const char *why)
{
	struct buf b = {0};

	field_quote(&b, id);
	buf_printf(&b, ": %s ", what);
	field_quote(&b, text);
	buf_printf(&b, "%s%s", text.n ? " " : "", why);
	fault_at(&group[groups - 1], CODE_FIELD, buf_cstr(&b));
	buf_free(&b);
}

static void add_node(struct span id, struct span version)
{
	static const struct catalogue_column id_column = {"id", RULE_ID, MUST, CORE};
	static const struct catalogue_column version_column = {"version", RULE_VERSION, MUST, CORE};
	const char *why = field_bad(&id_column, id);

	if (why)
		bad_field(id, "id", id, why);
	why = field_bad(&version_column, version);
	if (why)
		bad_field(id, "version", version, why);
	resolve_add(packages, id, version);
	gate_checked(1);
}

static void add_list(struct span id, enum resolve_kind kind, struct span list)
{
	const char *why = list_bad(list, false);

	if (why)
		bad_field(id, "the list", list, why);
	else
		resolve_links(packages, kind, list);
}

/* --- rows of a registry --- */

static struct span text_of(const struct json *j, uint32_t object, const char *key, struct buf *decoded)
{
	uint32_t at = json_get(j, object, key);

	return at && j->node[at].type == JSON_STRING ? json_string(j, at, decoded) : (struct span){"", 0};
}

/* Only of a registry whose rows need one another. */
static void add_row(const struct record *r)
{
	const struct json *j = &r->json;
	uint32_t fields = record_get(r, "fields");
	bool plane = json_get(j, fields, "artifact_path") && json_get(j, fields, "purpose");

	if (!fields || !json_get(j, fields, "id") || !json_get(j, fields, "version") ||
	    (!plane && !json_get(j, fields, "deps")))
		return;
	struct span id = text_of(j, fields, "id", &scratch[1]);
	add_group(r);
	add_node(id, text_of(j, fields, "version", &scratch[2]));
	add_list(id, RESOLVE_DEPENDS, text_of(j, fields, plane ? "dependencies" : "deps", &scratch[3]));
	if (!plane)
		add_list(id, RESOLVE_CONFLICTS, text_of(j, fields, "conflicts", &scratch[3]));
}

/* --- packages --- */

static void bad_piece(void *ctx, const char *what, struct span text, const char *why)
{
	bad_field(*(const struct span *)ctx, what, text, why);
}

static void add_each(struct span id, enum resolve_kind kind, const struct json *j, uint32_t array)
{
	if (!resolve_array(packages, kind, j, array, bad_piece, &id))
		bad_input("unable to resolve the package: its dependencies or conflicts are no array of packages");
}

static void add_package(const struct record *r)
{
	const struct json *j = &r->json;
	uint32_t top = record_get(r, "manifest");

	if (!top || j->node[top].type != JSON_OBJECT)
		top = 0;
	struct span id = text_of(j, top, "package_id", &scratch[1]);
	add_group(r);
	add_node(id, text_of(j, top, "version", &scratch[2]));
	add_each(id, RESOLVE_DEPENDS, j, json_get(j, top, "dependencies"));
	add_each(id, RESOLVE_CONFLICTS, j, json_get(j, top, "conflicts"));
}

static void step(struct record *r)
{
	if (record_is(r, "package"))
		add_package(r);
	else if (record_is(r, "row"))
		add_row(r);
	digest_add(subject, r->line.p, r->line.n);
	digest_add(subject, "\n", 1);
	out_add(&lines, r->line.p, r->line.n);
	out_add(&lines, "\n", 1);
	bytes += r->line.n + 1;
	group[groups - 1].to = bytes;
}

static void emit_group(const char *text, const struct group *g)
{
	for (const char *p = text + g->from, *end = text + g->to; p < end;) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));

		emit_line((struct span){p, (size_t)(lf - p)});
		p = lf + 1;
	}
}

static void emit_ordered(const uint32_t *order, uint32_t n)
{
	char *text;

	if (bytes == 0)
		return;
	if (out_flush(&lines) != 0)
		sys_fail(errno, "unable to write a temporary file");
	text = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, lines.fd, 0);
	if (text == MAP_FAILED)
		sys_fail(errno, "unable to read a temporary file back");
	emit_group(text, &group[0]);
	for (uint32_t i = 0; i < n; i++)
		emit_group(text, &group[order[i] + 1]);
	munmap(text, bytes);
}

static void finish(bool complete)
{
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];
	const uint32_t *order;
	uint32_t n;

	if (!complete)
		return;
	order = resolve_run(packages, &n);
	if (!filter_findings())
		emit_ordered(order, n);
	digest_end(subject, sum);
	digest_text(sum, text);
	gate_verdict("RESOLVE", (struct span){text, sizeof text}, (struct span){0});
	resolve_free(packages);
	digest_free(subject);
	free(group);
	buf_free(&sources);
	close(lines.fd);
	buf_free(&lines.b);
	for (size_t i = 0; i < sizeof scratch / sizeof *scratch; i++)
		buf_free(&scratch[i]);
}

static const struct opt opts[] = {
	{.name = "want",
	 .value = "PKG-ID",
	 .summary = "only this one and what it needs",
	 .kind = OPT_LIST,
	 .target = &wanted},
	{0},
};

static const struct filter self = {
	.name = "cp-resolve",
	.summary = "order packages so that each follows what it needs",
	.args = "",
	.reads = "package row",
	.writes = "* finding verdict",
	.opts = opts,
	.role = ROLE_JUDGE,
	.flags = FILTER_GATE,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
