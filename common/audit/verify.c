#include "audit/verify.h"

#include "filter/filter.h"
#include "ledger/source.h"
#include "os/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct verifier {
	const struct check_ask *ask;
	struct check *check;
	struct place place;
	struct source source;
	struct progress *progress;
	struct verified *out;
	uint64_t bytes;
	bool synced; /* FILE.durable is about this file, and the file is no shorter */
	struct durable durable;
};

static void tell(struct verifier *v, enum code code, enum severity severity, uint64_t line, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
static void tell(struct verifier *v, enum code code, enum severity severity, uint64_t line, const char *fmt, ...)
{
	const char *source = v->source.name.n ? buf_cstr(&v->source.name) : v->place.path;
	struct buf text = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	v->ask->fault(v->ask->ctx, code, severity, &(struct finding_place){source, line, -1}, buf_cstr(&text));
	buf_free(&text);
}

/* --- the parts --- */

static void judge_segment(struct verifier *v, const struct segment *part, const struct chain_link *first,
			  const struct chain_link *last)
{
	if (!first->line)
		tell(v, CODE_SEGMENT, SEVERITY_ERROR, 0, "there is no entry in it");
	else if (first->read && (uint64_t)first->seq != part->first)
		tell(v, CODE_SEGMENT, SEVERITY_ERROR, 1, "its first entry is %lld, not what its name says",
		     (long long)first->seq);
	else if (last->read && (uint64_t)last->seq != part->last)
		tell(v, CODE_SEGMENT, SEVERITY_ERROR, 0, "its last entry is %lld, not what its name says",
		     (long long)last->seq);
	else if (last->read && !last->sealed)
		tell(v, CODE_SEGMENT, SEVERITY_ERROR, last->line, "it does not end with SEGMENT_SEALED");
	else if (last->read && (uint64_t)last->sealed_first != part->first)
		tell(v, CODE_SEGMENT, SEVERITY_ERROR, last->line, "SEGMENT_SEALED says that it begins with %lld",
		     (long long)last->sealed_first);
}

/* Bytes behind the last LF: of a line that nobody was told is there, or of one that was. */
static void judge_tail(struct verifier *v, size_t tail)
{
	if (tail && v->synced)
		tell(v, CODE_TORN, SEVERITY_WARNING, 0, "%zu bytes behind the last entry, never acknowledged: the next "
		     "append or cp-ledger-recover takes them away", tail);
	else if (tail)
		tell(v, CODE_TORN, SEVERITY_ERROR, 0, "the last line is cut: %zu bytes without a line feed", tail);
	if (v->source.snapshot.unfinished)
		tell(v, CODE_TORN, SEVERITY_WARNING, 0, "a batch whose writer died lies behind the last entry, never "
		     "acknowledged: the next append or cp-ledger-recover takes it away");
	if (v->source.snapshot.doubtful)
		tell(v, CODE_TORN, SEVERITY_ERROR, 0, "FILE.lock says that its last batch was not finished, and no "
		     "FILE.durable says what was synced; cp-ledger-recover looks at it");
}

static void read_part(struct verifier *v, const struct segment *part)
{
	const char *why = NULL;
	ssize_t got;
	size_t room;
	char *p;

	for (;;) {
		p = check_room(v->check, &room);
		got = source_read(&v->source, p, room, &why);
		if (got <= 0)
			break;
		check_added(v->check, (size_t)got);
		v->bytes += (uint64_t)got;
		progress_say(v->progress, "%s: %llu MiB", buf_cstr(&v->source.name),
			     (unsigned long long)v->bytes >> 20);
	}
	if (got < 0 && (!part || part->form == SEGMENT_PLAIN))
		sys_fail(0, "unable to read %s: %s", buf_cstr(&v->source.name), why);
	if (got < 0)
		tell(v, CODE_SEGMENT, SEVERITY_ERROR, 0, "the archive is damaged: %s", why);
	else if ((why = source_fault(&v->source)))
		tell(v, CODE_SEGMENT, SEVERITY_ERROR, 0, "%s", why);
}

static void follow_part(struct verifier *v, const struct segment *part)
{
	struct chain_link first, last;
	size_t tail;

	check_part(v->check, buf_cstr(&v->source.name), 1);
	read_part(v, part);
	tail = check_part_end(v->check, &first, &last);
	if (!part)
		judge_tail(v, tail);
	else if (tail)
		tell(v, CODE_TORN, SEVERITY_ERROR, 0, "the last line is cut: %zu bytes without a line feed", tail);
	if (part)
		judge_segment(v, part, &first, &last);
}

static void missing(struct verifier *v, uint64_t from, uint64_t to)
{
	tell(v, CODE_SEGMENT, SEVERITY_ERROR, 0, "the entries %llu to %llu before it are missing",
	     (unsigned long long)from, (unsigned long long)to);
	check_gap(v->check);
}

static void follow_parts(struct verifier *v, struct verified *out)
{
	const struct opening *o = &v->source.opening;
	const struct segment *part;
	const char *why;
	uint64_t next = 0;
	int got;

	while ((got = source_next(&v->source, &part, &why)) != SOURCE_NO_PART) {
		if (got == SOURCE_PART_DAMAGED) {
			tell(v, CODE_SEGMENT, SEVERITY_ERROR, 0, "the archive is damaged: %s", why);
			check_gap(v->check);
			next = part->last + 1;
			continue;
		}
		if (got == SOURCE_PART_FAILED)
			sys_fail(0, "unable to open %s: %s", buf_cstr(&v->source.name), why);
		uint64_t begins = part ? part->first : o->kind <= OPENING_SEGMENT ? o->first_seq : next;

		/* That the first ones are missing is seen by the first entry. */
		if (begins > next && next)
			missing(v, next, begins - 1);
		else if (begins < next)
			tell(v, CODE_SEGMENT, SEVERITY_ERROR, 0, "it begins before the segment before it ends");
		follow_part(v, part);
		out->segments += part != NULL;
		out->archived += part && part->form != SEGMENT_PLAIN;
		if (part)
			next = part->last + 1;
	}
}

/* --- what lies beside it --- */

/* Is the line that ends at the synced offset the one that was synced? */
static bool same_head(struct verifier *v)
{
	char line[ENTRY_BYTES + 2];
	size_t n = v->durable.offset < sizeof line ? (size_t)v->durable.offset : sizeof line, i = n;
	struct entry e = {0};
	bool same = n > 1 && pread(v->source.active, line, n, (off_t)(v->durable.offset - n)) == (ssize_t)n;

	while (i > 1 && line[i - 2] != '\n')
		i--;
	same = same && line[n - 1] == '\n' && !entry_read(&e, (struct span){line + i - 1, n - i}) && e.entry_hash.p &&
	       memcmp(e.entry_hash.p, v->durable.head_hash, DIGEST_TEXT) == 0;
	if (same && digest_parse(e.entry_hash, v->out->synced_head))
		v->out->synced_size = (uint64_t)e.seq + 1;
	entry_free(&e);
	return same;
}

static void judge_durable(struct verifier *v)
{
	const struct opening *o = &v->source.opening;
	struct durable *d = &v->durable;

	if (d->known && o->kind > OPENING_SEGMENT && v->ask->profile != PROFILE_V1)
		tell(v, CODE_GENESIS, SEVERITY_ERROR, 1,
		     "a ledger of format cp-ledger/1 was synced here, and is not here");
	if (d->known && o->kind <= OPENING_SEGMENT && d->first_seq > o->first_seq)
		tell(v, CODE_ROLLBACK, SEVERITY_ERROR, 0, "a file of it that begins with %llu was synced; this one is "
		     "older", (unsigned long long)d->first_seq);
	if (!d->known || o->kind > OPENING_SEGMENT || d->first_seq != o->first_seq)
		return;
	if (d->offset > v->source.snapshot.size) {
		tell(v, CODE_ROLLBACK, SEVERITY_ERROR, 0, "%llu bytes of it were synced, %llu are there",
		     (unsigned long long)d->offset, (unsigned long long)v->source.snapshot.size);
		return;
	}
	v->synced = true;
	if (!same_head(v))
		tell(v, CODE_FORK, SEVERITY_ERROR, 0, "the entry that was synced last is not there");
}

static void judge_poison(struct verifier *v)
{
	struct stat st;

	if (fstatat(v->place.dir, place_name(&v->place, ".poisoned"), &st, AT_SYMLINK_NOFOLLOW) == 0)
		tell(v, CODE_POISONED, SEVERITY_ERROR, 0, "a sync of it has failed; cp-ledger-recover looks at it");
}

/* GENESIS of an adopted ledger names the bytes that went before. */
static void judge_legacy(struct verifier *v, const struct opening *genesis)
{
	const struct json *j = &genesis->entry.json;
	uint32_t legacy = json_get(j, 0, "legacy");
	unsigned char want[DIGEST_LEN], got[DIGEST_LEN];
	struct span file = {0}, hash;
	struct buf name = {0}, scratch = {0};
	uint32_t at;
	struct digest *d;
	struct stat st;
	int fd;

	if (!legacy || j->node[legacy].type != JSON_OBJECT)
		return;
	at = json_get(j, legacy, "file");
	if (at && j->node[at].type == JSON_STRING)
		file = json_string(j, at, &scratch);
	if (!file.n || !entry_text(j, legacy, "sha256", &hash) ||
	    !digest_parse(hash, want) || memchr(file.p, '\0', file.n)) {
		tell(v, CODE_GENESIS, SEVERITY_ERROR, 1, "it does not say what it goes on from");
		return;
	}
	buf_span_add(&name, file);
	fd = beneath_open(v->place.dir, file, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	d = digest_new();
	errno = fd < 0 ? errno : fstat(fd, &st) < 0 ? errno : S_ISREG(st.st_mode) ? 0 : EINVAL;
	if (errno || digest_fd(d, fd, got, NULL) < 0)
		tell(v, CODE_SEGMENT, SEVERITY_ERROR, 0, "the ledger it goes on from, %s, cannot be read: %s",
		     buf_cstr(&name), strerror(errno));
	else if (memcmp(want, got, DIGEST_LEN) != 0)
		tell(v, CODE_SEGMENT, SEVERITY_ERROR, 0, "the ledger it goes on from, %s, is not what was sealed",
		     buf_cstr(&name));
	if (fd >= 0)
		close(fd);
	digest_free(d);
	buf_free(&name);
	buf_free(&scratch);
}

/* --- all of it --- */

static void opened(void *ctx, struct check *c, const struct opening *o)
{
	struct verifier *v = ctx;

	judge_legacy(v, o);
	if (v->out->synced_size && v->ask->resolved)
		check_want(c, v->out->synced_size);
	if (v->ask->opened)
		v->ask->opened(v->ask->ctx, c, o);
}

static void pass_fault(void *ctx, enum code code, enum severity severity, const struct finding_place *place,
		       const char *detail)
{
	struct verifier *v = ctx;

	v->ask->fault(v->ask->ctx, code, severity, place, detail);
}

static void pass_resolved(void *ctx, uint64_t size, const unsigned char *head, const unsigned char *root)
{
	struct verifier *v = ctx;

	if (size == v->out->synced_size && root) {
		v->out->have_synced_root = true;
		memcpy(v->out->synced_root, root, DIGEST_LEN);
	}
	v->ask->resolved(v->ask->ctx, size, head, root);
}

static void pass_collected(void *ctx, struct span line)
{
	struct verifier *v = ctx;

	v->ask->collected(v->ask->ctx, line);
}

static void verify(const char *path, const struct check_ask *ask, struct progress *progress, struct verified *out,
		   bool locked)
{
	struct verifier v = {.ask = ask, .progress = progress, .out = out};
	struct check_ask own = *ask;
	struct snapshot all = {.settled = true};
	struct stat st;

	*out = (struct verified){.segments = 0};
	own.ctx = &v;
	own.fault = pass_fault;
	own.opened = opened;
	own.resolved = ask->resolved ? pass_resolved : NULL;
	own.collected = ask->collected ? pass_collected : NULL;
	if (place_open(&v.place, path, true) < 0 ||
	    (locked && fstatat(v.place.dir, v.place.name, &st, AT_SYMLINK_NOFOLLOW) < 0))
		sys_fail(errno, "unable to open the ledger %s", path);
	if (locked)
		all.size = (uint64_t)st.st_size;
	/* Before the file: that may grow or be rotated meanwhile, and is never behind what was synced. */
	durable_read(&v.place, &v.durable);
	if (source_open(&v.source, &v.place, locked ? &all : NULL) < 0)
		sys_fail(errno, "unable to open the ledger %s", path);
	if (v.source.opening.kind == OPENING_EMPTY && !v.source.snapshot.size) {
		err_place(path, 0);
		bad_input("unable to check the ledger: it is empty");
	}
	v.check = check_new(&own);
	judge_durable(&v);
	if (v.source.stray)
		tell(&v, CODE_ROLLBACK, SEVERITY_ERROR, 0, "a sealed segment holds entries %llu to %llu; this file is "
		     "an older one", (unsigned long long)v.source.strange.first,
		     (unsigned long long)v.source.strange.last);
	judge_poison(&v);
	follow_parts(&v, out);
	check_finish(v.check, &out->result);
	out->check = v.check;
	source_close(&v.source);
	place_close(&v.place);
}

void verify_ledger(const char *path, const struct check_ask *ask, struct progress *progress, struct verified *v)
{
	verify(path, ask, progress, v, false);
}

void verify_ledger_locked(const char *path, const struct check_ask *ask, struct progress *progress, struct verified *v)
{
	verify(path, ask, progress, v, true);
}

void verify_end(struct verified *v)
{
	check_free(v->check);
	v->check = NULL;
}
