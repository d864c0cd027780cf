/* May a package come in by the law (the gate G1)? The framework and the spec that its manifest names are there, in
 * force, and agree; each asset is one that they allow, where it will be; what it needs is installed, and nothing that
 * excludes it. Findings are made as it goes (filter/filter.h).
 *
 * A package of type framework or spec brings its law: what is given before the package comes before what the plane has.
 * It brings its own alone: who brings a framework or a spec of another id would stand above the law of others. */
#ifndef CP_ADMIT_LAW_H
#define CP_ADMIT_LAW_H

#include "record/record.h"

struct admit_law;

/* `root_path` is the plane's, and must outlive it. */
struct admit_law *admit_law_new(const char *root_path);
/* `framework` and `spec` records, then the `package`, once, then its `asset` records: otherwise the process ends with
 * status 3, as it does where a document of the plane is none, with 4 where it cannot be read. True: it was something
 * to be judged, a package or an asset. */
bool admit_law_add(struct admit_law *a, struct record *r);
/* What it needs, when all was given; and frees. */
void admit_law_end(struct admit_law *a);

/* A document that the package brings, for who has its bytes: as its record, which admit_law_add takes. Ends the process
 * with 3 where it is none. `name` is for messages. */
enum admit_document { ADMIT_FRAMEWORK, ADMIT_SPEC };
void admit_law_document(struct admit_law *a, enum admit_document what, struct span text, const char *name);
/* The line of that record, for who hands it on. */
void admit_law_record(struct buf *line, enum admit_document what, struct span text, const char *name);

#endif
