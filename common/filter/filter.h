/* A filter is a struct of facts and a step. The loop owns options, reading, checking, passing through, flushing, the
 * end record and the exit status (cp-records(5), cp-house(7)). A filter never calls exit, never prints its own name,
 * never parses JSON, never writes to stdout itself. */
#ifndef CP_FILTER_FILTER_H
#define CP_FILTER_FILTER_H

#include "base/err.h"
#include "filter/opt.h"
#include "record/finding.h"
#include "record/record.h"

enum filter_role {
	ROLE_SOURCE, /* reads no stream; writes records and the end */
	ROLE_MAPPER, /* works without an end record: no end in, no end out */
	ROLE_JUDGE,  /* refuses a stream without a valid end: status 3, no verdict */
	ROLE_EFFECT, /* as a judge; also refuses an end with a status other than 0, and returns that status */
};

enum filter_flags {
	FILTER_ROOT = 1,       /* has a plane: takes --root */
	FILTER_DRY_RUN = 2,    /* takes --dry-run */
	FILTER_FINDINGS_OK = 4,/* an effect whose business is findings: accepts an end with status 1 */
	FILTER_TEXT = 8,       /* stdout is not records (cp-show): no end is written, but one is asked for */
	FILTER_GATE = 16,      /* ends with a verdict; takes --allow-empty and --fail-on */
	FILTER_OWN_INPUT = 32,/* not the loop but the program reads its streams (cp-merge); start does all the work */
	FILTER_COMMAND = 64,   /* the last operand that must be given is a command: it ends our options */
	FILTER_SINGLE = 128,   /* an effect that takes exactly one record from a stream without an end */
};

struct filter {
	const char *name;
	const char *summary;      /* one line, lower case, no full stop; the man page's .Nd */
	const char *args;         /* operands in the synopsis ("[REGISTRY]"), "" for none */
	const char *reads;        /* kinds read, separated by blanks; "*" any; "" none */
	const char *writes;       /* kinds written; "*" what came in */
	const struct opt *opts;   /* ended by a NULL name; may be NULL */
	enum filter_role role;
	unsigned flags;
	unsigned operands_min, operands_max;
	void (*start)(int argc, char **argv); /* the operands; a source does all its work here */
	void (*step)(struct record *r);       /* each record but `end`; r is alive during the call only */
	void (*idle)(void);                   /* before a read that could block */
	void (*finish)(bool complete);        /* all input was seen; false: it was cut, draw no conclusion */
};

/* Runs the filter; what main returns. */
int filter_main(int argc, char **argv, const struct filter *self);

/* --- What a filter may call while it runs --- */

void emit(const struct record *r);           /* hands the line on, byte for byte */
void emit_line(struct span line);            /* one record, no LF in it */
/* A buffer to build one record in: starts it with `{"kind":"…"`; emit_out closes the brace and emits it. */
struct buf *out_record(const char *kind);
void emit_out(void);
/* The same of what a judge concludes: held back as its findings are, among them. */
void conclude_out(void);
/* For FILTER_TEXT programs: bytes for a person, no record. */
void emit_text(struct span text);
/* Emits a finding with the code's own severity (path.p NULL: none; detail NULL: the code's text). The status follows.
 * What a judge or an effect finds while it reads is held back until the stream proved whole: a cut one has no
 * findings. */
void finding(enum code c, struct span path, const char *detail, ...) __attribute__((format(printf, 3, 4)));
/* From now on details begin with what this says of their code, and a colon; where it says NULL they do not. NULL: none
 * do. For who judges in words of his own what others look at. */
void finding_titles(const char *(*title)(enum code c));
/* The same of a place in a file that is none of the plane's, with a severity of its own. */
void finding_at(enum code c, enum severity s, const struct finding_place *place, const char *detail, ...)
	__attribute__((format(printf, 4, 5)));
/* The same of a line of a file (0: of the file), which is `path` where its name is one, and else `source`; n = 0: of
 * no file. */
void finding_in(enum code c, enum severity s, struct span file, uint64_t line, const char *detail, ...)
	__attribute__((format(printf, 5, 6)));
/* Hands on a finding record made elsewhere (a foreign program's), as it is, and counts it as ours: the status
 * follows. A severity that is none of ours counts as error. */
void finding_emit(const struct record *r);
/* Raises the status of the stream (never lowers it) without a finding: a denial, a thing not found. */
void filter_raise(enum status s);

/* The stream cannot be trusted: says why with source and line, hands on what was already emitted, ends with 3. Where an
 * effect ends so, or by the next two, once it has seen the whole stream, its own ends, too, with that status. */
_Noreturn void bad_input(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The system failed: the same with strerror(errno) where errno_value is not 0, status 4. */
_Noreturn void sys_fail(int errno_value, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Ends with that status (3 or 4) where another floor has already said why. */
_Noreturn void filter_abandon(enum status s);
/* Ends with status 1 where it was already said why the answer is no. Once a whole input was seen the stream ends as if
 * `finish` had returned, so that who comes next hears that and not that it was cut. */
_Noreturn void filter_deny(void);
/* Called wrongly (from start only, before anything was read): status 2. */
_Noreturn void bad_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The time that an option gives, ns since 1970, or `otherwise` where `text` is NULL. No time: called wrongly. */
int64_t option_time(const char *option, const char *text, int64_t otherwise);

/* For programs with FILTER_OWN_INPUT. What an end record they read said: the gravest of several counts, of equals the
 * first. `by_hand` sticks. */
void filter_input_ended(enum status status, struct span by, bool by_hand);
/* Was --open given? */
bool filter_accepts_open(void);
/* Hands on what was emitted and ends without an end record, with the gravest of that status and ours: 0 for an input
 * that had no end either, 128+n for a child killed by signal n. */
_Noreturn void filter_leave_open(int status);

/* Facts for a filter. */
const char *filter_name(void);
bool filter_dry_run(void);
/* The plane's root, absolute, resolved. `filter_root` ends with status 2 when there is none; `filter_root_or_null`
 * returns NULL. --root, else CONTROL_PLANE_ROOT, else (readers) what the stream's plane record names, else
 * discovery. The first `plane` record of the stream must agree with a root given by hand, otherwise status 3. */
const char *filter_root(void);
const char *filter_root_or_null(void);
/* Does this directory look like the root of a plane? */
bool filter_root_at(int dir);
/* Status of the input's end record, once finish(true) is called; also what came in so far as `end.by_hand`. */
enum status filter_input_status(void);
bool filter_input_by_hand(void);
/* Is stdout a terminal, and how wide (COLUMNS, else what the terminal says, else 80)? */
bool filter_tty(void);
unsigned filter_width(void);
/* Findings at or above the --fail-on level so far, by this program. */
uint64_t filter_findings(void);
/* Writes out what was emitted. The loop does it before a read that could block; long work may call it. */
void filter_flush(void);

#endif
