#include "filter/filter.h"

#include "base/num.h"
#include "data/jsonw.h"
#include "data/relpath.h"
#include "filter/effect.h"
#include "filter/gate.h"
#include "filter/internal.h"
#include "filter/stream.h"
#include "os/clock.h"
#include "os/env.h"
#include "os/out.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The one filter this process is. */
static struct {
	const struct filter *self;
	struct shared_options opt;
	struct stream in;
	struct out out;
	struct buf line;        /* the record being built by out_record */
	struct spool *held;     /* findings of a judge whose input is not known to be whole yet */
	const char *(*title)(enum code c); /* what details begin with */
	uint64_t written, findings, checked;
	enum severity fail_on;
	enum status status;     /* gravest of our own */
	bool ended;             /* a valid end was read (or accepted by --open) */
	bool closing;           /* and ours follows */
	bool acting;            /* an effect is in finish: a closed stdout must not stop it half way */
	const char *root_given; /* by option or environment */
	const char *root_seen;  /* by the stream's plane record */
	const char *root_found;
} run;

/* --- leaving --- */

/* A reader that went away ends us without a word; any other failed write says why. */
static void check_out(void)
{
	if (!run.out.error || run.acting)
		return;
	if (run.out.error != EPIPE) {
		err_place(NULL, 0);
		complain("unable to write standard output: %s", strerror(run.out.error));
	}
	exit(STATUS_SYSTEM);
}

static void write_end(void);

/* Of an effect that fails who comes next hears that, and not that the stream was cut. */
static _Noreturn void leave(enum status status)
{
	run.acting = false;
	if (run.closing && run.self->role == ROLE_EFFECT && status > STATUS_NO) {
		run.closing = false;
		filter_raise(status);
		write_end();
	}
	out_flush(&run.out);
	check_out();
	exit(status);
}

void filter_flush(void)
{
	out_flush(&run.out);
	check_out();
}

static void say(const char *fmt, va_list ap, int errno_value)
{
	struct buf b = {0};

	buf_vprintf(&b, fmt, ap);
	if (errno_value)
		buf_printf(&b, ": %s", strerror(errno_value));
	complain("%s", buf_cstr(&b));
	buf_free(&b);
}

void bad_input(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, 0);
	va_end(ap);
	leave(STATUS_INPUT);
}

void sys_fail(int errno_value, const char *fmt, ...)
{
	va_list ap;

	err_place(NULL, 0);
	va_start(ap, fmt);
	say(fmt, ap, errno_value);
	va_end(ap);
	leave(STATUS_SYSTEM);
}

void filter_abandon(enum status s)
{
	leave(s);
}

void bad_usage(const char *fmt, ...)
{
	va_list ap;

	err_place(NULL, 0);
	va_start(ap, fmt);
	say(fmt, ap, 0);
	va_end(ap);
	exit(STATUS_USAGE);
}

int64_t option_time(const char *option, const char *text, int64_t otherwise)
{
	int64_t t = otherwise;

	if (text && !clock_parse(span_of(text), &t))
		bad_usage("unable to use --%s %s: it is no time such as 2026-01-31T00:00:00Z", option, text);
	return t;
}

/* --- emitting --- */

void emit_line(struct span line)
{
	if (line.n > RECORD_BYTES)
		bad_input("unable to write the record: it would be longer than 1 MiB");
	out_add(&run.out, line.p, line.n);
	out_add(&run.out, "\n", 1);
	run.written++;
	check_out();
}

void emit(const struct record *r)
{
	emit_line(r->line);
}

void emit_text(struct span text)
{
	out_add(&run.out, text.p, text.n);
	check_out();
}

struct buf *out_record(const char *kind)
{
	buf_reset(&run.line);
	jsonw_open(&run.line, NULL);
	jsonw_cstr(&run.line, "kind", kind);
	return &run.line;
}

void emit_out(void)
{
	jsonw_close(&run.line);
	emit_line(buf_span(&run.line));
}

/* A line that is missing from the middle shows only at the end: until then a judge keeps its conclusions to itself. */
static void hold_or_emit(void)
{
	if (run.self->role < ROLE_JUDGE || run.ended) {
		emit_line(buf_span(&run.line));
		return;
	}
	if (!run.held)
		run.held = spool_new();
	spool_add(run.held, buf_span(&run.line));
}

