#include "audit/evidence.h"

#include <stdlib.h>

struct evidence_item *evidence_add(struct evidence *e, enum rollback_level level, const char *from, uint64_t size)
{
	if (!(e->n & (e->n - 1))) /* a power of two, or none */
		e->item = xreallocarray(e->item, e->n ? 2 * e->n : 1, sizeof *e->item);
	e->item[e->n] = (struct evidence_item){.from = xstrdup(from), .level = level, .size = size};
	return &e->item[e->n++];
}

static int by_size(const void *x, const void *y)
{
	const struct evidence_item *a = x, *b = y;

	return a->size < b->size ? -1 : a->size > b->size;
}

void evidence_want(struct evidence *e, struct check *c)
{
	if (e->n)
		qsort(e->item, e->n, sizeof *e->item, by_size);
	for (size_t i = 0; i < e->n; i++)
		check_want(c, e->item[i].size);
}

static bool fits(const struct evidence_item *i, const unsigned char *head, const unsigned char *root)
{
	if (i->has_head && (!head || memcmp(head, i->head, DIGEST_LEN) != 0))
		return false;
	return !i->has_root || (root && memcmp(root, i->root, DIGEST_LEN) == 0);
}

void evidence_resolved(struct evidence *e, uint64_t size, const unsigned char *head, const unsigned char *root)
{
	size_t low = 0, high = e->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (e->item[middle].size < size)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low; i < e->n && e->item[i].size == size && !e->item[i].resolved; i++) {
		e->item[i].resolved = true;
		e->item[i].rootless = e->item[i].has_root && !root;
		e->item[i].met = fits(&e->item[i], head, root);
	}
}

static void tell(const struct check_ask *ask, const char *source, enum code code, const struct evidence_item *i,
		 uint64_t size)
{
	struct finding_place place = {source, 0, i->size ? (int64_t)i->size - 1 : -1};
	struct buf text = {0};

	if (code == CODE_ROLLBACK)
		buf_printf(&text, "%s knows of %llu entries, %llu are there", i->from, (unsigned long long)i->size,
			   (unsigned long long)size);
	else
		buf_printf(&text, "its first %llu entries are not those that %s knows of", (unsigned long long)i->size,
			   i->from);
	ask->fault(ask->ctx, code, code_severity(code), &place, buf_cstr(&text));
	buf_free(&text);
}

static bool is_empty_root(const unsigned char root[DIGEST_LEN])
{
	struct digest *d = digest_new();
	unsigned char sum[DIGEST_LEN];

	digest_bytes(d, "", 0, sum);
	digest_free(d);
	return memcmp(sum, root, DIGEST_LEN) == 0;
}

enum rollback_level evidence_judge(struct evidence *e, const struct check_result *r, const struct check_ask *ask,
				   const char *source)
{
	enum rollback_level level = LEVEL_UNCHECKED;

	for (size_t k = 0; k < e->n; k++) {
		struct evidence_item *i = &e->item[k];

		if (!i->size) {
			/* What is of no entries vouches for nothing. */
			if (i->has_root && !is_empty_root(i->root))
				tell(ask, source, CODE_FORK, i, r->size);
		} else if (i->size > r->size) {
			tell(ask, source, CODE_ROLLBACK, i, r->size);
		} else if (!r->whole && (i->size <= r->first_seq || i->rootless)) {
			e->out_of_reach = true;
		} else if (!i->met) {
			tell(ask, source, CODE_FORK, i, r->size);
		} else if ((i->has_head || i->has_root) && i->level > level) {
			level = i->level;
		}
	}
	return level;
}

void evidence_free(struct evidence *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->item[i].from);
	free(e->item);
	*e = (struct evidence){.n = 0};
}
