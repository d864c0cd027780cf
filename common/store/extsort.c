#include "store/extsort.h"

#include "os/out.h"
#include "os/save.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { RUN_BUFFER_MAX = 64 << 10, RUN_BUFFER_MIN = 4 << 10 };

/* Every entry, in memory and in a run: this head, the key, the value. */
struct head {
	uint32_t key, value;
};

/* Sorted instead of the entries: the key's first bytes decide most comparisons without a look at the arena. */
struct slot {
	uint64_t prefix;
	size_t at;
};

/* One sorted run while merging: a window of the temporary file. `at` is where its current entry starts. */
struct run {
	off_t next, end;
	struct buf window;
	size_t at;
	struct span key, value;
};

struct extsort {
	size_t memory;
	struct buf arena;
	struct slot *slot;
	size_t count, slots;
	struct run *run;
	size_t runs, run_cap;
	int fd;
	off_t written;
	size_t *heap; /* indices of runs, the smallest first; empty runs are left out */
	size_t heaped, run_buffer;
	size_t given; /* entries handed out, when all are in memory */
	bool started;
};

struct extsort *extsort_new(size_t memory)
{
	struct extsort *s = xcalloc(1, sizeof(*s));

	s->memory = memory;
	s->fd = -1;
	return s;
}

static void entry_at(const char *p, struct span *key, struct span *value)
{
	struct head h;

	memcpy(&h, p, sizeof(h));
	*key = (struct span){p + sizeof(h), h.key};
	*value = (struct span){p + sizeof(h) + h.key, h.value};
}

/* The first eight bytes as a number that compares as they do; shorter keys are filled with zeros. */
static uint64_t prefix_of(struct span key)
{
	uint64_t v = 0;

	for (size_t i = 0; i < sizeof(v); i++)
		v = v << 8 | (i < key.n ? (unsigned char)key.p[i] : 0);
	return v;
}

static int slot_cmp(const void *a, const void *b, void *ctx)
{
	const struct slot *x = a, *y = b;
	const struct extsort *s = ctx;
	struct span kx, ky, value;
	int c;

	if (x->prefix != y->prefix)
		return x->prefix < y->prefix ? -1 : 1;
	entry_at(s->arena.p + x->at, &kx, &value);
	entry_at(s->arena.p + y->at, &ky, &value);
	c = span_cmp(kx, ky);
	if (c)
		return c;
	return x->at < y->at ? -1 : 1;
}

static void sort_arena(struct extsort *s)
{
	if (s->count > 1)
		qsort_r(s->slot, s->count, sizeof(*s->slot), slot_cmp, s);
}

static int spill(struct extsort *s)
{
	struct out o;
	struct run *r;

	if (s->fd < 0) {
		s->fd = temp_open();
		if (s->fd < 0)
			return -1;
	}
	sort_arena(s);
	if (s->runs == s->run_cap) {
		s->run_cap = s->run_cap ? 2 * s->run_cap : 16;
		s->run = xreallocarray(s->run, s->run_cap, sizeof(*s->run));
	}
	r = &s->run[s->runs++];
	*r = (struct run){.next = s->written};
	out_open(&o, s->fd);
	for (size_t i = 0; i < s->count; i++) {
		const char *p = s->arena.p + s->slot[i].at;
		struct head h;

		memcpy(&h, p, sizeof(h));
		out_add(&o, p, sizeof(h) + h.key + h.value);
	}
	if (out_flush(&o) < 0) {
		int e = o.error;

		buf_free(&o.b);
		errno = e;
		return -1;
	}
	buf_free(&o.b);
	s->written += (off_t)s->arena.n;
	r->end = s->written;
	buf_reset(&s->arena);
	s->count = 0;
	return 0;
}

int extsort_add(struct extsort *s, struct span key, struct span value)
{
	struct head h = {(uint32_t)key.n, (uint32_t)value.n};
	/* A slot, and the copy of it that sorting may make. */
	size_t each = sizeof(h) + key.n + value.n + 2 * sizeof(struct slot);

	if (s->count && s->arena.n + 2 * s->count * sizeof(struct slot) + each > s->memory && spill(s) < 0)
		return -1;
	if (s->count == s->slots) {
		s->slots = s->slots ? 2 * s->slots : 256;
		s->slot = xreallocarray(s->slot, s->slots, sizeof(*s->slot));
	}
	s->slot[s->count++] = (struct slot){prefix_of(key), s->arena.n};
	buf_add(&s->arena, &h, sizeof(h));
	buf_span_add(&s->arena, key);
	buf_span_add(&s->arena, value);
	return 0;
}

