/* cp-enforce: lets a stream through when the gates that it must have passed did pass. */
#include "base/text.h"
#include "filter/filter.h"
#include "os/in.h"
#include "os/out.h"
#include "os/save.h"
#include "gate/judged.h"

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

static struct opt_list require_list;
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

static void start(int argc, char **argv)
{
	int fd = temp_open();

	(void)argc;
	(void)argv;
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
	bool all = !denied && filter_input_status() == STATUS_YES;
	char hash[DIGEST_TEXT];

	if (!complete)
		return;
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
	 .target = &require_list,
	 .required = true},
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
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
