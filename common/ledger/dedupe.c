#include "ledger/dedupe.h"

#include "filter/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct dedupe {
	struct dedupe_hit *hit;
	size_t n, cap;
	bool sorted;
	struct digest *digest;
	struct entry entry;
	/* how far was looked: bytes of the active file that began with this seq */
	bool looked;
	uint64_t first_seq, offset;
};

struct dedupe *dedupe_new(void)
{
	struct dedupe *d = xcalloc(1, sizeof *d);

	d->digest = digest_new();
	return d;
}

void dedupe_free(struct dedupe *d)
{
	for (size_t i = 0; i < d->n; i++)
		free((char *)(uintptr_t)d->hit[i].key.p);
	free(d->hit);
	digest_free(d->digest);
	entry_free(&d->entry);
	free(d);
}

bool dedupe_empty(const struct dedupe *d) { return !d->n; }

void dedupe_want(struct dedupe *d, struct span key)
{
	char *copy = xmalloc(key.n);

	memcpy(copy, key.p, key.n);
	if (d->n == d->cap) {
		d->cap = d->cap ? 2 * d->cap : 16;
		d->hit = xreallocarray(d->hit, d->cap, sizeof *d->hit);
	}
	d->hit[d->n++] = (struct dedupe_hit){.key = {copy, key.n}};
	d->sorted = false;
}

static int by_key(const void *x, const void *y)
{
	return span_cmp(((const struct dedupe_hit *)x)->key, ((const struct dedupe_hit *)y)->key);
}

static void sort(struct dedupe *d)
{
	size_t n = 0;

	if (d->sorted)
		return;
	if (d->n)
		qsort(d->hit, d->n, sizeof *d->hit, by_key);
	for (size_t i = 0; i < d->n; i++) {
		if (n && span_eq(d->hit[n - 1].key, d->hit[i].key))
			free((char *)(uintptr_t)d->hit[i].key.p);
		else
			d->hit[n++] = d->hit[i];
	}
	d->n = n;
	d->sorted = true;
}

struct dedupe_hit *dedupe_find(struct dedupe *d, struct span key)
{
	struct dedupe_hit want = {.key = key};

	sort(d);
	return d->n ? bsearch(&want, d->hit, d->n, sizeof *d->hit, by_key) : NULL;
}

static void look_at(struct dedupe *d, struct span line)
{
	struct dedupe_hit *h;

	if (!memmem(line.p, line.n, "\"dedupe_key\":", 13) || entry_read(&d->entry, line) || !d->entry.dedupe_key.n)
		return;
	h = dedupe_find(d, d->entry.dedupe_key);
	if (!h || h->found || !d->entry.entry_hash.p)
		return;
	h->found = true;
	h->seq = d->entry.seq;
	memcpy(h->hash, d->entry.entry_hash.p, DIGEST_TEXT);
	memcpy(h->stamp, d->entry.timestamp.p, ENTRY_STAMP);
	entry_body_sum(d->digest, &d->entry.json, d->entry.author, h->body);
}

/* Returns how many bytes of whole lines there were. */
static uint64_t look_through(struct dedupe *d, struct source *s)
{
	struct span line;
	uint64_t bytes = 0;

	for (; source_must_line(s, &line); bytes += line.n + 1)
		look_at(d, line);
	return bytes;
}

void dedupe_look(struct dedupe *d, struct place *p, const struct snapshot *known)
{
	const struct segment *part;
	struct source s;
	uint64_t offset = 0, bytes;

	if (source_open(&s, p, known) < 0)
		sys_fail(errno, "unable to read the ledger %s", p->path);
	if (!known) /* before the lock: what lies behind may be cut off until then */
		source_only_synced(&s);
	if (d->looked) /* what was sealed since is looked at again: it holds what is new */
		source_skip(&s, d->first_seq);
	while (source_must(&s, &part)) {
		if (d->looked && !part && s.opening.first_seq == d->first_seq && s.left >= d->offset) {
			offset = d->offset;
			s.left -= offset;
			if (lseek(s.fd, (off_t)offset, SEEK_SET) < 0)
				sys_fail(errno, "unable to read %s", buf_cstr(&s.name));
		}
		bytes = look_through(d, &s);
		offset += part ? 0 : bytes;
	}
	d->looked = true;
	d->first_seq = s.opening.first_seq;
	d->offset = offset;
	source_close(&s);
}
