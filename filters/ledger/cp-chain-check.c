/* cp-chain-check: is a ledger whole, unaltered, and as long as it was? */
#include "audit/above.h"
#include "audit/notes.h"
#include "audit/seen.h"
#include "audit/verify.h"
#include "base/crew.h"
#include "base/num.h"
#include "data/jsonw.h"
#include "filter/effect.h"
#include "filter/share.h"
#include "ledger/record.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static const char *profile_name, *checkpoint_file, *vkey, *parent_path;
static struct opt_list witnesses;
static bool partial, chain_only, no_seen, show_progress;
static int64_t jobs = -1;
static enum check_profile profile;
static struct progress progress;
static struct filter self;

/* What is known of the ledger under way. */
static struct {
	struct check_ask ask;
	struct check *check;      /* of a stream */
	const char *source;       /* for evidence that no line shows */
	struct evidence evidence;
	struct seen seen;
	struct opening genesis;
	struct buf genesis_line;
	bool have_genesis, asked; /* asked: what was said elsewhere was compared */
	bool unchecked;           /* not_checked said why */
	enum rollback_level least;
	uint64_t faults;
	struct buf name, part;    /* of a stream: its ledger, and the file of the last entry */
	uint64_t line;
} now;

static void fault(void *ctx, enum code code, enum severity severity, const struct finding_place *place,
		  const char *detail)
{
	(void)ctx;
	now.faults += severity == SEVERITY_ERROR;
	finding_at(code, severity, place, "%s", detail);
}

static void resolved(void *ctx, uint64_t size, const unsigned char *head, const unsigned char *root)
{
	(void)ctx;
	evidence_resolved(&now.evidence, size, head, root);
}

/* --- evidence --- */

static void add_checkpoint(const struct opening *o)
{
	uint64_t found = filter_findings();
	struct buf from = {0};
	struct note_file f;
	struct evidence_item *i;
	enum rollback_level level;

	if (!checkpoint_file)
		return;
	note_file_read(&f, checkpoint_file);
	if (!span_eq(f.checkpoint.origin, o->ledger))
		bad_input("unable to use the checkpoint: it is of the ledger %.*s", (int)f.checkpoint.origin.n,
			  f.checkpoint.origin.p);
	level = note_file_level(&f, vkey, &witnesses);
	now.faults += filter_findings() - found;
	buf_printf(&from, "the checkpoint %s", checkpoint_file);
	i = evidence_add(&now.evidence, level, buf_cstr(&from), f.checkpoint.size);
	i->has_root = true;
	memcpy(i->root, f.checkpoint.root, DIGEST_LEN);
	err_place(NULL, 0);
	note_file_free(&f);
	buf_free(&from);
}

static void add_seen(const struct opening *o)
{
	struct evidence_item *i;

	if (no_seen || o->kind != OPENING_GENESIS)
		return;
	seen_read(&now.seen, o);
	if (!now.seen.known)
		return;
	i = evidence_add(&now.evidence, LEVEL_LOCAL, "an earlier check", now.seen.size);
	i->has_head = digest_parse((struct span){now.seen.head, DIGEST_TEXT}, i->head);
}

