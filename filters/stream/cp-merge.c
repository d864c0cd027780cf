#include "filter/effect.h"
#include "filter/filter.h"
#include "filter/stream.h"
#include "record/order.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

struct source {
	struct stream s;
	struct buf key;  /* of the record that waits */
	struct buf last; /* of the one before */
	bool waits;      /* a record with a path waits to be the least */
	bool has_path;   /* one was seen */
	bool broken;     /* was not to be opened */
};

static bool sorted;
static enum status gravest; /* of what was wrong with the streams themselves */
static struct spool *behind;

static const struct opt options[] = {
	{.name = "sorted", .summary = "merge by path; each stream must be sorted", .target = &sorted},
	{0},
};

static void broken(enum status status)
{
	if (status > gravest)
		gravest = status;
}

static void open_source(struct source *src, const char *name)
{
	bool standard = strcmp(name, "-") == 0;
	int fd = standard ? 0 : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0) {
		err_place(NULL, 0);
		complain("unable to open %s: %s", name, strerror(errno));
		broken(STATUS_SYSTEM);
		src->broken = true;
		return;
	}
	stream_open(&src->s, fd, standard ? "stdin" : name);
	src->s.in.before_block = filter_flush;
}

/* Judges how the stream stopped, and lets it go. The others are still handed on: what they found stays visible. */
static void close_source(struct source *src, enum stream_result got)
{
	struct stream *s = &src->s;

	if (got == STREAM_BAD) {
		broken(s->bad);
	} else if (got == STREAM_OPEN && !filter_accepts_open()) {
		err_place(s->name, 0);
		complain("unable to trust the stream: it has no end record "
			 "(cp-end closes one by hand, --open accepts it)");
		broken(STATUS_INPUT);
	} else {
		filter_input_ended(s->status, buf_span(&s->by), s->by_hand || got == STREAM_OPEN);
	}
	if (s->in.fd > 0)
		close(s->in.fd);
	stream_close(s);
	buf_free(&src->key);
	buf_free(&src->last);
}

static void one_after_another(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		struct source src = {0};
		enum stream_result got;

		open_source(&src, argv[i]);
		if (src.broken)
			continue;
		while ((got = stream_next(&src.s)) == STREAM_RECORD)
			emit(&src.s.record);
		close_source(&src, got);
	}
}

/* Is the record in its place behind the last one? A finding does not say whether its path is a directory: either will
 * do. */
static bool in_order(struct source *src)
{
	if (span_cmp(buf_span(&src->last), buf_span(&src->key)) <= 0)
		return true;
	if (!record_is(&src->s.record, "finding"))
		return false;
	buf_char(&src->key, '/');
	return span_cmp(buf_span(&src->last), buf_span(&src->key)) <= 0;
}

/* Reads on to the next record with a path. Those without one before the first keep their place at the head, later ones
 * go behind all. */
static void advance(struct source *src)
{
	struct stream *s = &src->s;
	enum stream_result got;
	const char *why;

	src->waits = false;
	while ((got = stream_next(s)) == STREAM_RECORD) {
		struct buf last = src->last;
		int found;

		src->last = src->key;
		src->key = last;
		buf_reset(&src->key);
		found = record_order(&s->record, &src->key, &why);
		err_place(s->name, s->record.number);
		if (found < 0)
			bad_input("unable to merge by path: %s", why);
		if (found > 0) {
			if (src->has_path && !in_order(src))
				bad_input("unable to merge by path: the stream is not sorted (cp-sort sorts it)");
			src->waits = src->has_path = true;
			return;
		}
		src->key = src->last;
		src->last = last;
		if (src->has_path)
			spool_add(behind, s->record.line);
		else
			emit(&s->record);
	}
	close_source(src, got);
}

static struct source *least(struct source *src, int n)
{
	struct source *found = NULL;

	for (int i = 0; i < n; i++)
		if (src[i].waits && (!found || span_cmp(buf_span(&src[i].key), buf_span(&found->key)) < 0))
			found = &src[i];
	return found;
}

/* All are open at once, and there may be many. */
static void allow_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

static void by_path(int argc, char **argv)
{
	struct source *src = xcalloc((size_t)argc, sizeof(*src)), *next;

	allow_files();
	behind = spool_new();
	for (int i = 0; i < argc; i++)
		open_source(&src[i], argv[i]);
	for (int i = 0; i < argc; i++)
		if (!src[i].broken)
			advance(&src[i]);
	while ((next = least(src, argc))) {
		emit(&next->s.record);
		advance(next);
	}
	spool_emit(behind);
	spool_free(behind);
	free(src);
}

static void start(int argc, char **argv)
{
	int standard = 0;

	for (int i = 0; i < argc; i++)
		standard += strcmp(argv[i], "-") == 0;
	if (standard > 1)
		bad_usage("unable to read standard input more than once");
	if (sorted)
		by_path(argc, argv);
	else
		one_after_another(argc, argv);
	if (gravest)
		filter_leave_open((int)gravest);
}

static const struct filter self = {
	.name = "cp-merge",
	.summary = "join several streams into one",
	.args = "FILE...",
	.reads = "*",
	.writes = "*",
	.opts = options,
	.role = ROLE_JUDGE,
	.flags = FILTER_OWN_INPUT,
	.operands_min = 1,
	.operands_max = UINT_MAX,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
