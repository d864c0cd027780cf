/* What a field of a registry's row must be. Pure: a text in, a reason out. */
#ifndef CP_CATALOG_FIELD_H
#define CP_CATALOG_FIELD_H

#include "catalog/catalogue.h"

/* NULL, or why the text is not what it must be, as a verb phrase ("is none of yes, no"). */
const char *field_bad(const struct catalogue_column *c, struct span text);

/* The 64 digits of a hash with "sha256:" in front or without; n 0 when it is neither. */
struct span field_hex(struct span text);
/* A day as 2026-01-30, or RFC 3339 with any offset. */
bool field_time(struct span text);
/* Appends a text for a message: safe for a terminal, and no longer than an id may be. */
void field_quote(struct buf *b, struct span text);

#endif
