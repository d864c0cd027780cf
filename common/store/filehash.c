#include "store/filehash.h"

#include "os/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
	BLOCK = 64 * 1024,        /* stays in the nearer caches: 256 KiB cost up to half as much again */
	SEQUENTIAL = 16 * BLOCK,  /* from here on the kernel is told */
	BULK = 32,                 /* items that are worth waking sleepers for */
	MASK = FILEHASH_RING - 1,
};

struct worker {
	struct filehash_pool *pool;
	struct beneath_parent parent;
	struct digest *digest;
	char *block;
	pthread_t thread;
};

/* Item n stands in item[n & MASK]. Submitted are those below head, handed to workers those below ticket (which may run
 * ahead of head: such a worker waits for its item), taken back those below tail. */
struct filehash_pool {
	int root;
	unsigned jobs;
	uint64_t tail, woken; /* the owner's; woken: head when sleepers were last woken */
	_Atomic uint64_t head, ticket;
	_Atomic unsigned sleepers;
	_Atomic uint64_t awaited; /* number of the item the owner sleeps for, plus one */
	_Atomic bool closing;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct worker *worker;
	struct filehash_item item[FILEHASH_RING];
};

static int64_t ns_of(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool as_wanted(const struct filehash_facts *w, const struct stat *st)
{
	return (!(w->have & HAVE_SIZE) || w->size == (uint64_t)st->st_size) &&
	       (!(w->have & HAVE_DEV) || w->dev == st->st_dev) &&
	       (!(w->have & HAVE_INO) || w->ino == st->st_ino) &&
	       (!(w->have & HAVE_MTIME) || w->mtime == ns_of(st->st_mtim)) &&
	       (!(w->have & HAVE_CTIME) || w->ctime == ns_of(st->st_ctim));
}

static bool unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       ns_of(a->st_mtim) == ns_of(b->st_mtim) && ns_of(a->st_ctim) == ns_of(b->st_ctim);
}

static ssize_t read_block(int fd, char *p, size_t n)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

/* One read that could hold a byte more tells that a small file is whole; the stat behind it says that it stayed so. */
static int read_small(struct worker *w, struct filehash_item *it, int fd, size_t size)
{
	ssize_t got = read_block(fd, w->block, size + 1);

	if (got < 0)
		return errno;
	it->bytes = (uint64_t)got;
	digest_bytes(w->digest, w->block, (size_t)got, it->sum);
	return 0;
}

static int read_large(struct worker *w, struct filehash_item *it, int fd, uint64_t size)
{
	ssize_t got;

	if (size >= SEQUENTIAL)
		posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	digest_start(w->digest);
	while ((got = read_block(fd, w->block, BLOCK)) > 0) {
		digest_add(w->digest, w->block, (size_t)got);
		it->bytes += (uint64_t)got;
		if (it->bytes > size) /* it grows: do not run after it */
			break;
	}
	if (got < 0)
		return errno;
	digest_end(w->digest, it->sum);
	return 0;
}

/* fstat that tells a mount point. */
static int look(int fd, struct stat *st, bool *mount)
{
	struct statx x;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &x) < 0)
		return -1;
	*mount = (x.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
	*st = (struct stat){.st_mode = x.stx_mode, .st_nlink = x.stx_nlink, .st_ino = x.stx_ino,
			    .st_dev = makedev(x.stx_dev_major, x.stx_dev_minor), .st_size = (off_t)x.stx_size,
			    .st_mtim = {x.stx_mtime.tv_sec, x.stx_mtime.tv_nsec},
			    .st_ctim = {x.stx_ctime.tv_sec, x.stx_ctime.tv_nsec}};
	return 0;
}

static enum filehash_result hash_open_file(struct worker *w, struct filehash_item *it, int fd)
{
	struct stat before, after;
	uint64_t size;

	if (look(fd, &before, &it->mount) < 0) {
		it->number = errno;
		return FILEHASH_UNREADABLE;
	}
	it->mode = before.st_mode;
	it->links = before.st_nlink;
	if (!S_ISREG(before.st_mode))
		return FILEHASH_TYPE;
	if (!as_wanted(&it->want, &before))
		return FILEHASH_CHANGING;
	size = (uint64_t)before.st_size;
	it->number = size < BLOCK ? read_small(w, it, fd, (size_t)size) : read_large(w, it, fd, size);
	if (it->number)
		return FILEHASH_UNREADABLE;
	if (it->bytes != size || fstat(fd, &after) < 0 || !unchanged(&before, &after))
		return FILEHASH_CHANGING;
	return FILEHASH_OK;
}

/* A file that cannot be opened may be a socket, a device without a driver, a link, or out of our reach. */
static enum filehash_result not_opened(struct filehash_item *it, int dir, const char *name, int number)
{
	struct stat st;

	it->number = number;
	if (number == ENOENT || number == ENOTDIR)
		return FILEHASH_GONE;
	if (number == ELOOP && dir < 0)
		return FILEHASH_TYPE; /* a link on the way */
	if (dir >= 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		it->mode = st.st_mode;
		if (!S_ISREG(st.st_mode))
			return FILEHASH_TYPE;
	}
	return FILEHASH_UNREADABLE;
}

static void hash_item(struct worker *w, struct filehash_item *it)
{
	const char *name = NULL;
	int dir, fd = -1;

	if (it->skip)
		return;
	dir = beneath_parent(&w->parent, w->pool->root, buf_span(&it->path), &name);
	if (dir >= 0)
		fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		it->result = not_opened(it, dir, name, errno);
		return;
	}
	it->result = hash_open_file(w, it, fd);
	close(fd);
}

