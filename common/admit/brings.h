/* The law that a package brings: the documents among its files that will lie where a plane's law is read from. Only
 * packages of type framework and spec bring any; what others put there is refused (law.h). */
#ifndef CP_ADMIT_BRINGS_H
#define CP_ADMIT_BRINGS_H

#include "admit/law.h"
#include "bundle/bundle.h"

/* A document, and the path that it will have; both good until it returns. */
typedef void brings_each(void *ctx, enum admit_document what, struct span text, const char *path);

/* Of a bundle that was read. Ends the process with 3 where a document is over 1 MiB, or the archive cannot be read. */
void brings_law(struct bundle *b, brings_each *each, void *ctx);
/* The same as `framework` and `spec` records, for who judges the package by law: they need its own before it. */
void brings_emit(struct bundle *b);

#endif
