/* JSON Schema draft 2020-12. The only door to PCRE2. Loading judges the schema: an unknown keyword, a remote or
 * dangling reference, a pattern that is no ECMAScript one or that PCRE2 refuses are errors then, not surprises later.
 * Applying is bounded: a pattern has limits, so have recursion and the work as a whole; reaching one is a failure,
 * never a pass. `format` and the content keywords are annotations. */
#ifndef CP_SCHEMA_SCHEMA_H
#define CP_SCHEMA_SCHEMA_H

#include "data/json.h"

struct schema_set; /* schemas that may refer to one another by $id */
struct schema;     /* one schema or subschema */

enum schema_unknown { SCHEMA_REFUSE, SCHEMA_ANNOTATE }; /* what an unknown keyword is */

struct schema_set *schema_set_new(enum schema_unknown unknown);
/* Parses and indexes one schema text (copied). `uri` is its retrieval URI where it has no $id (may be NULL).
 * NULL on failure; schema_error says why, `source:pointer: reason`, and the set is good for nothing more. References
 * are resolved by schema_link. A metaschema of one's own ($schema) is loaded before what is written in it. */
struct schema *schema_load(struct schema_set *set, const char *text, size_t n, const char *uri);
/* Resolves every reference of every loaded schema. False: schema_error. Must be called before applying. */
bool schema_link(struct schema_set *set);
const char *schema_error(const struct schema_set *set);
/* Asked by schema_link for the text at a URI that is not loaded; false: there is none, and the link fails. Without it
 * nothing is fetched. */
typedef bool schema_fetch(void *ctx, struct span uri, struct buf *text);
void schema_set_fetch(struct schema_set *set, schema_fetch *fetch, void *ctx);
void schema_set_free(struct schema_set *set);

/* One thing wrong: where in the instance (JSON Pointer from the value applied to), which keyword's location in the
 * schema (URI with a JSON Pointer), and why. */
typedef void schema_report(void *ctx, struct span instance, struct span keyword, const char *reason);

/* One thread at a time for each set. Applies to value `at` of an instance. True: valid. Otherwise each leaf failure is
 * reported (report may be NULL). */
bool schema_apply(const struct schema *s, const struct json *instance, uint32_t at, schema_report *report, void *ctx);

/* Follows a JSON Pointer, such as a report has, from `at`. False when it leads nowhere. */
bool pointer_follow(const struct json *j, uint32_t *at, struct span pointer);

#endif
