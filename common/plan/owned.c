#include "plan/internal.h"

#include "os/beneath.h"
#include "store/ownership.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* The rows of one plane, beside what is wanted there. */
struct scan {
	struct planning *p;
	unsigned plane;
	size_t next; /* in wanted */
	struct plan_twins *twins;
};

static _Noreturn void stale(const char *what, const char *why)
{
	bad_input("unable to plan: %s %s (STALE); cp-project --check tells more", what, why);
}

/* --- rows --- */

static void take_own(struct scan *s, const struct registry_row *row)
{
	struct plan_file *f = plan_file_add(&s->p->owned, s->plane, row->path);

	f->type = xstrndup(row->classification.p, row->classification.n);
	if (row->dir || row->mode < 0 || !digest_parse(row->hash, f->sum))
		stale("a registry", "has a row of the package that is no file's");
	f->mode = (unsigned)row->mode;
}

/* Of two packages only one has the documents of a framework, or of a spec. */
static void judge_law(struct scan *s, const struct registry_row *row, const char *dir, struct span id)
{
	struct plan_files *rivals = &s->p->rivals;
	struct plan_file *f;
	size_t n = strlen(dir);

	if (row->path.n <= n + id.n || memcmp(row->path.p, dir, n) != 0 || memcmp(row->path.p + n, id.p, id.n) != 0 ||
	    row->path.p[n + id.n] != '/')
		return;
	for (size_t i = 0; i < rivals->n; i++)
		if (span_is(id, rivals->item[i].source))
			return;
	f = plan_file_add(rivals, s->plane, row->path);
	f->source = xstrndup(id.p, id.n);
	f->owner = xstrndup(row->owner.p, row->owner.n);
}

static void take_other(struct scan *s, const struct registry_row *row)
{
	struct planning *p = s->p;

	while (s->next < p->wanted.n && p->wanted.item[s->next].plane == s->plane &&
	       span_cmp(span_of(p->wanted.item[s->next].path), row->path) < 0)
		s->next++;
	if (s->next < p->wanted.n && p->wanted.item[s->next].plane == s->plane && !p->wanted.item[s->next].outside &&
	    span_is(row->path, p->wanted.item[s->next].path)) {
		if (!p->wanted.item[s->next].owner)
			p->wanted.item[s->next].owner = xstrndup(row->owner.p, row->owner.n);
		return;
	}
	plan_twins_meet(s->twins, s->plane, row->path, row->owner);
	if (p->law)
		judge_law(s, row, "frameworks/", p->manifest.text[M_FRAMEWORK]);
	for (uint32_t i = 0; i < p->specs.n; i++)
		judge_law(s, row, "specs/", ids_text(&p->specs, i));
}

static struct registry *open_registry(struct planning *p, unsigned plane, struct buf *name)
{
	struct buf path = {0};
	struct registry *r;
	int fd, status = STATUS_SYSTEM;

	if (strcmp(plan_planes[plane], "ho3") != 0)
		buf_printf(name, "planes/%s/", plan_planes[plane]);
	buf_str(name, OWNERSHIP_FILE);
	fd = beneath_open(p->ask.root, buf_span(name), O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0 && errno == ENOENT)
		return NULL;
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		stale(buf_cstr(name), "is no file");
	if (fd < 0)
		sys_fail(errno, "unable to read %s", buf_cstr(name));
	buf_printf(&path, "%s/%s", p->ask.root_path, buf_cstr(name));
	r = registry_open_fd(fd, buf_cstr(&path), &status);
	buf_free(&path);
	if (!r)
		filter_abandon((enum status)status);
	return r;
}

static void scan(struct planning *p, unsigned plane, struct plan_twins *twins)
{
	struct scan s = {.p = p, .plane = plane, .twins = twins};
	struct buf name = {0};
	struct registry *r = open_registry(p, plane, &name);
	struct registry_row row;
	unsigned char sum[DIGEST_LEN];
	int got, status = STATUS_SYSTEM;

	while (s.next < p->wanted.n && p->wanted.item[s.next].plane < plane)
		s.next++;
	while (r && (got = registry_next(r, &row, &status)) != 0) {
		if (got < 0)
			filter_abandon((enum status)status);
		p->rows++;
		if (span_eq(row.owner, plan_id(p)) && !(p->known && p->known->state == KNOWN_ADOPTED))
			take_own(&s, &row);
		else
			take_other(&s, &row);
	}
	if (r && strcmp(plan_planes[plane], "ho3") == 0) {
		registry_hash(r, sum);
		digest_text(sum, p->registry_hash);
		p->registry = true;
	}
	registry_close(r);
	buf_free(&name);
}

/* --- are they what the ledger vouches for? --- */

static void note_installed(void *ctx, struct known *k)
{
	*(bool *)ctx |= k->state == KNOWN_INSTALLED || k->state == KNOWN_ADOPTED;
}

static void judge_anchor(struct planning *p)
{
	const char *said = projection_registry_hash(p->project.state);
	bool any = p->rows > 0;

	if (said && !p->registry)
		stale(OWNERSHIP_FILE, "is not there, and the ledger vouches for one");
	if (said && !span_is((struct span){p->registry_hash, DIGEST_TEXT}, said))
		stale(OWNERSHIP_FILE, "is not the one that the ledger vouches for");
	projection_each(p->project.state, OF_PACKAGES, note_installed, &any);
	if (!said && any)
		stale(OWNERSHIP_FILE, "is vouched for by no entry of the ledger");
}

/* Also on the planes whose registry has no hash in the ledger, the package owns what its manifest says. */
static void judge_own(struct planning *p)
{
	plan_files_sort(&p->owned);
	plan_files_sort(&p->vouched);
	for (size_t i = 0; i < p->owned.n || i < p->vouched.n; i++) {
		struct plan_file *a = &p->owned.item[i], *b = &p->vouched.item[i];

		if (i >= p->owned.n || i >= p->vouched.n || plan_file_cmp(a, b) != 0 || a->mode != b->mode ||
		    memcmp(a->sum, b->sum, DIGEST_LEN) != 0)
			stale("what the registries say that the package owns", "is not what its manifest says");
		a->source = b->source;
		b->source = NULL;
	}
}

void owned_read(struct planning *p)
{
	struct plan_twins *twins = plan_twins_new(&p->wanted);

	for (unsigned i = 0; i < PLAN_PLANES; i++)
		scan(p, i, twins);
	judge_anchor(p);
	judge_own(p);
	plan_twins_end(twins, &p->owned);
	for (size_t i = 0; i < p->wanted.n; i++)
		if (p->wanted.item[i].owner)
			plan_fault(p, CODE_DUPLICATE, &p->wanted.item[i], "it is owned by %s", p->wanted.item[i].owner);
	for (size_t i = 0; i < p->rivals.n; i++)
		plan_fault(p, CODE_DUPLICATE, &p->rivals.item[i], "%s is of %s already, and only one package may "
			   "bring it", p->rivals.item[i].source, p->rivals.item[i].owner);
}
