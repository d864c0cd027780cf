/* cp-enforce: lets a stream through when the gates that it must have passed did pass. */
#include "base/text.h"
#include "charter/plane.h"
#include "filter/filter.h"
#include "os/in.h"
#include "os/out.h"
#include "os/save.h"
#include "gate/judged.h"
#include "law/law.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { GATES_MAX = 64, GATE_ID_BYTES = 64 };

/* A gate that must have passed, and what the stream says of it. */
struct required {
	struct span gate;
	unsigned verdicts;
	bool pass;
	char subject[DIGEST_TEXT];
};

static struct opt_list require_list, framework_list;
static bool law_read;
static struct required required[GATES_MAX];
static unsigned gates;
static struct judged *subject;
static struct out spool;
static struct buf scratch;
static bool denied; /* an error is on the stream, whatever its end says */

static bool is_gate(struct span id)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

	for (size_t i = 0; i < id.n; i++)
		if (!memchr(good, id.p[i], sizeof good - 1))
			return false;
	return id.n && id.n <= GATE_ID_BYTES;
}

static void require(struct span id)
{
	if (!is_gate(id))
		bad_usage("unable to require %.*s: it is no id of a gate", (int)id.n, id.p);
	for (unsigned i = 0; i < gates; i++)
		if (span_eq(required[i].gate, id))
			bad_usage("unable to require %.*s twice", (int)id.n, id.p);
	if (gates == GATES_MAX)
		bad_usage("unable to require more than %d gates", GATES_MAX);
	required[gates++].gate = id;
}

/* --- the gates that frameworks require --- */

/* The gates of a framework cannot be known: nothing goes through. */
static void deny(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void deny(const char *fmt, ...)
{
	struct buf why = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&why, fmt, ap);
	va_end(ap);
	finding(CODE_GATE, (struct span){0}, "%s", buf_cstr(&why));
	denied = true;
	buf_free(&why);
}

static void require_item(const struct law_doc *d, uint32_t e)
{
	struct span id = law_member(&d->r.json, e, "gate", &scratch);

	if (!law_gate_ok(id) || gates == GATES_MAX) {
		deny("%.*s requires %.*s, which is no gate", (int)d->id.n, d->id.p, (int)id.n, id.p);
		return;
	}
	for (unsigned i = 0; i < gates; i++)
		if (span_eq(required[i].gate, id))
			return;
	required[gates++].gate = (struct span){xstrndup(id.p, id.n), id.n};
}

static void require_framework(struct lawbook *book, const char *id)
{
	const struct law_doc *d = lawbook_find(book, LAW_FRAMEWORK, span_of(id));
	uint32_t list = d ? json_get(&d->r.json, 0, "required_gates") : 0;

	if (!d) {
		deny("there is no framework %s that would require gates", id);
		return;
	}
	if (!list || !d->r.json.node[list].count)
		deny("the framework %s requires no gate", id);
	for (uint32_t e = list ? json_first(&d->r.json, list) : 0; list && e != d->r.json.node[list].end;
	     e = json_next(&d->r.json, e))
		require_item(d, e);
}

/* Once, when the plane's root is known. */
static void read_law(void)
{
	struct lawbook book = {0};

	if (law_read || !framework_list.n)
		return;
	law_read = true;
	charter_read(&book, filter_root(), CHARTER_FRAMEWORKS);
	for (unsigned i = 0; i < framework_list.n; i++)
		require_framework(&book, framework_list.item[i]);
	lawbook_free(&book);
}

static void start(int argc, char **argv)
{
	int fd = temp_open();

	(void)argc;
	(void)argv;
	if (!require_list.n && !framework_list.n)
		bad_usage("unable to enforce nothing: name gates by --require or --framework");
	for (unsigned i = 0; i < framework_list.n; i++)
		if (!ident_is(IDENT_FRAMEWORK, span_of(framework_list.item[i])))
			bad_usage("unable to use --framework %s: it is no id of a framework", framework_list.item[i]);
	for (unsigned i = 0; i < require_list.n; i++)
		for (const char *at = require_list.item[i];;) {
			size_t n = strcspn(at, ",");

			require((struct span){at, n});
			if (!at[n])
				break;
			at += n + 1;
		}
	if (fd < 0)
		sys_fail(errno, "unable to make a temporary file");
	out_open(&spool, fd);
	subject = judged_new();
}

