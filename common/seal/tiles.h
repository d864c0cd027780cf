/* A log as static files (c2sp.org/tlog-tiles): tile/L/N holds 256 node hashes of level 8L, tile/entries/N the entries
 * of 256 leaves, each behind its length in two bytes; the last of each is partial and says how much it holds. */
#ifndef CP_SEAL_TILES_H
#define CP_SEAL_TILES_H

#include "seal/merkle.h"

enum { TILE_WIDTH = 256, TILE_LEVELS = 8 };

/* One file: its path (relative, C string), its bytes. They live during the call. */
typedef void tiles_put(void *ctx, const char *path, struct span bytes);

struct tiles {
	struct digest *d;
	tiles_put *put;
	void *ctx;
	struct buf level[TILE_LEVELS]; /* hashes of the tile under way */
	uint64_t done[TILE_LEVELS];    /* complete tiles */
	struct buf entries, path;
};

void tiles_begin(struct tiles *t, struct digest *d, tiles_put *put, void *ctx);
/* An entry of at most 65,535 bytes and its leaf hash. */
void tiles_leaf(struct tiles *t, struct span entry, const unsigned char hash[DIGEST_LEN]);
/* Puts the partial tiles; frees. */
void tiles_end(struct tiles *t);

#endif
