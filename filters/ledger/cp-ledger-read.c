/* cp-ledger-read: the entries of ledgers as records, in the order of their numbers. */
#include "base/num.h"
#include "filter/filter.h"
#include "ledger/record.h"
#include "record/term.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { POLL_US = 50000 };

static int64_t from = 0, to = NUM_MAX_SAFE;
static struct opt_list events, terms;
static bool follow;
static struct json json;
static struct buf scratch;

/* How far one ledger was read. */
static struct {
	struct place place;
	bool v1, any;
	bool again;                 /* looking for where to go on, in what may have been read before */
	struct buf ledger, source;  /* as the records have them: a name that is not UTF-8 is escaped */
	uint64_t next;              /* seq of the entry that comes next */
	uint64_t first_seq, offset, lines; /* of the active file: what of it was read */
	struct durable synced;      /* as it was before the file was looked at */
} at;

static bool wanted(void)
{
	struct span type = {0};
	bool is = !events.n;

	entry_text(&json, 0, "event_type", &type);
	for (unsigned i = 0; i < events.n && !is; i++)
		is = span_is(type, events.item[i]);
	for (unsigned i = 0; i < terms.n && is; i++)
		is = term_holds(&json, 0, terms.item[i], &scratch);
	return is;
}

static void put(const struct source *s, struct span line, int64_t seq)
{
	entry_members(out_record("entry"), buf_span(&at.ledger), buf_span(&at.source), seq, s->line, line);
	emit_out();
}

/* Its number; of an earlier format the place in the file. */
static int64_t seq_of(const struct source *s)
{
	int64_t seq = at.v1 ? entry_seq(&json) : (int64_t)s->line - 1;

	if (seq < 0)
		bad_input("unable to trust the ledger: the entry has no seq");
	return seq;
}

/* False: `--to` is reached. */
static bool take(struct source *s, struct span line)
{
	int64_t seq;

	entry_line(&json, s, line, at.v1);
	seq = seq_of(s);
	if (at.again && at.v1 && (uint64_t)seq < at.next)
		return true; /* read before it was sealed */
	at.again = false;
	at.any = true;
	at.next = (uint64_t)seq + 1;
	if (seq > to)
		return false;
	if (seq >= from && wanted())
		put(s, line, at.v1 ? seq : -1);
	return seq < to;
}

/* What lies behind the last line feed: nobody was told that it is there, or it is a line that was cut. */
static void judge_tail(struct source *s, bool part)
{
	const struct durable *d = &at.synced;

	err_place(buf_cstr(&s->name), 0);
	if (part || !d->known || d->first_seq != s->opening.first_seq || d->offset > s->snapshot.size - s->to)
		bad_input("unable to trust the ledger: the last line is cut");
	warn("unable to read the last line: it is cut, and was never acknowledged (cp-ledger-recover takes it away)");
	err_place(NULL, 0);
}

/* 1: go on, 0: `--to` is reached. */
static int read_part(struct source *s, bool part)
{
	struct span line;

	buf_reset(&at.source);
	source_label(&at.source, buf_span(&s->name));
	while (source_must_line(s, &line)) {
		if (!part) {
			at.offset += line.n + 1;
			at.lines++;
		}
		if (!take(s, line))
			return 0;
	}
	if (s->cut && !(follow && !part))
		judge_tail(s, part);
	return 1;
}

static void note_ledger(const struct source *s)
{
	at.v1 = s->opening.kind <= OPENING_SEGMENT || s->segments.n;
	buf_reset(&at.ledger);
	ledger_label(&at.ledger, s);
}

/* Goes on behind what was read of the same file. */
static void skip_read(struct source *s)
{
	if (s->opening.first_seq == at.first_seq && at.offset <= s->left) {
		s->left -= at.offset;
		s->line = at.lines;
		if (lseek(s->fd, (off_t)at.offset, SEEK_SET) < 0)
			sys_fail(errno, "unable to read %s", at.place.path);
	} else {
		at.first_seq = s->opening.first_seq;
		at.offset = at.lines = 0;
	}
}

