/* A manifest of an earlier version (1.0, 1.2, or without one) as one of version 1.1 (cp-manifest(5)): what it says
 * stays, in the words of 1.1; its files keep their paths. */
#ifndef CP_LEGACY_MANIFEST_H
#define CP_LEGACY_MANIFEST_H

#include "base/buf.h"

/* Appends it as JSON, ended by LF. `fd` can be read twice. `type`: the package's; NULL: the one that its own type comes
 * to. NULL, or why not, alive until the next call. */
const char *legacy_manifest(struct buf *b, int fd, const char *type);
/* Appends a list of packages (catalog/list.h) as the member `key`: an array; nothing where it is empty. NULL, or why it
 * is no list. */
const char *legacy_list(struct buf *b, const char *key, struct span list);

#endif
