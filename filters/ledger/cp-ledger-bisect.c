/* cp-ledger-bisect: the first entry with which a filter no longer says yes. */
#include "data/jsonw.h"
#include "filter/filter.h"
#include "filter/stream.h"
#include "ledger/record.h"
#include "os/out.h"
#include "os/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static char **command;
static struct place place;
static struct source source;
static struct buf line_out, ledger, label;
static uint64_t entries;
static struct json json;
static bool part_open, ours;

/* An entry as cp-ledger-read has it. */
static void entry_record(struct span line)
{
	buf_reset(&line_out);
	buf_reset(&label);
	source_label(&label, buf_span(&source.name));
	jsonw_open(&line_out, NULL);
	jsonw_cstr(&line_out, "kind", "entry");
	entry_members(&line_out, buf_span(&ledger), buf_span(&label), ours ? entry_seq(&json) : -1, source.line, line);
	jsonw_close(&line_out);
}

static void begin_again(void)
{
	source_close(&source);
	if (source_open(&source, &place, NULL) < 0)
		sys_fail(errno, "unable to read the ledger %s", place.path);
	part_open = false;
	ours = source.opening.kind <= OPENING_SEGMENT || source.segments.n;
	buf_reset(&ledger);
	ledger_label(&ledger, &source);
}

/* Steps through the ledger; NULL where it ends. */
static const struct span *next_entry(void)
{
	static struct span line;
	const struct segment *part;

	for (;;) {
		if (part_open && source_must_line(&source, &line)) {
			entry_line(&json, &source, line, ours);
			return &line;
		}
		part_open = source_must(&source, &part);
		if (!part_open)
			return NULL;
	}
}

/* Writes the first n entries and the end. A filter that reads no further has made up its mind. */
static void feed(int fd, uint64_t n)
{
	const struct span *line;
	struct out o;

	begin_again();
	out_open(&o, fd);
	for (uint64_t i = 0; i < n && !o.error && (line = next_entry()); i++) {
		entry_record(*line);
		buf_char(&line_out, '\n');
		out_add(&o, line_out.p, line_out.n);
	}
	buf_reset(&line_out);
	end_write(&line_out, n, STATUS_YES, span_of(filter_name()), false);
	buf_char(&line_out, '\n');
	out_add(&o, line_out.p, line_out.n);
	if (out_flush(&o) < 0 && o.error != EPIPE)
		sys_fail(o.error, "unable to write to %s", command[0]);
	buf_free(&o.b);
}

/* Does the filter say yes to the first n entries? Whatever it says but yes and no ends the search. */
static bool says_yes(uint64_t n)
{
	int pipe_fd[2], null = open("/dev/null", O_WRONLY | O_CLOEXEC), code;
	pid_t pid;

	if (null < 0 || pipe2(pipe_fd, O_CLOEXEC) < 0)
		sys_fail(errno, "unable to make a pipe");
	pid = spawn(command, pipe_fd[0], null, -1);
	if (pid < 0)
		sys_fail(errno, "unable to run %s", command[0]);
	close(pipe_fd[0]);
	close(null);
	feed(pipe_fd[1], n);
	close(pipe_fd[1]);
	code = spawn_wait(pid);
	if (code == STATUS_YES || code == STATUS_NO)
		return code == STATUS_YES;
	complain("unable to go on: with the first %llu entries %s ended with status %d", (unsigned long long)n,
		 command[0], code);
	filter_abandon(code > 128 ? (enum status)code : code == STATUS_INPUT ? STATUS_INPUT : STATUS_SYSTEM);
}

/* yes with the first `good` entries, no with the first `bad`. */
static uint64_t search(uint64_t good, uint64_t bad)
{
	while (bad - good > 1) {
		uint64_t middle = good + (bad - good) / 2;

		if (says_yes(middle))
			good = middle;
		else
			bad = middle;
	}
	return bad - 1;
}

static void say(uint64_t seq)
{
	const struct span *line;

	begin_again();
	line = next_entry();
	for (uint64_t i = 0; i < seq && line; i++)
		line = next_entry();
	err_place(NULL, 0);
	if (!line)
		sys_fail(0, "unable to find entry %llu again", (unsigned long long)seq);
	entry_record(*line);
	emit_line(buf_span(&line_out));
}

static void start(int argc, char **argv)
{
	(void)argc;
	command = argv + 1;
	if (place_open(&place, argv[0], true) < 0)
		sys_fail(errno, "unable to open the ledger %s", argv[0]);
	source.active = source.fd = -1;
	begin_again();
	while (next_entry())
		entries++;
	err_place(NULL, 0);
	if (!entries) {
		err_place(argv[0], 0);
		bad_input("unable to search the ledger: it is empty");
	}
	if (says_yes(entries)) {
		complain("unable to find an entry: %s says yes to all %llu", command[0], (unsigned long long)entries);
		filter_raise(STATUS_NO);
	} else {
		say(search(0, entries));
	}
	source_close(&source);
	place_close(&place);
	buf_free(&line_out);
	buf_free(&ledger);
	buf_free(&label);
}

static const struct filter self = {
	.name = "cp-ledger-bisect",
	.summary = "find the first entry with which a filter says no",
	.args = "LEDGER COMMAND [ARG]...",
	.reads = "",
	.writes = "entry",
	.role = ROLE_SOURCE,
	.flags = FILTER_COMMAND,
	.operands_min = 2,
	.operands_max = -1U,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
