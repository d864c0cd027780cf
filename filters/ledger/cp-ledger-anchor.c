/* cp-ledger-anchor: records in the ledger above how far a ledger has come. */
#include "audit/above.h"
#include "audit/child.h"
#include "audit/notes.h"
#include "base/crew.h"
#include "data/jsonw.h"
#include "filter/filter.h"
#include "filter/share.h"
#include "ledger/rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char *parent_path, *author, *path;
static struct progress none;
static struct evidence evidence;
static struct above above;
static struct opening child;
static struct buf genesis;
static struct check_ask ask;

static void fault(void *ctx, enum code code, enum severity severity, const struct finding_place *place,
		  const char *detail)
{
	(void)ctx;
	finding_at(code, severity, place, "%s", detail);
}

static void resolved(void *ctx, uint64_t size, const unsigned char *head, const unsigned char *root)
{
	(void)ctx;
	evidence_resolved(&evidence, size, head, root);
}

/* What the ledger above has recorded already must still be in it. */
static void opened(void *ctx, struct check *c, const struct opening *o)
{
	(void)ctx;
	buf_span_add(&genesis, o->entry.line);
	opening_parse(&child, buf_span(&genesis));
	above_read(&above, parent_path, o, &ask, path, &none, &evidence);
	evidence_want(&evidence, c);
}

/* The signed checkpoint beside it, where it is of just this position. */
static void find_note(struct note_file *f, const struct position *at)
{
	struct buf name = {0};
	int fd;

	*f = (struct note_file){.text = {0}};
	buf_printf(&name, "%s.checkpoint", path);
	fd = open(buf_cstr(&name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 && slurp_fd(fd, NOTE_BYTES, &f->text) == 0 && f->text.n) {
		note_file_parse(f, buf_span(&f->text), buf_cstr(&name));
		err_place(NULL, 0);
		if (f->checkpoint.size != at->size || memcmp(f->checkpoint.root, at->root, DIGEST_LEN) != 0)
			buf_reset(&f->text);
	}
	if (fd >= 0)
		close(fd);
	buf_free(&name);
}

static void say(const struct book *b, const struct book_ack *ack)
{
	book_ack_write(out_record("ack"), b, ack);
	emit_out();
}

/* How far it is known to outlive a crash. */
static struct position position_of(const struct verified *v)
{
	bool part = v->have_synced_root && v->synced_size < v->result.size;
	struct position at = {.size = part ? v->synced_size : v->result.size};

	digest_text(part ? v->synced_head : v->result.head, at.head);
	memcpy(at.root, part ? v->synced_root : v->result.root, DIGEST_LEN);
	return at;
}

static void record(const struct verified *v)
{
	struct position at = position_of(v);
	struct book_ack ack;
	struct note_file note;
	struct book parent;

	find_note(&note, &at);
	book_open(&parent, parent_path, filter_dry_run());
	parent.author = author;
	if (!above.opened) {
		child_opened(&parent, &child, author, &ack);
		say(&parent, &ack);
	}
	child_checkpoint(&parent, &child, &at, buf_span(&note.text), author, &ack);
	say(&parent, &ack);
	book_close(&parent);
	note_file_free(&note);
}

static void start(int argc, char **argv)
{
	struct verified v;

	(void)argc;
	path = argv[0];
	author = author_name(author);
	book_finish_rotation = rotate_finish;
	ask = (struct check_ask){.profile = PROFILE_V1, .tree = true, .schemas = share_schemas(), .jobs = crew_jobs(),
				 .fault = fault, .opened = opened, .resolved = resolved};
	verify_ledger(path, &ask, &none, &v);
	evidence_judge(&evidence, &v.result, &ask, path);
	if (above.other)
		finding_at(CODE_PARENT, SEVERITY_ERROR, &(struct finding_place){path, 1, 0},
			   "the ledger above opened another ledger of this name");
	if (!v.result.whole || !v.result.have_head || !v.result.have_root)
		finding_at(CODE_GENESIS, SEVERITY_ERROR, &(struct finding_place){path, 1, -1},
			   "only a whole ledger can be anchored");
	if (!filter_findings())
		record(&v);
	verify_end(&v);
	evidence_free(&evidence);
	opening_free(&child);
	buf_free(&genesis);
}

static const struct opt opts[] = {
	{.name = "parent",
	 .value = "PARENT",
	 .summary = "the ledger above",
	 .kind = OPT_STR,
	 .target = &parent_path,
	 .required = true},
	{.name = "author",
	 .value = "NAME",
	 .summary = "who says so (default: uid:N)",
	 .kind = OPT_STR,
	 .target = &author},
	{0},
};

static const struct filter self = {
	.name = "cp-ledger-anchor",
	.summary = "record in the ledger above how far a ledger has come",
	.args = "LEDGER",
	.reads = "",
	.writes = "ack finding",
	.opts = opts,
	.role = ROLE_EFFECT,
	.flags = FILTER_DRY_RUN | FILTER_OWN_INPUT,
	.operands_min = 1,
	.operands_max = 1,
	.start = start,
};

int main(int argc, char **argv)
{
	return filter_main(argc, argv, &self);
}