/* Makes n bytes at r->at present in the window. */
static int run_need(struct extsort *s, struct run *r, size_t n)
{
	while (r->window.n - r->at < n) {
		size_t want = s->run_buffer > n ? s->run_buffer : n;
		ssize_t got;

		if (r->at) {
			memmove(r->window.p, r->window.p + r->at, r->window.n - r->at);
			r->window.n -= r->at;
			r->at = 0;
		}
		want -= r->window.n;
		if ((off_t)want > r->end - r->next)
			want = (size_t)(r->end - r->next);
		got = pread(s->fd, buf_room(&r->window, want), want, r->next);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			errno = got ? errno : EIO;
			return -1;
		}
		r->window.n += (size_t)got;
		r->next += got;
	}
	return 0;
}

/* Steps the run to its next entry: 1, 0 at its end, -1. */
static int run_step(struct extsort *s, struct run *r)
{
	struct head h;

	if (r->key.p)
		r->at += sizeof(h) + r->key.n + r->value.n;
	if (r->at == r->window.n && r->next == r->end)
		return 0;
	if (run_need(s, r, sizeof(h)) < 0)
		return -1;
	memcpy(&h, r->window.p + r->at, sizeof(h));
	if (run_need(s, r, sizeof(h) + (size_t)h.key + h.value) < 0)
		return -1;
	entry_at(r->window.p + r->at, &r->key, &r->value);
	return 1;
}

/* Is run a's entry before run b's? Earlier runs hold earlier entries. */
static bool before(const struct extsort *s, size_t a, size_t b)
{
	int c = span_cmp(s->run[a].key, s->run[b].key);

	return c ? c < 0 : a < b;
}

static void sift_down(struct extsort *s, size_t i)
{
	for (;;) {
		size_t child = 2 * i + 1, swap;

		if (child >= s->heaped)
			return;
		if (child + 1 < s->heaped && before(s, s->heap[child + 1], s->heap[child]))
			child++;
		if (!before(s, s->heap[child], s->heap[i]))
			return;
		swap = s->heap[i];
		s->heap[i] = s->heap[child];
		s->heap[child] = swap;
		i = child;
	}
}

static int start(struct extsort *s)
{
	s->started = true;
	if (!s->runs) {
		sort_arena(s);
		return 0;
	}
	if (s->count && spill(s) < 0)
		return -1;
	buf_free(&s->arena);
	free(s->slot);
	s->slot = NULL;
	s->run_buffer = s->memory / s->runs;
	if (s->run_buffer > RUN_BUFFER_MAX)
		s->run_buffer = RUN_BUFFER_MAX;
	if (s->run_buffer < RUN_BUFFER_MIN)
		s->run_buffer = RUN_BUFFER_MIN;
	s->heap = xcalloc(s->runs, sizeof(*s->heap));
	for (size_t i = 0; i < s->runs; i++) {
		int more = run_step(s, &s->run[i]);

		if (more < 0)
			return -1;
		if (more)
			s->heap[s->heaped++] = i;
	}
	for (size_t i = s->heaped; i-- > 0;)
		sift_down(s, i);
	return 0;
}

/* The entry last handed out is at the top of the heap: step its run, then look again. */
static int merge_next(struct extsort *s, struct span *key, struct span *value)
{
	struct run *r;

	if (s->given && s->heaped) {
		int more = run_step(s, &s->run[s->heap[0]]);

		if (more < 0)
			return -1;
		if (!more)
			s->heap[0] = s->heap[--s->heaped];
		sift_down(s, 0);
	}
	if (!s->heaped)
		return 0;
	s->given = 1;
	r = &s->run[s->heap[0]];
	*key = r->key;
	*value = r->value;
	return 1;
}

int extsort_next(struct extsort *s, struct span *key, struct span *value)
{
	if (!s->started && start(s) < 0)
		return -1;
	if (s->runs)
		return merge_next(s, key, value);
	if (s->given == s->count)
		return 0;
	entry_at(s->arena.p + s->slot[s->given++].at, key, value);
	return 1;
}

void extsort_free(struct extsort *s)
{
	if (!s)
		return;
	buf_free(&s->arena);
	free(s->slot);
	for (size_t i = 0; i < s->runs; i++)
		buf_free(&s->run[i].window);
	free(s->run);
	free(s->heap);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}
