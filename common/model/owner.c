#include "model/owner.h"

#include "data/relpath.h"

#include <stdio.h>
#include <stdlib.h>

/* A place in the common order. */
struct key {
	struct span path;
	bool dir;
};

/* A thing that waits for the key `path/` to pass. */
struct held {
	struct buf path;
	bool owned;     /* an owned thing that is absent; else an unowned thing on disk */
	enum code code; /* what it is when nothing else comes to light */
	struct buf detail;
};

/* Everything beneath this directory is passed over, on one side. */
struct quiet {
	struct buf dir;
	bool on;
};

struct owner_join {
	struct owner_ends ends;
	struct owned owned; /* the owned side's next, when have */
	struct buf before;  /* the path before it */
	bool have, started;
	struct held *held; /* a stack: each path is a prefix of the next one's */
	unsigned n, cap;
	struct quiet disk_quiet, owned_quiet;
	struct buf last; /* the disk side's last key */
	bool last_dir, any;
	struct owner_counts counts;
};

struct owner_join *owner_join_new(struct owner_ends ends)
{
	struct owner_join *j = xcalloc(1, sizeof *j);

	j->ends = ends;
	return j;
}

void owner_join_free(struct owner_join *j)
{
	for (unsigned i = 0; i < j->cap; i++) {
		buf_free(&j->held[i].path);
		buf_free(&j->held[i].detail);
	}
	free(j->held);
	buf_free(&j->before);
	buf_free(&j->disk_quiet.dir);
	buf_free(&j->owned_quiet.dir);
	buf_free(&j->last);
	free(j);
}

const struct owner_counts *owner_join_counts(const struct owner_join *j)
{
	return &j->counts;
}

static void copy(struct buf *b, struct span s)
{
	buf_reset(b);
	buf_span_add(b, s);
}

static void quiet_set(struct quiet *q, struct span dir)
{
	copy(&q->dir, dir);
	q->on = true;
}

/* Is this place to be passed over? Leaving the directory ends it. */
static bool quiet_at(struct quiet *q, struct key k)
{
	struct span dir = buf_span(&q->dir);

	if (!q->on)
		return false;
	if (relpath_beneath(k.path, dir) || (k.dir && span_eq(k.path, dir)))
		return true;
	if (relpath_cmp(k.path, k.dir, dir, true) > 0)
		q->on = false;
	return false;
}

static void report(struct owner_join *j, enum code c, struct span path, const char *detail)
{
	j->ends.report(j->ends.ctx, c, path, detail);
}

static void hold(struct owner_join *j, struct span path, bool owned, enum code c, const char *detail)
{
	struct held *h;

	if (j->n == j->cap) {
		unsigned cap = j->cap ? j->cap * 2 : 8;

		j->held = xreallocarray(j->held, cap, sizeof *j->held);
		memset(j->held + j->cap, 0, (cap - j->cap) * sizeof *j->held);
		j->cap = cap;
	}
	h = &j->held[j->n++];
	h->owned = owned;
	h->code = c;
	copy(&h->path, path);
	copy(&h->detail, span_of(detail ? detail : ""));
}

/* The order has come to k (NULL: its end), on the disk's or the owned side: what waited for an earlier key is
 * decided. */
static void settle(struct owner_join *j, const struct key *k, bool from_disk)
{
	while (j->n) {
		struct held *h = &j->held[j->n - 1];
		struct span path = buf_span(&h->path);
		bool inside = k && (relpath_beneath(k->path, path) || (k->dir && span_eq(k->path, path)));

		if (k && !inside && relpath_cmp(path, true, k->path, k->dir) > 0)
			return;
		if (inside && h->owned != from_disk)
			return; /* one side names both the thing and what lies beneath it: that is not our question */
		if (inside) {
			report(j, CODE_TYPE, path, h->owned ? "a directory where a file is owned"
							    : "no directory where owned files were");
			quiet_set(h->owned ? &j->disk_quiet : &j->owned_quiet, path);
		} else {
			report(j, h->code, path, h->detail.n ? buf_cstr(&h->detail) : NULL);
		}
		j->n--;
	}
}

/* Fetches the owned side's next, telling of doubles on the way. */
static void advance(struct owner_join *j)
{
	bool dir = j->owned.dir, first = !j->started;

	copy(&j->before, j->owned.path);
	j->started = true;
	while ((j->have = j->ends.next(j->ends.ctx, &j->owned)) && !first && j->owned.dir == dir &&
	       span_eq(j->owned.path, buf_span(&j->before)))
		report(j, CODE_DUPLICATE, j->owned.path, NULL);
}

/* An owned thing that the disk side has passed without naming it. */
static void absent(struct owner_join *j)
{
	struct key k = {j->owned.path, j->owned.dir};

	settle(j, &k, false);
	if (quiet_at(&j->owned_quiet, k)) {
		j->counts.unjudged++;
		return;
	}
	j->counts.judged++;
	if (k.dir)
		report(j, CODE_MISSING, k.path, "an owned directory is absent");
	else
		hold(j, k.path, true, CODE_MISSING, NULL);
}

/* --- one thing on both sides --- */

static void judge_mode(struct owner_join *j, const struct disk *d, int owned)
{
	char detail[80];

	if (d->mode == MODE_UNKNOWN || d->mode == owned)
		return;
	if (owned >= 0)
		snprintf(detail, sizeof detail, "is %04o, registered %04o", (unsigned)d->mode, (unsigned)owned);
	else if (d->mode & 06000)
		snprintf(detail, sizeof detail, "is %04o: set-id, and not registered so", (unsigned)d->mode);
	else if (d->mode & 0002)
		snprintf(detail, sizeof detail, "is %04o: everybody may write it", (unsigned)d->mode);
	else
		return;
	report(j, CODE_MODE, d->path, detail);
}

