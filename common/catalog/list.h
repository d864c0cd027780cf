/* Lists of packages in one field, as the columns deps, conflicts and dependencies have them:
 *   PKG-A                                each version of it will do
 *   PKG-A,PKG-B                          both
 *   PKG-A >=1.0.0 <2.0.0,PKG-B ^1.2      with a range behind a blank (semver.h)
 *   PKG-A >=1.0.0,<2.0.0,PKG-B           a piece that does not begin with A-Z goes on with the range before it
 * Blanks around a piece do not count. Pure. */
#ifndef CP_CATALOG_LIST_H
#define CP_CATALOG_LIST_H

#include "base/buf.h"

/* The next id and its range (n 0: none). False at the end. Nothing is judged: an empty piece has an empty id. */
bool list_next(struct span *rest, struct span *id, struct span *range);
/* NULL, or why it is no list: a bad id (`packages`: those of packages), a bad range, an id twice. */
const char *list_bad(struct span list, bool packages);

#endif
