#include "data/jsonw.h"
#include "filter/child.h"
#include "filter/effect.h"
#include "filter/filter.h"
#include "filter/gate.h"
#include "filter/stream.h"
#include "gate/judged.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

enum { BACKLOG = 64 << 10, GATE_NAME_MAX = 64, LOOK_AGAIN_MS = 2 };

static const char *gate; /* --gate, or NULL */
static struct stream in;
static enum stream_result input = STREAM_RECORD; /* what stream_next said last: reading goes on while it is a record */
static struct child child;
static struct spool *verdicts;
static struct judged *subject;
static bool past_head;

static const struct opt options[] = {
	{.name = "gate", .value = "ID", .kind = OPT_STR, .target = &gate,
	 .summary = "the command judges: its findings become the verdict of this gate"},
	{0},
};

/* Gates of the suite: no foreign program speaks for them. */
static const char *const reserved[] = {
	"G0A", "G0B", "G0K", "G0-PACKAGE", "G0-SPEC", "G1", "G2", "G3", "G4", "G5", "G6", "G-INTEGRITY", "G-FIREWALL",
	"G-EVIDENCE", "G-FEEDBACK-COMPLETE", "G-FEEDBACK-TRACE", "OWN-DIFF", "VERIFY", "SCHEMA",
};

static bool is_name(struct span s, const char *more)
{
	if (!s.n || s.n > GATE_NAME_MAX || s.p[0] < 'A' || s.p[0] > 'Z')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", s.p[i]))
			if (!s.p[i] || !strchr(more, s.p[i]))
				return false;
	return true;
}

static void check_gate(void)
{
	if (!is_name(span_of(gate), "-"))
		bad_usage("unable to use --gate %s: capitals, digits and - are wanted", gate);
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (strcmp(gate, reserved[i]) == 0)
			bad_usage("unable to use --gate %s: that gate is built in", gate);
}

/* As a filter: the frame of the stream (the plane it begins with, verdicts, the end) goes around the command. */
static void take_mapped(struct record *r)
{
	if (record_is(r, "verdict")) {
		spool_add(verdicts, r->line);
		return;
	}
	if (!past_head && record_is(r, "plane")) {
		emit(r);
		return;
	}
	past_head = true;
	child_feed(&child, r->line);
}

/* As a gate: everything goes around the command, which sees what is to be judged and not what others found. */
static void take_judged(struct record *r)
{
	struct span id;
	struct buf scratch = {0};

	if (record_is(r, "verdict") && record_str(r, "gate", &id, &scratch) && span_is(id, gate))
		bad_input("unable to trust the stream: it has a verdict of %s already", gate);
	buf_free(&scratch);
	emit(r);
	if (!judged_add(subject, r))
		return;
	if (!record_is(r, "plane"))
		gate_checked(1);
	child_feed(&child, r->line);
}

static void next_input(void)
{
	input = stream_next(&in);
	if (input != STREAM_RECORD)
		return;
	err_place("stdin", in.record.number);
	if (gate)
		take_judged(&in.record);
	else
		take_mapped(&in.record);
}

/* What every finding says, where this one does not. */
static void complete_finding(struct record *r)
{
	static struct record made;
	static struct buf line, more;
	const char *why;

	buf_reset(&line);
	buf_reset(&more);
	if (!record_get(r, "detail"))
		buf_printf(&more, "\"detail\":\"found by gate %s\"", gate);
	if (!record_get(r, "by"))
		buf_printf(&more, "%s\"by\":\"cp-through\"", more.n ? "," : "");
	if (!more.n) {
		finding_emit(r);
		return;
	}
	record_splice(&line, r, buf_span(&more));
	why = line.n > RECORD_BYTES ? "it would be longer than 1 MiB" : record_parse(&made, buf_span(&line));
	if (why)
		bad_input("unable to complete the finding: %s", why);
	finding_emit(&made);
}

/* Of a gate's output only findings count. */
static void take_finding(struct record *r)
{
	struct buf scratch = {0};
	struct span code, path;
	const char *why;
	enum severity s;

	if (!record_is(r, "finding"))
		return;
	if (!record_str(r, "code", &code, &scratch) || !is_name(code, "_-"))
		bad_input("unable to trust the finding: it has no good code");
	if (!record_str(r, "severity", &code, &scratch) || !severity_of(code, &s))
		bad_input("unable to trust the finding: its severity is none of error, warning, note");
	if (record_path(r, &path, &why) < 0)
		bad_input("unable to trust the finding: %s", why);
	buf_free(&scratch);
	complete_finding(r);
}