void conclude_out(void)
{
	jsonw_close(&run.line);
	hold_or_emit();
}

static void finding_v(enum code c, enum severity s, struct span path, const struct finding_place *place,
		      const char *detail, va_list ap)
{
	const char *title = run.title ? run.title(c) : NULL;
	struct buf text = {0};

	if (title)
		buf_printf(&text, "%s: ", title);
	if (detail)
		buf_vprintf(&text, detail, ap);
	else if (title)
		buf_str(&text, code_text(c));
	buf_reset(&run.line);
	finding_write(&run.line, c, s, path, place, text.n ? buf_cstr(&text) : NULL, run.self->name);
	buf_free(&text);
	if (s >= run.fail_on) {
		run.findings++;
		filter_raise(STATUS_NO);
	}
	if (!(run.self->flags & FILTER_TEXT))
		hold_or_emit();
}

void finding_titles(const char *(*title)(enum code c))
{
	run.title = title;
}

static void emit_held(void)
{
	struct span line;

	if (!run.held)
		return;
	while (spool_next(run.held, &line))
		emit_line(line);
	spool_free(run.held);
	run.held = NULL;
}

void finding(enum code c, struct span path, const char *detail, ...)
{
	va_list ap;

	va_start(ap, detail);
	finding_v(c, code_severity(c), path, NULL, detail, ap);
	va_end(ap);
}

void finding_at(enum code c, enum severity s, const struct finding_place *place, const char *detail, ...)
{
	va_list ap;

	va_start(ap, detail);
	finding_v(c, s, (struct span){0}, place, detail, ap);
	va_end(ap);
}

void finding_in(enum code c, enum severity s, struct span file, uint64_t line, const char *detail, ...)
{
	struct buf name = {0};
	bool path = !relpath_bad(file);
	struct finding_place place = {.line = file.n ? line : 0, .seq = -1};
	va_list ap;

	buf_span_add(&name, file);
	if (file.n && !path)
		place.source = buf_cstr(&name);
	va_start(ap, detail);
	finding_v(c, s, path ? file : (struct span){0}, &place, detail, ap);
	va_end(ap);
	buf_free(&name);
}

void finding_emit(const struct record *r)
{
	enum severity s = SEVERITY_ERROR;
	struct buf scratch = {0};
	struct span name;

	if (record_str(r, "severity", &name, &scratch))
		severity_of(name, &s);
	buf_free(&scratch);
	if (s >= run.fail_on) {
		run.findings++;
		filter_raise(STATUS_NO);
	}
	emit(r);
}

void filter_raise(enum status s)
{
	if (s > run.status)
		run.status = s;
}

/* --- programs that read their streams themselves --- */

void filter_input_ended(enum status status, struct span by, bool by_hand)
{
	run.in.by_hand |= by_hand;
	if (status <= run.in.status && run.in.by.n)
		return;
	run.in.status = status;
	buf_reset(&run.in.by);
	buf_span_add(&run.in.by, by);
}

bool filter_accepts_open(void) { return run.opt.open; }

void filter_leave_open(int status)
{
	leave(run.status > (enum status)status ? run.status : (enum status)status);
}

/* --- gates --- */

void gate_pass(const char *gate, const struct record *r)
{
	struct buf scratch = {0};
	struct span id;

	if (record_is(r, "verdict") && record_str(r, "gate", &id, &scratch) && span_is(id, gate))
		bad_input("unable to trust the stream: it has a verdict of %s already", gate);
	buf_free(&scratch);
	emit(r);
}

void gate_checked(uint64_t n) { run.checked += n; }

void gate_verdict(const char *gate, struct span subject, struct span extra)
{
	bool pass = run.status == STATUS_YES && !run.findings && (run.checked || run.opt.allow_empty);
	struct buf *b = out_record("verdict");

	jsonw_cstr(b, "gate", gate);
	jsonw_bool(b, "pass", pass);
	jsonw_int(b, "checked", (int64_t)run.checked);
	jsonw_int(b, "findings", (int64_t)run.findings);
	if (subject.p)
		jsonw_str(b, "subject", subject);
	if (extra.n) {
		buf_char(b, ',');
		buf_span_add(b, extra);
	}
	emit_out();
	if (pass)
		return;
	if (!run.checked && !run.findings)
		warn("unable to pass: nothing was judged (--allow-empty accepts that)");
	filter_raise(STATUS_NO);
}

