/* MANIFEST.json: every file and symlink of a tree, its size, mode and hash, and the root of them all
 * (model/state.h). One JSON document, one entry a line in path order, the same bytes for the same tree:
 * {"schema_version":"1.0","files":[ {"path":"lib/a","size":6,"mode":"0644","hash":"sha256:…"},
 * {"path":"lib/l","mode":"link","hash":"sha256:…"} ],"count":2,"root_hash":"sha256:…"} It is read line by line, so
 * exactly these bytes are read and no other spelling of the same JSON. */
#ifndef CP_TREE_INVENTORY_H
#define CP_TREE_INVENTORY_H

#include "model/disk.h"
#include "seal/digest.h"

#define INVENTORY_FILE "MANIFEST.json"

/* --- writing --- */

struct inventory;
struct inventory *inventory_new(void);
/* A hashed file or symlink with a UTF-8 name; path order is the caller's. Status 3 when it lacks mode or size. */
void inventory_add(struct inventory *v, const struct disk *d);
uint64_t inventory_count(const struct inventory *v);
/* After the last entry: the root, and the hash of the document's bytes. */
void inventory_close(struct inventory *v, char root[DIGEST_TEXT], char hash[DIGEST_TEXT]);
/* Writes the closed document; `dir` and `name` as for save_begin. False: it was there already, byte for byte, and
 * is left alone. Status 4 when it cannot be written. Under --dry-run nothing is written. */
bool inventory_save(struct inventory *v, int dir, const char *name);
void inventory_free(struct inventory *v);

/* --- reading; whatever is wrong with the document is said with its line and ends the process with status 3 --- */

struct inventory_in;
/* `name` is for diagnostics; the descriptor becomes the reader's. */
struct inventory_in *inventory_open(int fd, const char *name);
/* The next entry, good until the next call; false behind the last one. */
bool inventory_next(struct inventory_in *in, struct disk *d);
/* Behind the last entry: how many were read and their root; what the document says of both. */
struct inventory_sums {
	uint64_t count;
	int64_t said_count;
	char root[DIGEST_TEXT], said_root[DIGEST_TEXT], hash[DIGEST_TEXT];
};
const struct inventory_sums *inventory_sums(const struct inventory_in *in);
void inventory_in_free(struct inventory_in *in);

#endif
