/* The law of a plane: what lies in frameworks/ and specs/ (004 section 5). */
#ifndef CP_CHARTER_PLANE_H
#define CP_CHARTER_PLANE_H

#include "law/book.h"

enum charter_what { CHARTER_FRAMEWORKS = 1, CHARTER_SPECS = 2 };

/* Which of them a file at that path, relative to the plane's root, would be read as; 0: neither. */
unsigned charter_place(struct span path);

/* Reads every document (frameworks: any .md in frameworks/ whose name begins with FMWK-; specs:
 * specs/ID/manifest.yaml) into the book, as something to refer to, without what it has already (by its id). Nothing is
 * followed. A document that cannot be read as one ends the process: status 3, or 4 where the system failed. Absent
 * directories are empty. */
void charter_read(struct lawbook *b, const char *root, unsigned what);
/* The same without the documents that will be gone, of which `gone` is asked by their paths. */
void charter_read_but(struct lawbook *b, const char *root, unsigned what, bool (*gone)(void *ctx, struct span path),
		      void *ctx);

/* One document in memory, as a record without its closing brace, into `b`; ends the process with 3 where it cannot be
 * read. `name` is for messages. */
void charter_framework(struct buf *b, struct span text, const char *name);
void charter_spec(struct buf *b, struct span text, const char *name);

#endif
