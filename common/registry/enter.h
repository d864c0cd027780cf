/* An entry that changes what a plane's registries say: held to its schema, appended once, and projected. */
#ifndef CP_REGISTRY_ENTER_H
#define CP_REGISTRY_ENTER_H

#include "data/json.h"

/* Does the canonical body keep the schema of its event type? False: *why was appended to. Ends the process with 4 when
 * there is no such schema. */
bool enter_fits(const struct json *body, const char *event_type, struct buf *why);
/* Appends it, once by its dedupe_key, to the ledger at `path`, and emits the `ack`; as book_append_once does, a dry run
 * appends nothing. */
void enter_append(const char *path, const struct json *body, struct buf *author);
/* Writes the registries anew where the ledgers allow it; else findings are made. */
void enter_project(int root, const char *root_path);

#endif
