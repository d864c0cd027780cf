#include "model/state.h"

#include "base/text.h"
#include "data/jsonw.h"

#include <stdio.h>
#include <stdlib.h>

const char *state_leaf(struct buf *b, const struct disk *d)
{
	bool link = d->type == DISK_SPECIAL;
	char mode[8] = "link";

	if (!d->hash.n)
		return "has no hash (cp-hash adds it)";
	if (!link && d->mode == MODE_UNKNOWN)
		return "has no mode";
	if (!link && d->size < 0)
		return "has no size";
	if (!link)
		snprintf(mode, sizeof(mode), "%04o", (unsigned)d->mode & 07777);
	/* The members are written in the order RFC 8785 sorts them into. */
	jsonw_open(b, NULL);
	jsonw_str(b, "hash", d->hash);
	jsonw_cstr(b, "mode", mode);
	jsonw_str(b, "path", d->path);
	if (!link)
		jsonw_int(b, "size", d->size);
	jsonw_close(b);
	return NULL;
}

void legacy_tree_add(struct legacy_tree *t, const unsigned char hash[DIGEST_LEN])
{
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 1024;
		t->hash = xreallocarray(t->hash, t->cap, DIGEST_LEN);
	}
	memcpy(t->hash[t->n++], hash, DIGEST_LEN);
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, DIGEST_LEN);
}

static void pair(struct digest *d, const unsigned char *left, const unsigned char *right, unsigned char *out)
{
	char text[4 * DIGEST_LEN];

	hex_encode(left, DIGEST_LEN, text);
	hex_encode(right, DIGEST_LEN, text + 2 * DIGEST_LEN);
	digest_bytes(d, text, sizeof(text), out);
}

bool legacy_tree_root(struct legacy_tree *t, struct digest *d, unsigned char out[DIGEST_LEN])
{
	size_t n = t->n;

	if (!n)
		return false;
	/* Lower-case hex sorts as the bytes do. */
	qsort(t->hash, n, DIGEST_LEN, by_bytes);
	for (; n > 1; n = (n + 1) / 2) {
		for (size_t i = 0; i < n; i += 2)
			pair(d, t->hash[i], t->hash[i + 1 < n ? i + 1 : i], t->hash[i / 2]);
	}
	memcpy(out, t->hash[0], DIGEST_LEN);
	free(t->hash);
	*t = (struct legacy_tree){0};
	return true;
}
