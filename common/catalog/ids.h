/* Texts with a number each, looked up by their bytes. Sorted, not hashed: no choice of ids makes it slow, and whoever
 * steps through them does so in an order that does not depend on where they came from. */
#ifndef CP_CATALOG_IDS_H
#define CP_CATALOG_IDS_H

#include "base/buf.h"

struct id_item {
	size_t off; /* in text */
	uint32_t n, value;
};

/* Zero-initialise. */
struct ids {
	struct buf text;
	struct id_item *item;
	uint32_t n, cap;
};

void ids_add(struct ids *s, struct span text, uint32_t value);
/* After the last ids_add: in the order of the bytes, of equals in the order of the values. */
void ids_sort(struct ids *s);
struct span ids_text(const struct ids *s, uint32_t i);
/* After ids_sort: the first that equals it, or UINT32_MAX. */
uint32_t ids_find(const struct ids *s, struct span text);
void ids_free(struct ids *s);

#endif
