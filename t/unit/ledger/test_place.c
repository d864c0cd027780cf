/* FILE.durable beside a writer: whoever reads it sees one of the two states that were ever written, or none. */
#include "ledger/place.h"
#include "unit.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS = 3 };

/* Two states that differ in every member. */
static struct durable state(unsigned which)
{
	struct durable d = {.known = true, .first_seq = which ? 777777777777 : 111111111111,
			    .offset = which ? 888888888888 : 222222222222};

	memset(d.head_hash, which ? 'f' : '0', DIGEST_TEXT);
	memcpy(d.head_hash, "sha256:", 7);
	return d;
}

static bool is_state(const struct durable *d, unsigned which)
{
	struct durable want = state(which);

	return d->first_seq == want.first_seq && d->offset == want.offset &&
	       memcmp(d->head_hash, want.head_hash, DIGEST_TEXT) == 0;
}

static _Noreturn void write_on(const char *path)
{
	struct place p;

	if (place_open(&p, path, false) < 0)
		_exit(1);
	for (unsigned i = 0;; i++) {
		struct durable d = state(i & 1);

		if (durable_write(&p, &d) < 0)
			_exit(1);
	}
}

int main(void)
{
	char dir[] = "/tmp/cp-place-XXXXXX";
	struct buf path = {0}, file = {0};
	unsigned long mixed = 0, read = 0;
	time_t end = time(NULL) + SECONDS;
	struct durable d;
	struct place p;
	pid_t writer;

	if (!CHECK(mkdtemp(dir) != NULL))
		return unit_done();
	buf_printf(&path, "%s/l.jsonl", dir);
	writer = fork();
	if (!writer)
		write_on(buf_cstr(&path));
	CHECK(place_open(&p, buf_cstr(&path), false) == 0);
	while (time(NULL) < end) {
		for (unsigned i = 0; i < 1000; i++) {
			durable_read(&p, &d);
			read += d.known;
			mixed += d.known && !is_state(&d, 0) && !is_state(&d, 1);
		}
	}
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
	CHECK(read > 0);
	if (!CHECK(mixed == 0))
		printf("\t%lu of %lu\n", mixed, read);
	place_close(&p);
	buf_printf(&file, "%s.durable", buf_cstr(&path));
	unlink(buf_cstr(&file));
	rmdir(dir);
	buf_free(&path);
	buf_free(&file);
	return unit_done();
}
