/* cp-registry-check: are the rows of catalogues what they must be? */
#include "catalog/rows.h"
#include "data/csv.h"
#include "data/jsonw.h"
#include "filter/gate.h"

static struct rows *rows;
static struct digest *subject;
static struct buf scratch[2 * CSV_COLUMNS + 2];

static void fault(void *ctx, enum code code, enum severity severity, const struct finding_place *place,
		  const char *detail)
{
	(void)ctx;
	finding_at(code, severity, place, "%s", detail);
}

static void start(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	subject = digest_new();
	digest_start(subject);
	rows = rows_new(fault, NULL);
}

/* Of a row's fields: text as it is, numbers and booleans as they are written. */
static struct span value(const struct json *j, uint32_t at, struct buf *decoded)
{
	enum json_type type = (enum json_type)j->node[at].type;

	if (type == JSON_STRING)
		return json_string(j, at, decoded);
	if (type != JSON_NUMBER && type != JSON_TRUE && type != JSON_FALSE)
		bad_input("unable to judge the row: a field that is neither text, number nor boolean");
	return json_text(j, at);
}

static void judge(const struct record *r)
{
	struct span name[CSV_COLUMNS], field[CSV_COLUMNS], registry;
	const struct json *j = &r->json;
	uint32_t fields = record_get(r, "fields");
	struct row row = {.name = name, .field = field};
	int64_t line;

	if (!fields || j->node[fields].type != JSON_OBJECT)
		bad_input("unable to judge the row: it has no fields");
	for (uint32_t k = json_first(j, fields); k != j->node[fields].end; k = json_next_member(j, k)) {
		if (row.n == CSV_COLUMNS)
			bad_input("unable to judge the row: more than %d columns", CSV_COLUMNS);
		name[row.n] = json_string(j, k, &scratch[2 * row.n]);
		field[row.n] = value(j, k + 1, &scratch[2 * row.n + 1]);
		row.n++;
	}
	if (record_str(r, "registry", &registry, &scratch[2 * CSV_COLUMNS]))
		row.catalogue = catalogue_named(registry);
	else
		row.catalogue = catalogue_of(name, row.n);
	if (!record_str(r, "source", &row.source, &scratch[2 * CSV_COLUMNS + 1]))
		row.source = (struct span){0};
	row.line = record_int(r, "line", 1, INT64_MAX, &line) ? (uint64_t)line : 0;
	rows_add(rows, &row);
	gate_checked(1);
}

static void step(struct record *r)
{
	digest_add(subject, r->line.p, r->line.n);
	digest_add(subject, "\n", 1);
	emit(r);
	if (record_is(r, "row"))
		judge(r);
}

static void finish(bool complete)
{
	struct buf extra = {0}, met = {0};
	unsigned char sum[DIGEST_LEN];
	char text[DIGEST_TEXT];

	if (complete) {
		rows_finish(rows);
		rows_met(rows, &met);
		jsonw_str(&extra, "registries", buf_span(&met));
		digest_end(subject, sum);
		digest_text(sum, text);
		gate_verdict("REGISTRY", (struct span){text, sizeof text}, buf_span(&extra));
	}
	rows_free(rows);
	digest_free(subject);
	buf_free(&extra);
	buf_free(&met);
	for (size_t i = 0; i < sizeof scratch / sizeof *scratch; i++)
		buf_free(&scratch[i]);
}

static const struct filter self = {
	.name = "cp-registry-check",
	.summary = "check that the rows of registries are what they must be",
	.args = "",
	.reads = "row",
	.writes = "* finding verdict",
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