/* A check that did not get what it needs has not passed, whatever it found. */
static void not_checked(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void not_checked(const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	complain("%s", buf_cstr(&b));
	filter_raise(STATUS_INPUT);
	buf_free(&b);
	now.unchecked = true;
}

static void add_parent(const struct opening *o)
{
	struct check_ask ask = now.ask;
	struct above a;

	if (!parent_path)
		return;
	if (o->kind != OPENING_GENESIS) {
		not_checked("unable to ask the ledger above: the GENESIS of %s is not here", now.source);
		return;
	}
	above_read(&a, parent_path, o, &ask, now.source, &progress, &now.evidence);
	if (a.other || !a.opened)
		fault(NULL, CODE_PARENT, SEVERITY_ERROR, &(struct finding_place){now.source, 1, 0},
		      a.other ? "the ledger above opened another ledger of this name"
			      : "the ledger above did not open it");
}

/* --- one ledger --- */

static void opened(void *ctx, struct check *c, const struct opening *o)
{
	struct genesis g;

	(void)ctx;
	now.asked = true;
	now.least = LEVEL_UNCHECKED;
	if (o->kind == OPENING_GENESIS) {
		buf_reset(&now.genesis_line);
		buf_span_add(&now.genesis_line, o->entry.line);
		opening_parse(&now.genesis, buf_span(&now.genesis_line));
		now.have_genesis = true;
		if (!genesis_read(&g, &o->entry))
			now.least = g.level;
	}
	/* Whoever reads the stream takes the record's word for whose entries these are. */
	if (now.check && !span_eq(buf_span(&now.name), o->ledger))
		fault(NULL, CODE_GENESIS, SEVERITY_ERROR, &(struct finding_place){buf_cstr(&now.part), 1, -1},
		      "its records name another ledger than its first entry");
	add_checkpoint(o);
	add_seen(o);
	add_parent(o);
	evidence_want(&now.evidence, c);
}

static void begin(const char *source)
{
	evidence_free(&now.evidence);
	now.have_genesis = now.asked = now.unchecked = false;
	now.least = LEVEL_UNCHECKED;
	now.faults = 0;
	now.source = source;
	now.seen.known = false;
	now.ask = (struct check_ask){
		.profile = profile, .tree = !chain_only || checkpoint_file || parent_path, .partial = partial,
		.schemas = chain_only ? -1 : share_schemas(), .jobs = jobs < 0 ? crew_jobs() : (unsigned)jobs,
		.fault = fault, .opened = opened, .resolved = resolved,
	};
}

static void report_v1(struct buf *b, const struct check_result *r)
{
	jsonw_int(b, "entries", (int64_t)r->tally.entries);
	jsonw_int(b, "first_seq", (int64_t)r->first_seq);
	jsonw_int(b, "hash_ok", (int64_t)r->tally.hash_ok);
	jsonw_int(b, "altered", (int64_t)r->tally.altered);
	jsonw_int(b, "unhashed", (int64_t)r->tally.unhashed);
	jsonw_int(b, "malformed", (int64_t)r->tally.malformed);
	jsonw_int(b, "breaks", (int64_t)r->tally.breaks);
	jsonw_int(b, "roots", (int64_t)r->tally.roots);
	if (r->have_head)
		digest_member(b, "head_hash", r->head);
	if (r->have_root)
		digest_member(b, "root_hash", r->root);
	jsonw_bool(b, "schemas", now.ask.schemas >= 0);
}

static void report_loose(struct buf *b, const struct check_result *r)
{
	const struct loose_tally *t = &r->loose;

	jsonw_int(b, "entries", (int64_t)t->lines);
	jsonw_int(b, "hash_ok", (int64_t)t->hash_ok);
	jsonw_int(b, "altered", (int64_t)t->altered);
	jsonw_int(b, "unhashed", (int64_t)t->unhashed);
	jsonw_int(b, "malformed", (int64_t)t->malformed);
	jsonw_int(b, "roots", (int64_t)t->roots);
	jsonw_int(b, "forks", (int64_t)t->forks);
	jsonw_int(b, "missing_parents", (int64_t)t->missing_parents);
	if (r->loose_head.n)
		jsonw_str(b, "last_entry_hash", r->loose_head);
}

static void report(const struct check_result *r, const struct verified *v, enum rollback_level level)
{
	static const char *const formats[] = {[FORMAT_V1] = "v1", [FORMAT_SEED] = "seed", [FORMAT_LEGACY] = "legacy"};
	struct buf *b = out_record("report"), label = {0};

	source_label(&label, span_of(now.source));
	jsonw_str(b, "source", buf_span(&label));
	buf_free(&label);
	jsonw_cstr(b, "profile", formats[r->format]);
	if (now.have_genesis)
		jsonw_str(b, "ledger", now.genesis.ledger);
	if (r->format == FORMAT_V1)
		report_v1(b, r);
	else
		report_loose(b, r);
	if (v) {
		jsonw_int(b, "segments", (int64_t)v->segments);
		jsonw_int(b, "archived", (int64_t)v->archived);
	}
	jsonw_cstr(b, "level", rollback_level_name(level));
	jsonw_int(b, "faults", (int64_t)now.faults);
	conclude_out();
}

/* What may not outlive a crash is not kept, nor, when a stream holds it, can we know. What falls short of its level is
 * not kept either: asking twice would make it local. */
static void keep_seen(const struct check_result *r, const struct verified *v)
{
	bool part = v && v->synced_size && v->synced_size < r->size;
	uint64_t size = part ? v->synced_size : r->size;

	if (no_seen || !v || now.faults || now.unchecked || !r->whole || !r->have_head ||
	    (now.seen.known && now.seen.size >= size))
		return;
	if (!seen_write(&now.seen, now.genesis.ledger, size, part ? v->synced_head : r->head))
		warn("unable to keep what was seen of %s: there is no place for it (--no-seen)", now.source);
}

static void conclude(const struct check_result *r, const struct verified *v)
{
	enum rollback_level level = evidence_judge(&now.evidence, r, &now.ask, now.source);
	uint64_t lines = r->format == FORMAT_V1 ? r->tally.lines : r->loose.lines;

	if (!lines && !now.faults)
		not_checked("unable to check %s: there is no entry in it", now.source);
	report(r, v, level);
	if ((checkpoint_file || parent_path) && r->format != FORMAT_V1)
		not_checked("unable to check %s by evidence: it is of an earlier format", now.source);
	else if ((checkpoint_file || parent_path) && !now.asked && !now.faults)
		not_checked("unable to check %s by evidence: it does not begin as a ledger does", now.source);
	if (now.evidence.out_of_reach)
		not_checked("unable to check %s by evidence that is of the entries before its first", now.source);
	if (level < now.least)
		not_checked("unable to trust %s: its level is %s, and its GENESIS asks for %s", now.source,
			    rollback_level_name(level), rollback_level_name(now.least));
	keep_seen(r, v);
}

static void check_file(const char *path)
{
	struct verified v;

	begin(path);
	verify_ledger(path, &now.ask, &progress, &v);
	conclude(&v.result, &v);
	verify_end(&v);
}

/* --- a stream of entries --- */

static void end_stream(void)
{
	struct chain_link first, last;
	struct check_result r;

	if (!now.check)
		return;
	check_part_end(now.check, &first, &last);
	check_finish(now.check, &r);
	conclude(&r, NULL);
	check_free(now.check);
	now.check = NULL;
}

static void feed(struct span bytes)
{
	while (bytes.n) {
		size_t room;
		char *p = check_room(now.check, &room);
		size_t n = bytes.n < room ? bytes.n : room;

		memcpy(p, bytes.p, n);
		check_added(now.check, n);
		bytes.p += n;
		bytes.n -= n;
	}
}

/* Another ledger, another file of it, or a line that does not follow the last one. */
static void place_entry(struct span ledger, struct span source, uint64_t line)
{
	struct chain_link first, last;

	if (!now.check || !span_eq(ledger, buf_span(&now.name))) {
		end_stream();
		buf_reset(&now.name);
		buf_span_add(&now.name, ledger);
		begin(buf_cstr(&now.name));
		now.check = check_new(&now.ask);
		buf_reset(&now.part);
		now.line = 0;
	} else if (span_eq(source, buf_span(&now.part)) && line == now.line + 1) {
		now.line = line;
		return;
	} else {
		check_part_end(now.check, &first, &last);
	}
	buf_reset(&now.part);
	buf_span_add(&now.part, source);
	now.line = line;
	check_part(now.check, buf_cstr(&now.part), line);
}

static void step(struct record *r)
{
	static struct buf scratch[2];
	struct span ledger, source;
	uint32_t entry = record_get(r, "entry");
	int64_t line, seq, said;

	if (!record_is(r, "entry"))
		return;
	if (!entry || r->json.node[entry].type != JSON_OBJECT || !record_str(r, "ledger", &ledger, &scratch[0]) ||
	    !record_str(r, "source", &source, &scratch[1]) || !record_int(r, "line", 1, NUM_MAX_SAFE, &line))
		bad_input("unable to trust the entry: it lacks ledger, source, line or entry");
	if (record_get(r, "seq") &&
	    (!record_int(r, "seq", 0, NUM_MAX_SAFE, &said) ||
	     (json_int(&r->json, json_get(&r->json, entry, "seq"), 0, NUM_MAX_SAFE, &seq) && seq != said)))
		bad_input("unable to trust the entry: its seq is not that of its record");
	place_entry(ledger, source, (uint64_t)line);
	feed(json_source(&r->json, entry));
	feed(SPAN("\n"));
}

static void finish(bool complete)
{
	if (!complete)
		return;
	if (self.role == ROLE_JUDGE && !now.check)
		not_checked("unable to check: there was no entry in the stream");
	end_stream();
	progress_close(&progress);
}

static void start(int argc, char **argv)
{
	static const char *const names[] = {[PROFILE_AUTO] = "auto", [PROFILE_V1] = "v1", [PROFILE_SEED] = "seed",
					    [PROFILE_LEGACY] = "legacy"};

	for (unsigned i = 0; profile_name && i < sizeof names / sizeof *names; i++)
		if (strcmp(profile_name, names[i]) == 0)
			profile = (enum check_profile)i;
	if ((vkey || witnesses.n) && !checkpoint_file)
		bad_usage("unable to use a key without --checkpoint");
	if (argc > 1 && (checkpoint_file || parent_path))
		bad_usage("unable to use --checkpoint or --parent for several ledgers");
	progress_open(&progress, show_progress);
	if (argc)
		self.role = ROLE_SOURCE;
	for (int i = 0; i < argc; i++)
		check_file(argv[i]);
}

static const struct opt opts[] = {
	{.name = "profile",
	 .value = "auto|v1|seed|legacy",
	 .summary = "the format (default: what the first line says)",
	 .kind = OPT_CHOICE,
	 .target = &profile_name},
	{.name = "checkpoint",
	 .value = "CHECKPOINT",
	 .summary = "a checkpoint that it must have passed",
	 .kind = OPT_STR,
	 .target = &checkpoint_file},
	{.name = "vkey",
	 .value = "VKEY",
	 .summary = "the key that signed the checkpoint",
	 .kind = OPT_STR,
	 .target = &vkey},
	{.name = "witness",
	 .value = "VKEY",
	 .summary = "a witness that must have signed it too",
	 .kind = OPT_LIST,
	 .target = &witnesses},
	{.name = "parent",
	 .value = "PARENT",
	 .summary = "the ledger above: check it, and what it says of this one",
	 .kind = OPT_STR,
	 .target = &parent_path},
	{.name = "partial", .summary = "accept a chain that does not begin at GENESIS", .target = &partial},
	{.name = "chain-only",
	 .summary = "neither schemas nor root: only lines, hashes and links",
	 .target = &chain_only},
	{.name = "no-seen", .summary = "neither ask nor keep how far it was seen", .target = &no_seen},
	{.name = "jobs",
	 .value = "N",
	 .summary = "threads (default: one a processor; 0: none)",
	 .kind = OPT_INT,
	 .target = &jobs,
	 .min = 0,
	 .max = 256},
	{.name = "progress", .summary = "show how far it is, on a terminal", .target = &show_progress},
	{0},
};

static struct filter self = {
	.name = "cp-chain-check",
	.summary = "check that a ledger is whole, unaltered and as long as it was",
	.args = "[LEDGER...]",
	.reads = "entry",
	.writes = "finding report",
	.opts = opts,
	.role = ROLE_JUDGE,
	.operands_max = -1U,
	.start = start,
	.step = step,
	.finish = finish,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
