/* `KEY=VALUE` on a command line, as a question to a member of an object. */
#ifndef CP_RECORD_TERM_H
#define CP_RECORD_TERM_H

#include "data/json.h"

/* Has the text a key, and a `=` behind it? */
bool term_ok(const char *term);
/* Does object `at` have a member of that name and value: a string by its value, a number by its value, true, false and
 * null by their names? `scratch` is for strings with escapes. */
bool term_holds(const struct json *j, uint32_t at, const char *term, struct buf *scratch);

#endif
