/* The state of a tree as one number: the Merkle root (RFC 6962) over one leaf for each file and symlink, in path
 * order. A leaf is the canonical JSON (RFC 8785) of {"hash":"sha256:…","mode":"0644","path":"lib/a","size":6}
 * a file {"hash":"sha256:…","mode":"link","path":"lib/l"}               a symlink: the hash of its target's text
 * so that whoever has hash, mode, path and size can compute it with public tools. Directories have no leaf. */
#ifndef CP_MODEL_STATE_H
#define CP_MODEL_STATE_H

#include "model/disk.h"
#include "seal/digest.h"

/* Appends the leaf of a hashed file or symlink with a UTF-8 name. NULL, or why there is none ("has no mode"). */
const char *state_leaf(struct buf *b, const struct disk *d);

/* The rule of the earlier implementation: the hashes sorted, as hex text; two neighbours become SHA-256 of both
 * texts one behind the other; the last of an odd number is paired with itself; until one is left. Needs all of
 * them at once. */
struct legacy_tree {
	unsigned char (*hash)[DIGEST_LEN];
	size_t n, cap;
};
void legacy_tree_add(struct legacy_tree *t, const unsigned char hash[DIGEST_LEN]);
/* Uses up and frees what was added. False when that is nothing: the old rule has no root of it. */
bool legacy_tree_root(struct legacy_tree *t, struct digest *d, unsigned char out[DIGEST_LEN]);

#endif
