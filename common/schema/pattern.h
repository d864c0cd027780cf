/* Patterns by themselves, as schemas have them: ECMAScript's, bounded in time and memory, found anywhere in a text. */
#ifndef CP_SCHEMA_PATTERN_H
#define CP_SCHEMA_PATTERN_H

#include "base/buf.h"

struct pattern;

enum pattern_result { PATTERN_FOUND, PATTERN_ABSENT, PATTERN_LIMIT /* gave up: nothing is known */ };

/* NULL: it is none; *why, a noun phrase, is good until the next call. */
struct pattern *pattern_new(struct span text, const char **why);
/* The text must be UTF-8. */
enum pattern_result pattern_search(struct pattern *p, struct span text);
void pattern_free(struct pattern *p);

#endif