static void next_output(void)
{
	if (child_line(&child) != CHILD_RECORD)
		return;
	if (gate)
		take_finding(&child.record);
	else
		child_emit(&child);
}

/* All is written. A gate must also have read it, or it judged less than its verdict says: as long as something lies in
 * its pipe the pipe stays open, because nobody else could tell us. */
static bool draining(void)
{
	return gate && input != STREAM_RECORD && child.to >= 0 && !child_backlog(&child);
}

static void close_feed(void)
{
	child.refused |= child_unread(&child) > 0;
	child_close_feed(&child);
}

/* Waits until something can move, and moves it. */
static void exchange(void)
{
	bool hungry = input == STREAM_RECORD && child_backlog(&child) < BACKLOG;
	bool drain = draining();
	struct pollfd p[] = {
		{.fd = hungry ? 0 : -1, .events = POLLIN},
		{.fd = child_backlog(&child) || drain ? child.to : -1, .events = drain ? 0 : POLLOUT},
		{.fd = child.eof ? -1 : child.from, .events = POLLIN},
		{.fd = child.exited ? -1 : child.pidfd, .events = POLLIN},
	};
	int n = poll(p, 4, 0);

	if (n == 0) {
		filter_flush();
		n = poll(p, 4, drain ? LOOK_AGAIN_MS : -1);
	}
	if (n <= 0)
		return;
	if (p[3].revents)
		child_reap(&child);
	if (p[2].revents && !in_fill(&child.lines))
		sys_fail(errno, "unable to read from %s", child.name);
	if (p[1].revents && drain)
		close_feed();
	else if (p[1].revents)
		child_push(&child);
	if (p[0].revents && !in_fill(&in.in))
		next_input(); /* fails the same way, and says so */
}

static bool readable_now(void)
{
	struct pollfd p = {.fd = child.eof ? -1 : child.from, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/* Both directions at once, so that neither side waits for the other for ever. */
static void run_both(void)
{
	for (;;) {
		while (input == STREAM_RECORD && child_backlog(&child) < BACKLOG && in_ready(&in.in))
			next_input();
		while (!child.eof && in_ready(&child.lines))
			next_output();
		if ((input != STREAM_RECORD && !child_backlog(&child) && !(gate && child_unread(&child))) ||
		    (child.exited && child.eof))
			close_feed();
		if (input != STREAM_RECORD && child.eof && child.to < 0)
			return;
		/* It failed: nothing that could still come would close this stream. */
		if (child.exited && child.code && !readable_now())
			return;
		exchange();
	}
}

static void give_verdict(void)
{
	char text[DIGEST_TEXT];

	judged_end(subject, text);
	judged_free(subject);
	gate_verdict(gate, (struct span){text, DIGEST_TEXT}, (struct span){0});
}

/* The command was content; was the input whole? */
static void finish_input(void)
{
	if (input == STREAM_BAD)
		filter_leave_open(in.bad);
	if (input == STREAM_OPEN && gate && !filter_accepts_open()) {
		err_place(NULL, 0);
		bad_input("unable to judge: the stream has no end record "
			  "(cp-end closes one by hand, --open accepts it)");
	}
	if (gate && child.refused) {
		err_place(NULL, 0);
		complain("unable to judge: %s did not read all records", child.name);
		filter_leave_open(STATUS_SYSTEM);
	}
	if (gate)
		give_verdict();
	else
		spool_emit(verdicts);
	if (input == STREAM_OPEN && !gate)
		filter_leave_open(STATUS_YES);
	filter_input_ended(in.status, buf_span(&in.by), in.by_hand || input == STREAM_OPEN);
}

static void start(int argc, char **argv)
{
	(void)argc;
	if (gate) {
		check_gate();
		subject = judged_new();
	} else {
		verdicts = spool_new();
	}
	stream_open(&in, 0, "stdin");
	in.in.before_block = filter_flush;
	child_start(&child, argv, CHILD_FEED);
	run_both();
	child_end(&child);
	finish_input();
	stream_close(&in);
}

static const struct filter self = {
	.name = "cp-through",
	.summary = "run a foreign filter on a stream of records",
	.args = "COMMAND [ARG]...",
	.reads = "*",
	.writes = "*",
	.opts = options,
	.role = ROLE_MAPPER,
	.flags = FILTER_OWN_INPUT | FILTER_COMMAND | FILTER_GATE,
	.operands_min = 1,
	.operands_max = UINT_MAX,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
