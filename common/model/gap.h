/* Directories that hold something but no registry of their own. The things of a tree are told in path order; a
 * directory is judged when the last of it has passed. Memory O(depth), and the names of the gaps. */
#ifndef CP_MODEL_GAP_H
#define CP_MODEL_GAP_H

#include "base/buf.h"

struct gaps;

/* `report` gets each directory without a registry; the empty path is the root. */
struct gaps *gaps_new(void (*report)(struct span dir));
/* The next file or link; `registry`: it is its directory's registry. */
void gaps_add(struct gaps *g, struct span path, bool registry);
/* Nothing more comes. */
void gaps_finish(struct gaps *g);
/* After gaps_finish: is the directory that holds this path a gap? */
bool gaps_hold(const struct gaps *g, struct span path);
void gaps_free(struct gaps *g);

/* Bytes of the path before its last slash; 0 for a name in the root. */
size_t gaps_dir(struct span path);

#endif
