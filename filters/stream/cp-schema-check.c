/* cp-schema-check: does each record, or each JSON document, keep its schema? */
#include "base/text.h"
#include "data/relpath.h"
#include "filter/gate.h"
#include "filter/share.h"
#include "os/in.h"
#include "seal/digest.h"
#include "store/kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { DOCUMENT_BYTES = 1 << 30, SHOWN = 20, BRIEF = 240 };

static const char *schema_file, *schema_dir, *as_kind, *unknown;
static struct opt_list preloads;
static bool known;
static struct kinds *kinds;
static struct digest *subject;
static const struct schema *the_one; /* of --schema or --as */
static uint64_t unjudged;

/* What is being judged, while its faults are reported. */
struct judged {
	struct span path;
	struct buf place; /* "line 7: ", "FILE: ", or nothing where the path says it */
	unsigned faults;
};

/* At most BRIEF bytes, whole characters. */
static int brief(struct span s)
{
	size_t n = s.n < BRIEF ? s.n : BRIEF;

	while (n && n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return (int)n;
}

static void fault(void *ctx, struct span instance, struct span keyword, const char *reason)
{
	struct judged *j = ctx;

	if (j->faults++ >= SHOWN)
		return;
	finding(CODE_SCHEMA, j->path, "%s%.*s%s%.*s (%.*s)", j->place.n ? buf_cstr(&j->place) : "", brief(instance),
		instance.n ? instance.p : "", instance.n ? ": " : "", brief(span_of(reason)), reason, brief(keyword),
		keyword.p);
}

static void judge(const struct schema *s, const struct json *json, struct judged *j)
{
	gate_checked(1);
	schema_apply(s, json, 0, fault, j);
	if (j->faults > SHOWN)
		finding(CODE_SCHEMA, j->path, "%sand %u faults more", j->place.n ? buf_cstr(&j->place) : "",
			j->faults - SHOWN);
	buf_free(&j->place);
}

/* --- schemas --- */

static const struct schema *schema_of(struct span kind)
{
	return the_one ? the_one : kinds_get(kinds, kind);
}

static const struct schema *load(const char *file)
{
	return kinds_load(kinds, open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY), file);
}

static int open_schemas(void)
{
	int dir = schema_dir ? open(schema_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : share_schemas();

	if (dir < 0)
		sys_fail(errno, "unable to open the schemas %s", schema_dir);
	return dir;
}

/* --- records and documents --- */

static void step(struct record *r)
{
	const struct schema *s = schema_of(r->kind);
	struct judged j = {0};
	struct span gate;
	struct buf scratch = {0};
	const char *why;

	if (record_is(r, "verdict") && record_str(r, "gate", &gate, &scratch) && span_is(gate, "SCHEMA"))
		bad_input("unable to trust the stream: it brings a verdict of this gate");
	digest_add(subject, r->line.p, r->line.n);
	digest_add(subject, "\n", 1);
	emit(r);
	if (record_path(r, &j.path, &why) <= 0) {
		j.path = (struct span){0};
		buf_printf(&j.place, "line %lu: ", r->number);
	}
	if (s)
		judge(s, &r->json, &j);
	else
		unjudged++;
	if (!s && known)
		finding(CODE_SCHEMA, j.path, "%sno schema for the kind %.*s", j.place.n ? buf_cstr(&j.place) : "",
			brief(r->kind), r->kind.p);
	buf_free(&j.place);
	buf_free(&scratch);
}

static void document(const char *name, const struct schema *s)
{
	struct buf text = {0};
	struct json json = {0};
	struct judged j = {0};

	err_place(name, 0);
	if (slurp(name, DOCUMENT_BYTES, &text) < 0)
		sys_fail(errno, "unable to read %s", name);
	if (!json_parse(&json, text.p ? text.p : "", text.n, JSON_DOCUMENT))
		bad_input("unable to read the document: %s at byte %zu", json.error, json.error_offset);
	err_place(NULL, 0);
	digest_add(subject, text.p, text.n);
	if (!relpath_bad(span_of(name)))
		j.path = span_of(name);
	else
		buf_printf(&j.place, "%s: ", name);
	judge(s, &json, &j);
	json_free(&json);
	buf_free(&text);
}

static void finish(bool complete)
{
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];
	struct buf extra = {0};

	if (complete) {
		digest_end(subject, sum);
		digest_text(sum, text);
		buf_printf(&extra, "\"unjudged\":%llu", (unsigned long long)unjudged);
		gate_verdict("SCHEMA", (struct span){text, sizeof text}, buf_span(&extra));
	}
	buf_free(&extra);
	digest_free(subject);
	kinds_free(kinds);
}

static void start(int argc, char **argv);

static const struct opt opts[] = {
	{"schema", "FILE", "one schema for every record or document", OPT_STR, &schema_file, 0, 0, 0, false},
	{"as", "KIND", "the schema of this kind for every record or document", OPT_STR, &as_kind, 0, 0, 0, false},
	{"schemas", "DIR", "where the schemas of the kinds are", OPT_STR, &schema_dir, 0, 0, 0, false},
	{"preload", "FILE", "a schema that others may refer to", OPT_LIST, &preloads, 0, 0, 0, false},
	{"unknown", "refuse|annotate", "what an unknown keyword in a schema is", OPT_CHOICE, &unknown, 0, 0, 0, false},
	{"known", NULL, "a record whose kind has no schema is a finding", OPT_FLAG, &known, 0, 0, 0, false},
	{0},
};

/* With documents to judge it is a source. */
static struct filter self = {
	.name = "cp-schema-check",
	.summary = "judge records or documents by their JSON Schema",
	.args = "[DOCUMENT...]",
	.reads = "*",
	.writes = "* finding verdict",
	.opts = opts,
	.role = ROLE_JUDGE,
	.flags = FILTER_GATE,
	.operands_max = -1U,
	.start = start,
	.step = step,
	.finish = finish,
};

static void start(int argc, char **argv)
{
	if (schema_file && as_kind)
		bad_usage("unable to use both --schema and --as");
	if (argc && !schema_file && !as_kind)
		bad_usage("unable to tell a document's schema: name it by --schema or --as");
	kinds = kinds_new(schema_file ? -1 : open_schemas(),
			  unknown && strcmp(unknown, "annotate") == 0 ? SCHEMA_ANNOTATE : SCHEMA_REFUSE);
	subject = digest_new();
	digest_start(subject);
	for (unsigned i = 0; i < preloads.n; i++)
		load(preloads.item[i]);
	if (schema_file)
		the_one = load(schema_file);
	else if (as_kind && !(the_one = kinds_get(kinds, span_of(as_kind))))
		bad_usage("unable to find a schema for the kind %s", as_kind);
	kinds_link(kinds);
	if (argc)
		self.role = ROLE_SOURCE;
	for (int i = 0; i < argc; i++)
		document(argv[i], the_one);
}

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
