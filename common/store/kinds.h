/* The schemas of the suite's own kinds, `schemas/KIND.json`, each loaded when it is first asked for, with those of the
 * same directory that it refers to. Not shared between threads: each has its own. */
#ifndef CP_STORE_KINDS_H
#define CP_STORE_KINDS_H

#include "schema/schema.h"

struct kinds;

/* `dir` is a descriptor of the directory, kept by the caller; -1: there is none, every kind is unknown. */
struct kinds *kinds_new(int dir, enum schema_unknown unknown);
/* NULL where the kind has no schema. A schema that cannot be used ends the process: status 3, or 4 where it could not
 * be read. A kind without one is looked for each time, so that strange kinds cost no memory. */
const struct schema *kinds_get(struct kinds *k, struct span kind);
/* One more, from a file of any name; `fd` is closed. */
const struct schema *kinds_load(struct kinds *k, int fd, const char *name);
/* Resolves what was loaded by kinds_load; kinds_get does so itself. */
void kinds_link(struct kinds *k);
void kinds_free(struct kinds *k);
/* Appends what a schema_report was told as one text: `POINTER: REASON (KEYWORD)`. */
void schema_text(struct buf *b, struct span instance, struct span keyword, const char *reason);

#endif