/* --- facts --- */

const char *filter_name(void) { return run.self->name; }
bool filter_dry_run(void) { return run.opt.dry_run; }
uint64_t filter_findings(void) { return run.findings; }
enum status filter_input_status(void) { return run.in.status; }
bool filter_input_by_hand(void) { return run.in.by_hand; }
bool filter_tty(void) { return isatty(1); }

unsigned filter_width(void)
{
	const char *columns = env_columns();
	struct winsize w;
	uint64_t n;

	if (columns && num_u64(columns, strlen(columns), 10000, &n) && n)
		return (unsigned)n;
	if (ioctl(1, TIOCGWINSZ, &w) == 0 && w.ws_col)
		return w.ws_col;
	return 80;
}

const char *filter_root_or_null(void)
{
	if (run.root_given)
		return run.root_given;
	if (run.self->role == ROLE_EFFECT)
		return NULL;
	if (run.root_seen)
		return run.root_seen;
	if (!run.root_found)
		run.root_found = root_discover();
	return run.root_found;
}

const char *filter_root(void)
{
	const char *root = filter_root_or_null();

	if (!root)
		bad_usage("unable to tell the plane: name its root by --root or CONTROL_PLANE_ROOT");
	return root;
}

/* The stream says whose files it is about; that must be the plane we look at. */
static void note_plane(const struct record *r)
{
	char *root = root_of_plane(r);

	if (!root)
		bad_input("unable to trust the stream: its plane record names no root");
	if (run.root_given && strcmp(root, run.root_given) != 0)
		bad_input("unable to trust the stream: it is about %s, not %s", root, run.root_given);
	if (run.root_found && strcmp(root, run.root_found) != 0)
		bad_input("unable to trust the stream: it is about %s, files before were taken from %s", root,
			  run.root_found);
	if (run.root_seen && strcmp(root, run.root_seen) != 0)
		bad_input("unable to trust the stream: it is about two planes, %s and %s", run.root_seen, root);
	if (!run.root_seen)
		run.root_seen = root;
	else
		free(root);
}

/* --- the loop --- */

static void before_block(void)
{
	if (run.self->idle)
		run.self->idle();
	filter_flush();
}

static void write_end(void)
{
	bool upstream = run.in.status >= run.status && run.in.status != STATUS_YES;
	struct span by = upstream ? buf_span(&run.in.by) : span_of(run.self->name);

	if (run.self->flags & FILTER_TEXT)
		return;
	buf_reset(&run.line);
	end_write(&run.line, run.written, upstream ? run.in.status : run.status, by, run.in.by_hand);
	emit_line(buf_span(&run.line));
	run.written--; /* the end does not count itself */
}

/* The input stopped before it was whole, or will not do. */
static _Noreturn void incomplete(enum status status)
{
	if (run.self->finish)
		run.self->finish(false);
	leave(run.status > status ? run.status : status);
}

/* A whole stream says no: what is known of why goes on, with its end. Of a stream that failed nothing is believed. */
static _Noreturn void refuse_to_act(void)
{
	complain("unable to act: %s said no (status %d)", buf_cstr(&run.in.by), (int)run.in.status);
	if (run.in.status > STATUS_NO)
		incomplete(run.in.status);
	if (run.self->finish)
		run.self->finish(false);
	emit_held();
	write_end();
	leave(run.status > run.in.status ? run.status : run.in.status);
}

/* An effect acts on a stream that its own programs closed and that says yes. */
static void check_leave_to_act(void)
{
	if (run.self->role != ROLE_EFFECT)
		return;
	if (run.in.status > (run.self->flags & FILTER_FINDINGS_OK ? STATUS_NO : STATUS_YES))
		refuse_to_act();
	if (run.in.by_hand && !run.opt.open) {
		complain("unable to act: the stream was closed by hand (--open accepts it)");
		incomplete(STATUS_INPUT);
	}
}

