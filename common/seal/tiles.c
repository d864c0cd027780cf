#include "seal/tiles.h"

void tiles_begin(struct tiles *t, struct digest *d, tiles_put *put, void *ctx)
{
	*t = (struct tiles){.d = d, .put = put, .ctx = ctx};
}

/* 1234067 is x001/x234/067. */
static void add_number(struct buf *b, uint64_t n)
{
	if (n >= 1000) {
		uint64_t above = n / 1000, divisor = 1;

		while (above / divisor >= 1000)
			divisor *= 1000;
		for (; divisor; divisor /= 1000)
			buf_printf(b, "x%03u/", (unsigned)(above / divisor % 1000));
	}
	buf_printf(b, "%03u", (unsigned)(n % 1000));
}

static void put(struct tiles *t, const char *kind, uint64_t number, size_t width, struct span bytes)
{
	buf_reset(&t->path);
	buf_printf(&t->path, "tile/%s/", kind);
	add_number(&t->path, number);
	if (width < TILE_WIDTH)
		buf_printf(&t->path, ".p/%zu", width);
	t->put(t->ctx, buf_cstr(&t->path), bytes);
}

static void put_hashes(struct tiles *t, unsigned level)
{
	char kind[] = {(char)('0' + level), '\0'};

	put(t, kind, t->done[level], t->level[level].n / DIGEST_LEN, buf_span(&t->level[level]));
}

static void add_hash(struct tiles *t, unsigned level, const unsigned char hash[DIGEST_LEN])
{
	struct buf *tile = &t->level[level];
	unsigned char root[DIGEST_LEN];
	struct merkle m;

	buf_add(tile, hash, DIGEST_LEN);
	if (tile->n < (size_t)TILE_WIDTH * DIGEST_LEN)
		return;
	put_hashes(t, level);
	merkle_init(&m, t->d);
	for (unsigned i = 0; i < TILE_WIDTH; i++)
		merkle_leaf_hash(&m, (const unsigned char *)tile->p + (size_t)i * DIGEST_LEN);
	merkle_root(&m, root);
	buf_reset(tile);
	t->done[level]++;
	if (level + 1 < TILE_LEVELS)
		add_hash(t, level + 1, root);
}

void tiles_leaf(struct tiles *t, struct span entry, const unsigned char hash[DIGEST_LEN])
{
	buf_char(&t->entries, (char)(entry.n >> 8));
	buf_char(&t->entries, (char)(entry.n & 255));
	buf_span_add(&t->entries, entry);
	if (t->level[0].n + DIGEST_LEN == (size_t)TILE_WIDTH * DIGEST_LEN) {
		put(t, "entries", t->done[0], TILE_WIDTH, buf_span(&t->entries));
		buf_reset(&t->entries);
	}
	add_hash(t, 0, hash);
}

void tiles_end(struct tiles *t)
{
	if (t->entries.n)
		put(t, "entries", t->done[0], t->level[0].n / DIGEST_LEN, buf_span(&t->entries));
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		if (t->level[level].n)
			put_hashes(t, level);
		buf_free(&t->level[level]);
	}
	buf_free(&t->entries);
	buf_free(&t->path);
}
