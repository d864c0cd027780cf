#include "base/err.h"

#include "base/buf.h"
#include "base/text.h"

#include <errno.h>
#include <unistd.h>

static const char *program = "cp";
static const char *place_source;
static unsigned long place_line;
static int quiet_warnings;

void err_program(const char *name)
{
	program = name;
}

const char *err_program_name(void)
{
	return program;
}

void err_place(const char *source, unsigned long line)
{
	place_source = source;
	place_line = line;
}

void err_quiet(int quiet)
{
	quiet_warnings = quiet;
}

/* One write, so that lines of several programs on one terminal do not mix. */
static void say(const char *fmt, va_list ap, const char *reason) __attribute__((format(printf, 1, 0)));
static void say(const char *fmt, va_list ap, const char *reason)
{
	int saved = errno;
	struct buf raw = {0}, line = {0};
	buf_printf(&raw, "%s: ", program);
	if (place_source)
		buf_printf(&raw, "%s:", place_source);
	if (place_source && place_line)
		buf_printf(&raw, "%lu:", place_line);
	if (place_source)
		buf_char(&raw, ' ');
	buf_vprintf(&raw, fmt, ap);
	if (reason)
		buf_printf(&raw, ": %s", reason);
	text_escape(&line, raw.p, raw.n);
	buf_char(&line, '\n');
	ssize_t done;
	do
		done = write(STDERR_FILENO, line.p, line.n);
	while (done < 0 && errno == EINTR);
	buf_free(&raw);
	buf_free(&line);
	errno = saved;
}

void complain(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(fmt, ap, NULL);
	va_end(ap);
}

void warn(const char *fmt, ...)
{
	if (quiet_warnings)
		return;
	va_list ap;
	va_start(ap, fmt);
	say(fmt, ap, NULL);
	va_end(ap);
}

/* _exit: exit handlers of libraries are not safe while another thread still works. */
void die(enum status status, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(fmt, ap, NULL);
	va_end(ap);
	_exit((int)status);
}

void die_errno(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	say(fmt, ap, strerror(errno));
	va_end(ap);
	_exit(STATUS_SYSTEM);
}

int err_is_ours(int errno_value)
{
	return errno_value == EMFILE || errno_value == ENFILE || errno_value == ENOMEM || errno_value == ENOBUFS;
}
