/* The order of tree streams: by `plane` where a record has one, then by path, where a directory compares as `name/`
 * (relpath_cmp). */
#ifndef CP_RECORD_ORDER_H
#define CP_RECORD_ORDER_H

#include "record/record.h"

/* Appends bytes that compare (span_cmp) as the record's place does. 1, 0: it has no path, -1: *why says what is
 * wrong. */
int record_order(struct record *r, struct buf *key, const char **why);

#endif
