#include "filter/progress.h"

#include "os/clock.h"
#include "os/out.h"

#include <unistd.h>

#define PROGRESS_NS INT64_C(100000000)
#define CLEAR "\r\033[K"

void progress_open(struct progress *p, bool wanted)
{
	*p = (struct progress){.on = wanted && isatty(STDERR_FILENO)};
}

void progress_say(struct progress *p, const char *fmt, ...)
{
	struct buf b = {0};
	int64_t now;
	va_list ap;

	if (!p->on)
		return;
	now = clock_now();
	if (now - p->drawn < PROGRESS_NS)
		return;
	p->drawn = now;
	buf_str(&b, CLEAR);
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	write_all(STDERR_FILENO, b.p, b.n);
	buf_free(&b);
}

void progress_close(struct progress *p)
{
	if (p->on && p->drawn)
		write_all(STDERR_FILENO, CLEAR, sizeof(CLEAR) - 1);
	p->on = false;
}
