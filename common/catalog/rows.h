/* Judging the rows of catalogues: each by itself, and all together (cp-registry(5)): ids unique, dependencies there
 * and in range and without a circle, references to what other registries list. Several registries may be mixed;
 * what one refers to is looked for only where the other was met. Pure: rows in, faults out. Memory: ids, names,
 * references.
 *
 *   rows_new; rows_add...; rows_finish; rows_free */
#ifndef CP_CATALOG_ROWS_H
#define CP_CATALOG_ROWS_H

#include "catalog/catalogue.h"
#include "record/finding.h"
#include "seal/digest.h"

struct rows;

/* One row; name[i] is the column of field[i]. */
struct row {
	const struct catalogue *catalogue; /* NULL: it is of none */
	const struct span *name, *field;
	size_t n;
	struct span source; /* where it was read from; n 0: nobody says */
	uint64_t line;      /* 0: nobody says */
};

typedef void rows_fault(void *ctx, enum code code, enum severity severity, const struct finding_place *place,
			const char *detail);

struct rows *rows_new(rows_fault *fault, void *ctx);
/* What is wrong with it alone is told at once. */
void rows_add(struct rows *r, const struct row *row);
/* What is wrong between them. */
void rows_finish(struct rows *r);
/* Names of the registries that were met, with blanks between them. */
void rows_met(const struct rows *r, struct buf *b);
void rows_free(struct rows *r);

/* A field of a row by its column; p NULL: it has no such column. */
struct span row_field(const struct row *row, const char *name);
/* What the column content_hash of a row of packages must be: SHA-256 over the canonical JSON (RFC 8785) of the
 * array of all the other fields, in the order of the header. */
void row_hash(struct digest *d, const struct span *name, const struct span *field, size_t n,
	      unsigned char out[DIGEST_LEN]);

#endif
