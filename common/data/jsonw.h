/* Building one record, member by member, into a buffer: no tree, no allocation beyond the buffer. */
#ifndef CP_DATA_JSONW_H
#define CP_DATA_JSONW_H

#include "data/json.h"

/* `{` … `}`. Nested objects and arrays by the _open/_close pairs; key NULL inside an array. Commas are kept by
 * looking at the last byte written. */
void jsonw_open(struct buf *b, const char *key);        /* { */
void jsonw_close(struct buf *b);                        /* } */
void jsonw_array_open(struct buf *b, const char *key);  /* [ */
void jsonw_array_close(struct buf *b);                  /* ] */
void jsonw_str(struct buf *b, const char *key, struct span utf8);
void jsonw_cstr(struct buf *b, const char *key, const char *utf8);
void jsonw_int(struct buf *b, const char *key, int64_t v);
void jsonw_bool(struct buf *b, const char *key, bool v);
void jsonw_null(struct buf *b, const char *key);
/* A byte string that should be text: member `key` when it is UTF-8, else member `key`_b64 in base64. */
void jsonw_bytes(struct buf *b, const char *key, struct span bytes);

#endif
