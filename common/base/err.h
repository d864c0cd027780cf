/* Exit statuses and one-line diagnostics: `prog: source:line: unable to VERB: reason`.
 * Control characters and bytes that are not UTF-8 are escaped before they reach the terminal,
 * so a hostile file name cannot move the cursor. A message never exceeds one line. */
#ifndef CP_BASE_ERR_H
#define CP_BASE_ERR_H

enum status {
	STATUS_YES = 0,    /* yes */
	STATUS_NO = 1,     /* findings, denied, verdict false, not found */
	STATUS_USAGE = 2,  /* called wrongly: nothing read, nothing changed */
	STATUS_INPUT = 3,  /* input not trustworthy: malformed, cut, count wrong */
	STATUS_SYSTEM = 4, /* the system failed: I/O, memory, lock, disk full */
};

/* The program's name for diagnostics. Set once, by the filter loop or a test's main. */
void err_program(const char *name);
const char *err_program_name(void);

/* The place diagnostics point at: a file name or "stdin", and a 1-based line (0: no line).
 * `source` must stay alive while it is set; NULL clears it. */
void err_place(const char *source, unsigned long line);

/* Silences `warn` (--quiet); errors always speak. */
void err_quiet(int quiet);

/* Writes one diagnostic line to stderr. `complain` is for errors, `warn` for what a person may ignore. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Complains and ends the process with that status. In a filter prefer bad_input() and sys_fail(),
 * which first hand on what was already emitted. */
_Noreturn void die(enum status status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same with ": strerror(errno)" behind the message; status 4. */
_Noreturn void die_errno(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Is it we who have run out (of descriptors, memory)? Then it says nothing about the file that was looked at. */
int err_is_ours(int errno_value);

#endif