/* Is it what was there before, or more? */
static void check_length(const struct source *s)
{
	const struct durable *d = &at.synced;

	if (!d->known || s->opening.kind > OPENING_SEGMENT)
		return;
	err_place(at.place.path, 0);
	if (d->first_seq > s->opening.first_seq)
		bad_input("unable to trust the ledger: it is an older file of it that came back");
	if (d->first_seq == s->opening.first_seq && d->offset > s->snapshot.size)
		bad_input("unable to trust the ledger: it is shorter than what was synced of it");
	err_place(NULL, 0);
}

/* All that is there, from what was read on. 1: go on, 0: `--to` is reached. */
static int read_once(void)
{
	const struct segment *part;
	struct source s;
	int more = 1;

	durable_read(&at.place, &at.synced);
	if (source_open(&s, &at.place, NULL) < 0)
		sys_fail(errno, "unable to read the ledger %s", at.place.path);
	note_ledger(&s);
	if (!at.any && !s.snapshot.size) {
		err_place(at.place.path, 0);
		bad_input("unable to trust the ledger: it is empty");
	}
	check_length(&s);
	if (follow) /* nothing that it said can be taken back */
		source_only_synced(&s);
	at.again = at.any;
	source_skip(&s, at.any ? at.next : (uint64_t)from);
	while (more && source_must(&s, &part)) {
		if (!part)
			skip_read(&s);
		more = read_part(&s, part != NULL);
	}
	source_close(&s);
	return more;
}

/* Waits until something is different. */
static void await_change(void)
{
	struct durable before, now;

	durable_read(&at.place, &before);
	filter_flush();
	do {
		struct stat st;

		usleep(POLL_US);
		durable_read(&at.place, &now);
		if (!now.known && fstatat(at.place.dir, at.place.name, &st, 0) == 0 &&
		    (uint64_t)st.st_size != at.offset)
			return;
	} while (before.known == now.known && before.offset == now.offset && before.first_seq == now.first_seq &&
		 (!now.known || (now.offset == at.offset && now.first_seq == at.first_seq)));
}

static void read_ledger(const char *path)
{
	at.any = false;
	at.next = at.offset = at.lines = at.first_seq = 0;
	if (place_open(&at.place, path, true) < 0)
		sys_fail(errno, "unable to open the ledger %s", path);
	while (read_once() && follow)
		await_change();
	place_close(&at.place);
}

static void start(int argc, char **argv)
{
	for (unsigned i = 0; i < terms.n; i++)
		if (!term_ok(terms.item[i]))
			bad_usage("unable to use --where %s: KEY=VALUE is wanted", terms.item[i]);
	if (from > to)
		bad_usage("unable to read from %lld to %lld", (long long)from, (long long)to);
	if (follow && argc > 1)
		bad_usage("unable to follow more than one ledger");
	for (int i = 0; i < argc; i++)
		read_ledger(argv[i]);
}

static const struct opt opts[] = {
	{.name = "from",
	 .value = "SEQ",
	 .summary = "the first entry (default 0)",
	 .kind = OPT_INT,
	 .target = &from,
	 .min = 0,
	 .max = NUM_MAX_SAFE},
	{.name = "to",
	 .value = "SEQ",
	 .summary = "the last entry",
	 .kind = OPT_INT,
	 .target = &to,
	 .min = 0,
	 .max = NUM_MAX_SAFE},
	{.name = "event",
	 .value = "TYPE",
	 .summary = "entries of this event_type",
	 .kind = OPT_LIST,
	 .target = &events},
	{.name = "where",
	 .value = "KEY=VALUE",
	 .summary = "entries with this member",
	 .kind = OPT_LIST,
	 .target = &terms},
	{.name = "follow", .summary = "go on with what is appended and synced, across rotations", .target = &follow},
	{0},
};

static const struct filter self = {
	.name = "cp-ledger-read",
	.summary = "read the entries of ledgers as records",
	.args = "LEDGER...",
	.reads = "",
	.writes = "entry",
	.opts = opts,
	.role = ROLE_SOURCE,
	.operands_min = 1,
	.operands_max = -1U,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
