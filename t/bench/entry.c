/* entry events N: N events (TASK_START) whose entries are of 423 bytes, and the end of their stream.
 * entry bound FILE BATCH: what appending the lines of stdin costs the disk: they are read first, then BATCH at a time are
 * written and synced (fdatasync), as fast as a program can that does nothing else. Says seconds. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what)
{
	fprintf(stderr, "entry: unable to %s: %s\n", what, strerror(errno));
	exit(4);
}

static void events(long n)
{
	for (long i = 0; i < n; i++)
		printf("{\"kind\":\"event\",\"event_type\":\"TASK_START\",\"work_order_id\":\"WO-20261121-001\",\"task_id\":"
		       "\"TASK-%07ld\",\"note\":\"as long as a real ledger's entries are\"}\n",
		       i);
	printf("{\"kind\":\"end\",\"count\":%ld,\"status\":0,\"by\":\"entry\"}\n", n);
}

static char *slurp(size_t *n)
{
	size_t cap = 1 << 20;
	char *p = malloc(cap);
	ssize_t got;

	*n = 0;
	while (p && (got = read(0, p + *n, cap - *n)) > 0) {
		*n += (size_t)got;
		if (*n == cap)
			p = realloc(p, cap *= 2);
	}
	if (!p)
		fail("hold the lines");
	return p;
}

static void bound(const char *file, long batch)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	size_t n, at = 0, to = 0;
	char *p = slurp(&n);
	struct timespec from, now;

	if (fd < 0)
		fail("open the file");
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (; at < n; at = to) {
		for (long k = 0; k < batch && to < n; k++) {
			char *end = memchr(p + to, '\n', n - to);

			to = end ? (size_t)(end - p) + 1 : n;
		}
		if (write(fd, p + at, to - at) != (ssize_t)(to - at) || fdatasync(fd) < 0)
			fail("write");
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("%.6f\n", (double)(now.tv_sec - from.tv_sec) + (double)(now.tv_nsec - from.tv_nsec) / 1e9);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "events") == 0)
		events(strtol(argv[2], NULL, 10));
	else if (argc == 4 && strcmp(argv[1], "bound") == 0)
		bound(argv[2], strtol(argv[3], NULL, 10));
	else
		return 2;
	return 0;
}