static void judge_error(struct owner_join *j, const struct disk *d)
{
	static const enum code codes[] = {
		[DISK_UNREADABLE] = CODE_UNREADABLE, [DISK_CHANGING] = CODE_CHANGING, [DISK_GONE] = CODE_MISSING};

	report(j, codes[d->error], d->path, d->error == DISK_GONE ? "vanished while it was looked at" : NULL);
}

static const char *judge_content(struct owner_join *j, const struct disk *d, const struct owned *o)
{
	if (!d->hash.n)
		return "is not hashed (pipe it through cp-hash)";
	if (o->hash.n && !span_eq(d->hash, o->hash))
		report(j, CODE_MODIFIED, d->path, NULL);
	return NULL;
}

static const char *judge_both(struct owner_join *j, const struct disk *d, const struct owned *o)
{
	bool link = o->mode == MODE_LINK;
	char detail[80];
	const char *why;

	if (d->error != DISK_FINE) {
		judge_error(j, d);
		return NULL;
	}
	if (d->mount) {
		report(j, CODE_MOUNT, d->path, NULL);
		return NULL;
	}
	if (link && d->type == DISK_SPECIAL && span_is(d->filetype, "symlink"))
		return judge_content(j, d, o);
	if (link || d->type == DISK_SPECIAL) {
		struct span is = d->type == DISK_SPECIAL ? d->filetype : SPAN("file");

		snprintf(detail, sizeof detail, "a %.*s where a %s is owned", (int)is.n, is.p,
			 link ? "symlink" : "file");
		report(j, CODE_TYPE, d->path, detail);
		return NULL;
	}
	why = judge_content(j, d, o);
	if (why)
		return why;
	judge_mode(j, d, o->mode);
	if (d->links > 1) {
		snprintf(detail, sizeof detail, "an owned file with %llu links", (unsigned long long)d->links);
		report(j, CODE_LINKS, d->path, detail);
	}
	return NULL;
}

/* --- one thing on disk alone --- */

static void judge_dir(struct owner_join *j, const struct disk *d)
{
	if (d->error == DISK_GONE)
		return;
	if (d->error != DISK_FINE) {
		judge_error(j, d);
		quiet_set(&j->owned_quiet, d->path);
	} else if (d->mount) {
		report(j, CODE_MOUNT, d->path, NULL);
		quiet_set(&j->owned_quiet, d->path);
		quiet_set(&j->disk_quiet, d->path);
	} else if (!d->utf8) {
		report(j, CODE_NAME, d->path, NULL);
		quiet_set(&j->disk_quiet, d->path);
	}
}

static void judge_unowned(struct owner_join *j, const struct disk *d)
{
	char detail[80];

	if (d->error == DISK_GONE)
		return;
	j->counts.judged++;
	if (!d->utf8) {
		hold(j, d->path, false, CODE_NAME, NULL);
	} else if (d->mount) {
		hold(j, d->path, false, CODE_MOUNT, NULL);
	} else if (d->type == DISK_SPECIAL) {
		snprintf(detail, sizeof detail, "a %.*s that nobody owns", (int)d->filetype.n, d->filetype.p);
		hold(j, d->path, false, CODE_TYPE, detail);
	} else {
		hold(j, d->path, false, CODE_ORPHAN, NULL);
	}
}

/* Left out by the walk: nothing is said of it, or of what is owned there, unless it should not be there at all. */
static void judge_excluded(struct owner_join *j, const struct disk *d, bool is_owned)
{
	j->counts.excluded++;
	if (d->unexpected) {
		j->counts.judged++;
		report(j, CODE_UNEXPECTED, d->path, NULL);
	}
	if (d->dir)
		quiet_set(&j->owned_quiet, d->path);
	if (is_owned) {
		j->counts.unjudged++;
		advance(j);
	}
}

static const char *judge_owned(struct owner_join *j, const struct disk *d)
{
	const char *why = NULL;

	j->counts.judged++;
	if (d->dir)
		judge_dir(j, d);
	else
		why = judge_both(j, d, &j->owned);
	advance(j);
	return why;
}

/* The disk side must rise. */
static bool in_order(struct owner_join *j, const struct disk *d)
{
	if (j->any && relpath_cmp(buf_span(&j->last), j->last_dir, d->path, d->dir) >= 0)
		return false;
	j->any = true;
	j->last_dir = d->dir;
	copy(&j->last, d->path);
	return true;
}

const char *owner_join_disk(struct owner_join *j, const struct disk *d)
{
	struct key k = {d->path, d->dir};
	int order = 1;

	if (!in_order(j, d))
		return "is not sorted (cp-sort does)";
	if (!j->started)
		advance(j);
	while (j->have && (order = relpath_cmp(j->owned.path, j->owned.dir, d->path, d->dir)) < 0) {
		absent(j);
		advance(j);
	}
	settle(j, &k, true);
	if (d->type == DISK_EXCLUDED)
		judge_excluded(j, d, j->have && order == 0);
	else if (j->have && order == 0)
		return judge_owned(j, d);
	else if (quiet_at(&j->disk_quiet, k))
		return NULL;
	else if (d->dir)
		judge_dir(j, d);
	else
		judge_unowned(j, d);
	return NULL;
}

void owner_join_finish(struct owner_join *j)
{
	if (!j->started)
		advance(j);
	for (; j->have; advance(j))
		absent(j);
	settle(j, NULL, true);
}
