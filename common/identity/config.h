/* The plane's own law about identities: files beneath config/ that only the plane's owner can have written. */
#ifndef CP_IDENTITY_CONFIG_H
#define CP_IDENTITY_CONFIG_H

#include "data/json.h"

enum { CONFIG_BYTES = 1 << 20 };

/* Reads `path` (config/NAME.json) beneath the plane's root and parses it: an object with schema_version 1.0. The root,
 * config and the file belong to us, to root or to whom the root belongs, nobody else may write to them, and no link is
 * followed. NULL, or why not; `text` and `json` are then good for nothing. Ends the process with 4 when it is we who
 * have run out of descriptors. */
const char *config_read(struct buf *text, struct json *json, const char *root, const char *path);
/* Each member of the object is one of those names (ended by NULL). */
bool config_members(const struct json *j, uint32_t object, const char *const *names);
/* A string without escapes; false: it is something else, or absent (at 0). */
bool config_text(const struct json *j, uint32_t at, struct span *out);

#endif