static _Noreturn void close_stream(void)
{
	run.acting = run.closing = false;
	write_end();
	leave(run.status > run.in.status ? run.status : run.in.status);
}

/* The whole input was seen. */
static _Noreturn void complete(void)
{
	err_place(NULL, 0);
	check_leave_to_act();
	run.ended = run.closing = true;
	run.acting = run.self->role == ROLE_EFFECT;
	emit_held();
	if (run.self->finish)
		run.self->finish(true);
	close_stream();
}

void filter_deny(void)
{
	filter_raise(STATUS_NO);
	if (!run.closing)
		leave(run.status);
	close_stream();
}

/* The one record of a stream without an end is all there is; none comes out either. */
static _Noreturn void single(void)
{
	run.ended = run.acting = true;
	emit_held();
	if (run.self->finish)
		run.self->finish(true);
	run.acting = false;
	leave(run.status);
}

static void open_ended(void)
{
	bool needs_end = run.self->role >= ROLE_JUDGE || run.self->flags & FILTER_TEXT;

	err_place(NULL, 0);
	if (needs_end && run.opt.open) {
		run.in.by_hand = true;
		complete();
	}
	if (!needs_end)
		incomplete(STATUS_YES);
	if (run.self->flags & FILTER_SINGLE && run.in.count == 1)
		single();
	complain("unable to trust the stream: it has no end record (cp-end closes one by hand, --open accepts it)");
	incomplete(STATUS_INPUT);
}

static void read_all(void)
{
	stream_open(&run.in, 0, "stdin");
	run.in.in.before_block = before_block;
	for (;;) {
		switch (stream_next(&run.in)) {
		case STREAM_RECORD:
			err_place("stdin", run.in.record.number);
			if (run.self->flags & FILTER_ROOT && record_is(&run.in.record, "plane"))
				note_plane(&run.in.record);
			run.self->step(&run.in.record);
			break;
		case STREAM_END:
			complete();
		case STREAM_OPEN:
			open_ended();
			return;
		case STREAM_BAD:
			incomplete(run.in.bad);
		}
	}
}

/* A descriptor that is closed would be given to the next file we open. Lowest first, so that each placeholder comes to
 * lie where it belongs; each is open the wrong way, so that what uses it fails. */
static void check_descriptors(void)
{
	bool out = true;

	if (fcntl(0, F_GETFD) < 0 && open("/dev/null", O_WRONLY) < 0)
		exit(STATUS_SYSTEM);
	if (fcntl(1, F_GETFD) < 0) {
		out = false;
		if (open("/dev/null", O_RDONLY) < 0)
			exit(STATUS_SYSTEM);
	}
	if (fcntl(2, F_GETFD) < 0 && open("/dev/null", O_WRONLY) < 0)
		exit(STATUS_SYSTEM);
	if (!out) {
		complain("unable to write standard output: it is closed");
		exit(STATUS_SYSTEM);
	}
}

static void close_out(void)
{
	if (close(1) != 0 && errno != EBADF) {
		complain("unable to write standard output: %s", strerror(errno));
		_exit(STATUS_SYSTEM);
	}
}

int filter_main(int argc, char **argv, const struct filter *self)
{
	int operands;

	run.self = self;
	run.fail_on = SEVERITY_ERROR;
	err_program(self->name);
	check_descriptors();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a write that is too much fails like every other */
	out_open(&run.out, 1);
	atexit(close_out);
	if (opt_parse(self, &run.opt, argc, argv, &operands, &run.line) == OPT_ANSWERED) {
		emit_text(buf_span(&run.line));
		leave(STATUS_YES);
	}
	if (run.opt.fail_on)
		severity_of(span_of(run.opt.fail_on), &run.fail_on);
	err_quiet(run.opt.quiet);
	if (self->flags & FILTER_ROOT)
		run.root_given = root_given(run.opt.root);
	if (self->role == ROLE_EFFECT && self->flags & FILTER_ROOT)
		filter_root();
	if (self->start)
		self->start(operands, argv + 1);
	if (self->role == ROLE_SOURCE || self->flags & FILTER_OWN_INPUT)
		complete();
	else
		read_all();
	return STATUS_SYSTEM; /* not reached: the loop left with the status */
}
