#include "filter/child.h"
#include "filter/filter.h"
#include "filter/stream.h"

#include <limits.h>
#include <sys/stat.h>

static bool with_stdin;

static const struct opt options[] = {
	{.name = "stdin", .summary = "the command reads our standard input, not /dev/null", .target = &with_stdin},
	{0},
};

/* Nobody says whether this pipe is whole but the person who put us here. */
static void close_by_hand(void)
{
	struct stream s;
	enum stream_result got;

	stream_open(&s, 0, "stdin");
	s.in.before_block = filter_flush;
	while ((got = stream_next(&s)) == STREAM_RECORD) {
		err_place("stdin", s.record.number);
		if (record_is(&s.record, "verdict"))
			bad_input("unable to close a stream with a verdict by hand");
		if (record_is(&s.record, "finding"))
			finding_emit(&s.record);
		else
			emit(&s.record);
	}
	if (got == STREAM_BAD)
		filter_leave_open(s.bad);
	if (got == STREAM_END) {
		err_place("stdin", s.in.line);
		bad_input("unable to close the stream: it is closed already");
	}
	stream_close(&s);
	filter_input_ended(STATUS_YES, SPAN(""), true);
}

/* What the command read from a pipe may have been cut, and it would not know. */
static bool stdin_may_be_cut(void)
{
	struct stat st;

	return with_stdin && !(fstat(0, &st) == 0 && S_ISREG(st.st_mode));
}

static void start(int argc, char **argv)
{
	static struct child c;

	if (argc == 0 && with_stdin)
		bad_usage("unable to use --stdin without a command");
	if (argc == 0) {
		close_by_hand();
		return;
	}
	child_start(&c, argv, with_stdin ? CHILD_INHERIT : CHILD_NULL);
	while (child_line(&c) == CHILD_RECORD)
		child_emit(&c);
	child_end(&c);
	filter_input_ended(STATUS_YES, SPAN(""), stdin_may_be_cut());
}

static const struct filter self = {
	.name = "cp-end",
	.summary = "close a stream of records that has no end",
	.args = "[COMMAND [ARG]...]",
	.reads = "*",
	.writes = "*",
	.opts = options,
	.role = ROLE_SOURCE,
	.flags = FILTER_OWN_INPUT | FILTER_COMMAND,
	.operands_max = UINT_MAX,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
