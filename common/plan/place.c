#include "plan/internal.h"

#include "base/crew.h"
#include "os/beneath.h"
#include "store/filehash.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { FEW = 64 /* not worth a thread */ };

/* What is hashed: `flags` of an item. */
enum { OF_OWNED, OF_OCCUPIED };

static const char *thing(mode_t mode)
{
	return S_ISDIR(mode) ? "a directory" : S_ISLNK(mode) ? "a symbolic link" : "something that is no file";
}

/* --- where files are to be --- */

static void judge_there(struct planning *p, struct plan_file *f, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		plan_fault(p, CODE_OCCUPIED, f, "%s is there", thing(st->st_mode));
	else if (!p->ask.force)
		plan_fault(p, CODE_OCCUPIED, f, "a file that nobody owns is there (--force replaces it)");
	else
		f->occupied = true;
}

/* Does it lie in the directory that was not there a moment ago? */
static bool lies_nowhere(const struct buf *nowhere, struct span path)
{
	return nowhere->n && path.n > nowhere->n && memcmp(path.p, nowhere->p, nowhere->n) == 0 &&
	       path.p[nowhere->n] == '/';
}

static void note_nowhere(struct buf *nowhere, struct span path)
{
	const char *slash = memrchr(path.p, '/', path.n);

	buf_reset(nowhere);
	buf_add(nowhere, path.p, slash ? (size_t)(slash - path.p) : 0);
}

static void judge_new(struct planning *p, struct plan_file *f, struct beneath_parent *parent, struct buf *nowhere)
{
	struct span path = plan_full_path(f);
	const char *name;
	struct stat st;
	int dir;

	if (lies_nowhere(nowhere, path))
		return;
	dir = beneath_parent(parent, p->ask.root, path, &name);
	if (dir >= 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		judge_there(p, f, &st);
	else if (errno == ELOOP || errno == ENOTDIR)
		plan_fault(p, CODE_OCCUPIED, f, "a name above it is no directory");
	else if (err_is_ours(errno))
		sys_fail(errno, "unable to look at %s", f->path);
	else if (errno != ENOENT)
		plan_fault(p, CODE_UNREADABLE, f, "%s", strerror(errno));
	else if (dir < 0)
		note_nowhere(nowhere, path);
}

/* --- live bytes --- */

static void judge_owned(struct planning *p, struct plan_file *f, const struct filehash_item *it)
{
	switch (it->result) {
	case FILEHASH_GONE:
		plan_fault(p, CODE_MISSING, f, NULL);
		return;
	case FILEHASH_TYPE:
		plan_fault(p, CODE_TYPE, f, NULL);
		return;
	case FILEHASH_CHANGING:
		plan_fault(p, CODE_CHANGING, f, NULL);
		return;
	case FILEHASH_UNREADABLE:
		plan_fault(p, CODE_UNREADABLE, f, NULL);
		return;
	case FILEHASH_OK:
		break;
	}
	f->size = it->bytes;
	if (memcmp(it->sum, f->sum, DIGEST_LEN) != 0)
		plan_fault(p, CODE_MODIFIED, f, NULL);
	else if ((it->mode & 07777) != f->mode)
		plan_fault(p, CODE_MODE, f, "the mode is %04o, and %04o is registered", it->mode & 07777, f->mode);
	if (it->mount)
		plan_fault(p, CODE_MOUNT, f, NULL);
}

static void take_occupied(struct planning *p, struct plan_file *f, const struct filehash_item *it)
{
	if (it->result != FILEHASH_OK || it->mount) {
		plan_fault(p, it->mount ? CODE_MOUNT : it->result == FILEHASH_UNREADABLE ? CODE_UNREADABLE :
			   CODE_CHANGING, f, NULL);
		return;
	}
	memcpy(f->before, it->sum, DIGEST_LEN);
	f->before_mode = it->mode & 07777;
}

static void take(struct planning *p, struct filehash_pool *pool, bool wait)
{
	struct filehash_item *it;

	while ((it = filehash_take(pool, wait)) != NULL) {
		if (it->result == FILEHASH_UNREADABLE && err_is_ours(it->number))
			sys_fail(it->number, "unable to read %s", buf_cstr(&it->path));
		if (it->flags == OF_OWNED)
			judge_owned(p, &p->owned.item[it->at], it);
		else
			take_occupied(p, &p->wanted.item[it->at], it);
		filehash_release(pool);
	}
}

static void hash(struct planning *p, struct filehash_pool *pool, const struct plan_file *f, size_t at, unsigned of)
{
	struct filehash_item *it;

	while ((it = filehash_slot(pool)) == NULL)
		take(p, pool, true);
	buf_span_add(&it->path, plan_full_path(f));
	it->at = (uint32_t)at;
	it->flags = of;
	filehash_submit(pool);
	take(p, pool, false);
}

void place_judge(struct planning *p)
{
	struct beneath_parent parent = {.fd = -1};
	struct buf nowhere = {0};
	struct filehash_pool *pool = filehash_open(p->ask.root, p->owned.n > FEW ? crew_jobs() : 0);

	if (!pool)
		sys_fail(errno, "unable to start hashing");
	for (size_t i = 0; i < p->wanted.n; i++) {
		struct plan_file *f = &p->wanted.item[i];

		if (f->outside || f->owner || plan_file_find(&p->owned, f))
			continue;
		judge_new(p, f, &parent, &nowhere);
		if (f->occupied)
			hash(p, pool, f, i, OF_OCCUPIED);
	}
	for (size_t i = 0; i < p->owned.n; i++)
		hash(p, pool, &p->owned.item[i], i, OF_OWNED);
	take(p, pool, true);
	filehash_close(pool);
	beneath_parent_close(&parent);
	buf_free(&nowhere);
}
