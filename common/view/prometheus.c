/* Metrics in Prometheus' text format, for the textfile collector of node_exporter. Labels are gates and finding
 * codes, as long as they look like such and are not too many: no file name ever becomes a label. A cut stream has
 * cp_complete 0 and no gate that passed. */
#include "view/cell.h"

#include <stdlib.h>

enum { SERIES = 64, LABEL = 40 };

/* What is counted under one label; the last place of a table is kept for OTHER. */
struct series {
	char label[LABEL + 1];
	uint64_t count[SEVERITY_ERROR + 1];
	uint64_t checked;
	bool pass;
};

struct prometheus {
	const struct view_ask *ask;
	struct series code[SERIES], gate[SERIES];
	size_t codes, gates;
};

static void *prometheus_open(const struct view_ask *ask, struct buf *out)
{
	struct prometheus *p = xcalloc(1, sizeof *p);

	(void)out;
	p->ask = ask;
	return p;
}

static bool is_label(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
			return false;
	}
	return s.n > 0 && s.n <= LABEL;
}

static struct series *look(struct series *table, size_t n, struct span label)
{
	for (size_t i = 0; i < n; i++)
		if (span_is(label, table[i].label))
			return &table[i];
	return NULL;
}

static struct series *find(struct series *table, size_t *n, struct span label)
{
	struct series *s = look(table, *n, label);

	if (s)
		return s;
	if (!is_label(label) || *n >= SERIES - 1) {
		label = SPAN("OTHER");
		if ((s = look(table, *n, label)))
			return s;
	}
	s = &table[(*n)++];
	memcpy(s->label, label.p, label.n);
	s->pass = true;
	return s;
}

static void prometheus_record(void *state, struct record *r, struct buf *out)
{
	struct prometheus *p = state;
	struct finding_cells f = {0};
	struct verdict_cells v = {0};

	(void)out;
	if (record_is(r, "finding")) {
		finding_cells_read(&f, r);
		find(p->code, &p->codes, f.code)->count[f.severity]++;
	} else if (record_is(r, "verdict")) {
		verdict_cells_read(&v, r);
		struct series *s = find(p->gate, &p->gates, v.gate);
		s->checked += (uint64_t)v.checked;
		s->pass = s->pass && v.pass;
	}
	finding_cells_free(&f);
	verdict_cells_free(&v);
}

static void family(struct buf *out, const char *name, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void single(struct buf *out, const char *name, const char *help, int64_t value)
{
	family(out, name, help);
	buf_printf(out, "%s %lld\n", name, (long long)value);
}

static void put_findings(const struct prometheus *p, struct buf *out)
{
	family(out, "cp_findings", "Findings in the stream.");
	for (size_t i = 0; i < p->codes; i++)
		for (int s = SEVERITY_NOTE; s <= SEVERITY_ERROR; s++)
			if (p->code[i].count[s])
				buf_printf(out, "cp_findings{code=\"%s\",severity=\"%s\"} %llu\n", p->code[i].label,
					   severity_name((enum severity)s), (unsigned long long)p->code[i].count[s]);
}

static void put_gates(const struct prometheus *p, struct buf *out, bool complete)
{
	family(out, "cp_checked", "Things the gate judged.");
	for (size_t i = 0; i < p->gates; i++)
		buf_printf(out, "cp_checked{gate=\"%s\"} %llu\n", p->gate[i].label,
			   (unsigned long long)p->gate[i].checked);
	family(out, "cp_pass", "Whether the gate passed.");
	for (size_t i = 0; i < p->gates; i++)
		buf_printf(out, "cp_pass{gate=\"%s\"} %d\n", p->gate[i].label, complete && p->gate[i].pass);
}

static void prometheus_close(void *state, const struct view_end *end, struct buf *out)
{
	struct prometheus *p = state;

	if (p->codes)
		put_findings(p, out);
	if (p->gates)
		put_gates(p, out, end->complete);
	single(out, "cp_records", "Records in the stream.", (int64_t)end->tally->records);
	single(out, "cp_complete", "Whether the stream came to its end.", end->complete);
	single(out, "cp_status", "Its status: 0 yes, 1 no, 3 not trustworthy, 4 the system failed.", end->status);
	if (p->ask->timed)
		single(out, "cp_time_seconds", "When this was reported.", p->ask->at);
	if (p->ask->timed && end->complete)
		single(out, "cp_last_complete_time_seconds", "When a stream last came to its end.", p->ask->at);
	free(p);
}

const struct view view_prometheus = {"prometheus", false, prometheus_open, prometheus_record, prometheus_close};
