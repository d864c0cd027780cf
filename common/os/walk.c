#include "os/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { LIST_BYTES = 64 * 1024, FDS_KEPT = WALK_FDS / 2 };

/* A name in a directory. `key` is its first eight bytes (a directory's with the slash behind), big-endian, so that most
 * comparisons are one of integers. */
struct name {
	uint64_t key;
	uint32_t off; /* in names: the bytes, for a directory a slash until it is sorted, NUL */
	uint16_t len; /* without the slash */
	uint16_t type; /* S_IFMT bits */
};

/* A directory between the root and the present place. */
struct frame {
	int fd; /* -1: closed to save descriptors */
	int lost; /* why it could not be opened again, an errno */
	uint64_t dev, ino, mount;
	size_t first, next; /* its names: entry[first .. w->entries), next the one to come */
	size_t end;
	size_t names; /* where its bytes start */
	size_t path; /* length of its path */
};

struct walk {
	struct frame *frame;
	size_t depth, frame_cap;
	size_t lowest; /* the first frame above the root that is open */
	struct name *entry;
	size_t entry_cap;
	struct buf names, path;
	char *list;
	walk_decide *decide;
	void *ctx;
	unsigned flags;
};

static struct frame *top(struct walk *w)
{
	return &w->frame[w->depth - 1];
}

