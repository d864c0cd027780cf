/* Specs: the contract of one thing, under exactly one framework (cp-law(5)). A manifest becomes a `spec` record: what
 * the chain needs as members of its own, the document as it is under `document`, and under `lines` where each value
 * of it stands, by JSON Pointer. Reading judges nothing; whatever a mapping holds becomes a record. */
#ifndef CP_LAW_SPEC_H
#define CP_LAW_SPEC_H

#include "document/yaml.h"
#include "law/book.h"

/* Appends the members of a spec record behind its `"kind"`. NULL, or why the document is none, as a predicate. */
const char *spec_members(struct buf *b, const struct yamldoc *y, struct span file);

/* Judges every spec of the book that is to be judged, by itself, against its framework, and with one another. `whole`:
 * the book holds all there is, so that what is not in it does not exist. Returns how many. */
uint64_t spec_check(struct lawbook *b, const struct law_ends *e, bool whole);

/* Where a value of a spec's document stands; 0: unknown. */
uint64_t spec_line(const struct law_doc *d, const char *pointer_fmt, ...) __attribute__((format(printf, 2, 3)));
/* Is that path one of its assets? */
bool spec_lists(struct law_doc *d, struct span path);
/* Its assets one by one as the record has them; *cursor is 0 before the first. n = 0: one that is no path. */
bool spec_asset(const struct law_doc *d, uint32_t *cursor, struct span *path, struct buf *scratch);

#endif
