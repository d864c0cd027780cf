#include "catalog/ids.h"

#include <stdlib.h>

void ids_add(struct ids *s, struct span text, uint32_t value)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->item = xreallocarray(s->item, s->cap, sizeof *s->item);
	}
	buf_room(&s->text, text.n + 1); /* the text of nothing has an address, too */
	s->item[s->n++] = (struct id_item){s->text.n, (uint32_t)text.n, value};
	buf_span_add(&s->text, text);
}

struct span ids_text(const struct ids *s, uint32_t i)
{
	return (struct span){s->text.p + s->item[i].off, s->item[i].n};
}

static int compare(const void *a, const void *b, void *text)
{
	const struct id_item *x = a, *y = b;
	const char *p = text;
	int by_text = span_cmp((struct span){p + x->off, x->n}, (struct span){p + y->off, y->n});

	return by_text ? by_text : (x->value > y->value) - (x->value < y->value);
}

void ids_sort(struct ids *s)
{
	if (s->n)
		qsort_r(s->item, s->n, sizeof *s->item, compare, s->text.p);
}

uint32_t ids_find(const struct ids *s, struct span text)
{
	uint32_t low = 0, high = s->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (span_cmp(ids_text(s, middle), text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->n && span_eq(ids_text(s, low), text) ? low : UINT32_MAX;
}

void ids_free(struct ids *s)
{
	buf_free(&s->text);
	free(s->item);
	*s = (struct ids){0};
}
