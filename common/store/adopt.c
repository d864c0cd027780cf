#include "store/adopt.h"

#include "data/relpath.h"
#include "filter/filter.h"

static void check_order(struct adopt *a, const struct disk *d)
{
	if (a->last.n && relpath_cmp(buf_span(&a->last), a->last_dir, d->path, d->dir) >= 0)
		bad_input("unable to trust the stream: it is not in path order (cp-sort)");
	buf_reset(&a->last);
	buf_span_add(&a->last, d->path);
	a->last_dir = d->dir;
}

/* The one thing that forbids owning it. False: nothing does. */
static bool refuse(const struct disk *d)
{
	if (!d->utf8)
		finding(CODE_NAME, d->path, NULL);
	else if (d->error == DISK_UNREADABLE)
		finding(CODE_UNREADABLE, d->path, NULL);
	else if (d->error == DISK_CHANGING)
		finding(CODE_CHANGING, d->path, NULL);
	else if (d->error == DISK_GONE)
		finding(CODE_CHANGING, d->path, "went away while the tree was read");
	else if (d->mount)
		finding(CODE_MOUNT, d->path, NULL);
	else if (d->type == DISK_EXCLUDED && d->unexpected)
		finding(CODE_UNEXPECTED, d->path, NULL);
	else if (d->type == DISK_SPECIAL && !span_is(d->filetype, "symlink"))
		finding(CODE_TYPE, d->path, "a %.*s cannot be owned", (int)d->filetype.n, d->filetype.p);
	else
		return false;
	return true;
}

bool adopt_next(struct adopt *a, struct record *r, struct disk *d)
{
	const char *why;
	int got = disk_of(r, d, &why);
	if (got < 0)
		bad_input("unable to trust the record: %s", why);
	a->plane |= record_is(r, "plane");
	if (got == 0)
		return false;
	check_order(a, d);
	if (refuse(d)) {
		a->refused++;
		return false;
	}
	if (d->type != DISK_FILE && d->type != DISK_SPECIAL)
		return false;
	if (d->hash.n == 0)
		bad_input("unable to use what is not hashed (put cp-hash before)");
	return true;
}

void adopt_finish(struct adopt *a)
{
	buf_free(&a->last);
	if (!a->plane)
		bad_input("unable to trust the stream: no plane record says whose files these are");
}