static mode_t type_of(int dir, const struct dirent64 *d)
{
	struct stat st;

	if (d->d_type != DT_UNKNOWN)
		return DTTOIF(d->d_type);
	if (fstatat(dir, d->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return S_IFREG; /* the stat that follows says why */
	return st.st_mode & S_IFMT;
}

static uint64_t key_of(const char *p, size_t n)
{
	unsigned char k[8] = {0};

	memcpy(k, p, n < 8 ? n : 8);
	return (uint64_t)k[0] << 56 | (uint64_t)k[1] << 48 | (uint64_t)k[2] << 40 | (uint64_t)k[3] << 32 |
	       (uint64_t)k[4] << 24 | (uint64_t)k[5] << 16 | (uint64_t)k[6] << 8 | k[7];
}

static void add_name(struct walk *w, size_t at, const char *p, size_t n, mode_t type)
{
	struct name *e;

	if (at == w->entry_cap) {
		w->entry_cap = w->entry_cap ? w->entry_cap * 2 : 256;
		w->entry = xreallocarray(w->entry, w->entry_cap, sizeof(*w->entry));
	}
	e = &w->entry[at];
	e->off = (uint32_t)w->names.n;
	e->len = (uint16_t)n;
	e->type = (uint16_t)type;
	buf_add(&w->names, p, n);
	if (S_ISDIR(type))
		buf_char(&w->names, '/');
	e->key = key_of(w->names.p + e->off, w->names.n - e->off);
	buf_char(&w->names, '\0');
}

static int name_cmp(const void *x, const void *y, void *names)
{
	const struct name *a = x, *b = y;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return strcmp((char *)names + a->off, (char *)names + b->off);
}

/* Sorts the frame's names; a name that the kernel listed twice, because it was renamed meanwhile, counts once. */
static void sort_names(struct walk *w, struct frame *f)
{
	struct name *e = w->entry + f->first;
	size_t n = f->end - f->first, kept = 0;

	if (n > 1)
		qsort_r(e, n, sizeof(*e), name_cmp, w->names.p);
	for (size_t i = 0; i < n; i++) {
		if (S_ISDIR(e[i].type))
			w->names.p[e[i].off + e[i].len] = '\0';
		if (kept && !strcmp(w->names.p + e[kept - 1].off, w->names.p + e[i].off))
			continue;
		e[kept++] = e[i];
	}
	f->end = f->first + kept;
}

/* Reads the names of f->fd, behind those of the frames below. 0, or an errno with nothing read. */
static int list_names(struct walk *w, struct frame *f)
{
	ssize_t n;

	f->end = f->next = f->first;
	f->names = w->names.n;
	while ((n = getdents64(f->fd, w->list, LIST_BYTES)) > 0) {
		for (ssize_t at = 0; at < n;) {
			struct dirent64 *d = (struct dirent64 *)(w->list + at);

			at += d->d_reclen;
			if (d->d_name[0] == '.' && (!d->d_name[1] || (d->d_name[1] == '.' && !d->d_name[2])))
				continue;
			add_name(w, f->end++, d->d_name, strlen(d->d_name), type_of(f->fd, d));
		}
		if (w->names.n > UINT32_MAX - LIST_BYTES) {
			n = -1;
			errno = EFBIG;
			break;
		}
	}
	if (n < 0) {
		f->end = f->first;
		w->names.n = f->names;
		return errno;
	}
	sort_names(w, f);
	return 0;
}

static int64_t ns_of(struct statx_timestamp t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Facts of `name` in `dir` (of dir itself with an empty name). 0 or an errno. */
static int facts(int dir, const char *name, struct walk_entry *e, uint64_t *mount)
{
	struct statx x;
	int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (*name ? 0 : AT_EMPTY_PATH);

	if (statx(dir, name, flags, STATX_BASIC_STATS | STATX_MNT_ID, &x) < 0)
		return errno;
	e->mode = x.stx_mode;
	e->dev = makedev(x.stx_dev_major, x.stx_dev_minor);
	e->ino = x.stx_ino;
	e->links = x.stx_nlink;
	e->size = x.stx_size;
	e->mtime = ns_of(x.stx_mtime);
	e->ctime = ns_of(x.stx_ctime);
	*mount = x.stx_mask & STATX_MNT_ID ? x.stx_mnt_id : 0;
	e->mount = (x.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
	e->facts = true;
	return 0;
}

static int open_dir(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* The name that led from the frame below into frame i. */
static const char *frame_name(struct walk *w, size_t i)
{
	return w->names.p + w->entry[w->frame[i - 1].next - 1].off;
}

static bool same_dir(int fd, const struct frame *f)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == f->dev && st.st_ino == f->ino;
}

/* Opens the closed top frame again, from the root down, keeping the nearest of those on the way. All frames but the
 * root are closed when it is called. */
static void reopen(struct walk *w)
{
	size_t last = w->depth - 1, keep = last > FDS_KEPT ? last - FDS_KEPT : 1, i;
	int dir = w->frame[0].fd, fd, number;

	for (i = 1; i <= last; i++) {
		fd = open_dir(dir, frame_name(w, i));
		number = errno;
		if (i > 1 && i - 1 < keep)
			close(dir);
		if (fd >= 0 && !same_dir(fd, &w->frame[i])) {
			close(fd);
			fd = -1;
			number = ENOENT;
		}
		if (fd < 0)
			break;
		if (i >= keep)
			w->frame[i].fd = fd;
		dir = fd;
	}
	w->lowest = i > last ? keep : w->depth;
	if (i > last)
		return;
	top(w)->lost = number;
	while (i-- > keep) {
		close(w->frame[i].fd);
		w->frame[i].fd = -1;
	}
}

static void push(struct walk *w, const struct frame *f)
{
	if (w->depth == w->frame_cap) {
		w->frame_cap = w->frame_cap ? w->frame_cap * 2 : 32;
		w->frame = xreallocarray(w->frame, w->frame_cap, sizeof(*w->frame));
	}
	w->frame[w->depth++] = *f;
	if (w->lowest > w->depth - 1)
		w->lowest = w->depth - 1;
	if (w->depth - w->lowest >= WALK_FDS) {
		close(w->frame[w->lowest].fd);
		w->frame[w->lowest++].fd = -1;
	}
}

static void pop(struct walk *w)
{
	struct frame *f = top(w);

	if (w->depth > 1 && f->fd >= 0)
		close(f->fd);
	w->names.n = f->names;
	w->depth--;
	if (w->depth && top(w)->fd < 0 && !top(w)->lost && top(w)->next < top(w)->end)
		reopen(w);
}

static void spoilt(struct walk_entry *e, int number)
{
	e->number = number;
	e->error = number == ENOTDIR || number == ELOOP || number == ENOENT ? WALK_CHANGING : WALK_UNREADABLE;
}

/* Opens and lists directory e and makes it the present place. False: it vanished. */
static bool enter(struct walk *w, struct walk_entry *e)
{
	struct frame *up = top(w);
	struct frame f = {.first = up->end, .path = w->path.n, .names = w->names.n};
	size_t name = (size_t)(e->name - w->names.p);
	int number;

	f.end = f.next = f.first;
	f.fd = open_dir(e->parent, e->name);
	if (f.fd < 0) {
		spoilt(e, errno);
		number = facts(e->parent, e->name, e, &f.mount);
		return number != ENOENT;
	}
	number = facts(f.fd, "", e, &f.mount);
	f.dev = e->dev;
	f.ino = e->ino;
	if (!number)
		e->mount = e->mount || e->dev != up->dev || f.mount != up->mount;
	if (!number && !(e->mount && w->flags & WALK_XDEV))
		number = w->path.n > WALK_PATH_MAX - 256 ? ENAMETOOLONG : list_names(w, &f);
	if (number)
		spoilt(e, number);
	if (f.end > f.first) {
		push(w, &f);
	} else {
		close(f.fd);
		w->names.n = f.names;
	}
	e->name = w->names.p + name; /* the names may have moved */
	return true;
}

/* Facts of anything but a directory. False: it vanished. */
static bool look(struct walk *w, struct walk_entry *e)
{
	uint64_t mount = 0;
	int number = facts(e->parent, e->name, e, &mount);

	if (number == ENOENT)
		return false;
	if (number) {
		spoilt(e, number);
	} else if ((e->mode & S_IFMT) != e->type) {
		e->error = WALK_CHANGING;
		e->facts = false;
	} else {
		e->mount = e->mount || e->dev != top(w)->dev;
	}
	return true;
}

struct walk *walk_open(int root, unsigned flags, walk_decide *decide, void *ctx)
{
	struct walk *w = xcalloc(1, sizeof(*w));
	struct frame f = {.fd = root};
	struct walk_entry e = {0};
	int number;

	w->flags = flags;
	w->decide = decide;
	w->ctx = ctx;
	w->list = xmalloc(LIST_BYTES);
	/* A second walk of one descriptor sees what the first saw. */
	number = lseek(root, 0, SEEK_SET) < 0 ? errno : facts(root, "", &e, &f.mount);
	if (!number) {
		f.dev = e.dev;
		f.ino = e.ino;
		number = list_names(w, &f);
	}
	push(w, &f);
	w->lowest = 1;
	if (number) {
		walk_close(w);
		errno = number;
		return NULL;
	}
	return w;
}

bool walk_next(struct walk *w, struct walk_entry *e)
{
	while (w->depth) {
		struct frame *f = top(w);
		const struct name *n;

		if (f->next == f->end) {
			pop(w);
			continue;
		}
		n = &w->entry[f->next++];
		w->path.n = f->path;
		if (f->path)
			buf_char(&w->path, '/');
		buf_add(&w->path, w->names.p + n->off, n->len);
		if (w->decide && w->decide(w->ctx, buf_span(&w->path), n->type) == WALK_LEAVE)
			continue;
		*e = (struct walk_entry){.path = buf_span(&w->path), .name = w->names.p + n->off, .parent = f->fd,
					 .type = n->type};
		if (f->fd < 0) {
			spoilt(e, f->lost);
			return true;
		}
		if (S_ISREG(n->type) && w->flags & WALK_LAZY)
			return true;
		if (S_ISDIR(n->type) ? enter(w, e) : look(w, e))
			return true;
	}
	return false;
}

const char *walk_filetype(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return "file";
	case S_IFDIR: return "dir";
	case S_IFLNK: return "symlink";
	case S_IFIFO: return "fifo";
	case S_IFSOCK: return "socket";
	case S_IFBLK: return "block";
	case S_IFCHR: return "char";
	default: return "unknown";
	}
}

void walk_close(struct walk *w)
{
	if (!w)
		return;
	for (size_t i = 1; i < w->depth; i++) {
		if (w->frame[i].fd >= 0)
			close(w->frame[i].fd);
	}
	free(w->frame);
	free(w->entry);
	free(w->list);
	buf_free(&w->names);
	buf_free(&w->path);
	free(w);
}