static void note_verdict(const struct record *r)
{
	struct span id, hash;

	if (!record_str(r, "gate", &id, &scratch))
		bad_input("unable to trust a verdict: it names no gate");
	for (unsigned i = 0; i < gates; i++) {
		if (!span_eq(required[i].gate, id))
			continue;
		required[i].verdicts++;
		required[i].pass = record_true(r, "pass");
		memset(required[i].subject, 0, DIGEST_TEXT);
		if (record_str(r, "subject", &hash, &scratch) && record_hash_ok(hash))
			memcpy(required[i].subject, hash.p, DIGEST_TEXT);
	}
}

static void note_finding(const struct record *r)
{
	enum severity severity;
	struct span text;

	if (!record_str(r, "severity", &text, &scratch) || !severity_of(text, &severity) || severity == SEVERITY_ERROR)
		denied = true;
}

static void step(struct record *r)
{
	read_law();
	judged_add(subject, r);
	if (record_is(r, "verdict"))
		note_verdict(r);
	if (record_is(r, "finding"))
		note_finding(r);
	out_add(&spool, r->line.p, r->line.n);
	out_add(&spool, "\n", 1);
}

/* NULL, or why the gate has not passed. */
static const char *missed(const struct required *q, const char hash[DIGEST_TEXT])
{
	if (q->verdicts == 0)
		return "has not judged this stream";
	if (q->verdicts > 1)
		return "has more than one verdict";
	if (!q->pass)
		return "has not passed";
	return memcmp(q->subject, hash, DIGEST_TEXT) == 0 ? NULL : "has passed something else";
}

static bool is_finding(struct span line)
{
	static struct record r;

	return !record_parse(&r, line) && record_is(&r, "finding");
}

/* All of it, or what was found. */
static void hand_on(bool all)
{
	enum in_result got;
	struct in in;
	struct span line;

	if (out_flush(&spool) < 0 || lseek(spool.fd, 0, SEEK_SET) < 0)
		sys_fail(errno, "unable to keep the stream in a temporary file");
	in_open(&in, spool.fd, RECORD_BYTES);
	while ((got = in_line(&in, &line)) == IN_LINE)
		if (all || is_finding(line))
			emit_line(line);
	if (got != IN_END)
		sys_fail(errno, "unable to read the temporary file back");
	in_close(&in);
}

static void finish(bool complete)
{
	bool all;
	char hash[DIGEST_TEXT];

	if (!complete)
		return;
	read_law();
	all = !denied && filter_input_status() == STATUS_YES;
	if (filter_input_by_hand() && !filter_accepts_open())
		bad_input("unable to trust the stream: it was closed by hand (--open accepts it)");
	judged_end(subject, hash);
	for (const struct required *q = required; q < required + gates; q++)
		all = all && !missed(q, hash);
	hand_on(all);
	if (denied)
		filter_raise(STATUS_NO);
	for (const struct required *q = required; q < required + gates; q++)
		if (missed(q, hash))
			finding(CODE_GATE, (struct span){0}, "%.*s %s", (int)q->gate.n, q->gate.p, missed(q, hash));
	judged_free(subject);
	close(spool.fd);
	buf_free(&scratch);
}

static const struct opt opts[] = {
	{.name = "require",
	 .value = "GATE,...",
	 .summary = "gates that must have passed; may be given again",
	 .kind = OPT_LIST,
	 .target = &require_list},
	{.name = "framework",
	 .value = "ID",
	 .summary = "what this framework of the plane requires; may be given again",
	 .kind = OPT_LIST,
	 .target = &framework_list},
	{0},
};

static const struct filter self = {
	.name = "cp-enforce",
	.summary = "let a stream through when its gates have passed",
	.args = "",
	.reads = "* verdict",
	.writes = "* finding",
	.opts = opts,
	.role = ROLE_JUDGE,
	.flags = FILTER_ROOT,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