static struct filehash_item *item_of(struct filehash_pool *p, uint64_t n)
{
	return &p->item[n & MASK];
}

static bool is_done(struct filehash_pool *p, uint64_t n)
{
	return __atomic_load_n(&item_of(p, n)->done, __ATOMIC_SEQ_CST) != 0;
}

/* Sleeps until item n was submitted; false when the pool closes. */
static bool await_item(struct filehash_pool *p, uint64_t n)
{
	if (p->head > n)
		return true;
	pthread_mutex_lock(&p->lock);
	p->sleepers++;
	while (p->head <= n && !p->closing)
		pthread_cond_wait(&p->work, &p->lock);
	p->sleepers--;
	pthread_mutex_unlock(&p->lock);
	return p->head > n;
}

static void worker_start(struct worker *w, struct filehash_pool *p)
{
	w->pool = p;
	w->parent.fd = -1;
	w->digest = digest_new();
	w->block = xmalloc(BLOCK);
}

static void worker_stop(struct worker *w)
{
	beneath_parent_close(&w->parent);
	digest_free(w->digest);
	free(w->block);
	w->digest = NULL;
	w->block = NULL;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct filehash_pool *p = w->pool;

	for (;;) {
		uint64_t n = p->ticket++;

		if (!await_item(p, n))
			return NULL;
		hash_item(w, item_of(p, n));
		__atomic_store_n(&item_of(p, n)->done, 1, __ATOMIC_SEQ_CST);
		if (p->awaited == n + 1) {
			pthread_mutex_lock(&p->lock);
			pthread_cond_signal(&p->done);
			pthread_mutex_unlock(&p->lock);
		}
	}
}

struct filehash_pool *filehash_open(int root, unsigned jobs)
{
	struct filehash_pool *p = xcalloc(1, sizeof(*p));
	int number;

	p->root = root;
	p->worker = xcalloc(jobs ? jobs : 1, sizeof(*p->worker));
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->done, NULL);
	if (!jobs)
		worker_start(&p->worker[0], p);
	while (p->jobs < jobs) {
		struct worker *w = &p->worker[p->jobs];

		worker_start(w, p);
		number = pthread_create(&w->thread, NULL, work, w);
		if (number) {
			worker_stop(w);
			filehash_close(p);
			errno = number;
			return NULL;
		}
		p->jobs++;
	}
	return p;
}

struct filehash_item *filehash_slot(struct filehash_pool *p)
{
	struct filehash_item *it = item_of(p, p->head);

	if (p->head - p->tail == FILEHASH_RING)
		return NULL;
	buf_reset(&it->record);
	buf_reset(&it->path);
	it->at = it->flags = 0;
	it->skip = false;
	it->want.have = 0;
	it->result = FILEHASH_OK;
	it->number = 0;
	it->mode = 0;
	it->bytes = 0;
	it->done = 0;
	return it;
}

static void wake(struct filehash_pool *p)
{
	p->woken = p->head;
	if (!p->sleepers)
		return;
	pthread_mutex_lock(&p->lock);
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
}

void filehash_submit(struct filehash_pool *p)
{
	p->head++;
	if (p->head - p->woken >= BULK)
		wake(p);
}

static void await_done(struct filehash_pool *p, uint64_t n)
{
	if (is_done(p, n))
		return;
	pthread_mutex_lock(&p->lock);
	p->awaited = n + 1;
	while (!is_done(p, n))
		pthread_cond_wait(&p->done, &p->lock);
	p->awaited = 0;
	pthread_mutex_unlock(&p->lock);
}

struct filehash_item *filehash_take(struct filehash_pool *p, bool wait)
{
	uint64_t last = p->head;

	if (p->tail == last)
		return NULL;
	if (!p->jobs && !is_done(p, p->tail)) {
		hash_item(&p->worker[0], item_of(p, p->tail));
		item_of(p, p->tail)->done = 1;
	}
	if (is_done(p, p->tail))
		return item_of(p, p->tail);
	if (!wait)
		return NULL;
	/* Half of a full ring at a time: to be woken for each single item would cost more than the item. */
	wake(p);
	await_done(p, last - p->tail == FILEHASH_RING ? p->tail + FILEHASH_RING / 2 : last - 1);
	await_done(p, p->tail);
	return item_of(p, p->tail);
}

void filehash_release(struct filehash_pool *p)
{
	p->tail++;
}

unsigned filehash_pending(const struct filehash_pool *p)
{
	return (unsigned)(p->head - p->tail);
}

void filehash_drain(struct filehash_pool *p, bool wait, void (*done)(const struct filehash_item *it))
{
	struct filehash_item *it;

	while (p && (it = filehash_take(p, wait))) {
		done(it);
		filehash_release(p);
	}
}

struct filehash_item *filehash_room(struct filehash_pool *p, void (*done)(const struct filehash_item *it))
{
	struct filehash_item *it = filehash_slot(p);

	if (it)
		return it;
	done(filehash_take(p, true));
	filehash_release(p);
	filehash_drain(p, false, done);
	return filehash_slot(p);
}

void filehash_close(struct filehash_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->closing = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->jobs; i++) {
		pthread_join(p->worker[i].thread, NULL);
		worker_stop(&p->worker[i]);
	}
	if (!p->jobs)
		worker_stop(&p->worker[0]);
	for (unsigned i = 0; i < FILEHASH_RING; i++) {
		buf_free(&p->item[i].record);
		buf_free(&p->item[i].path);
	}
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->done);
	pthread_mutex_destroy(&p->lock);
	free(p->worker);
	free(p);
}
