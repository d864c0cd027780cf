/* Which dedupe keys of a batch are in the ledger already. Exact, and without an index: one pass over the ledger, of
 * which only lines with the member are parsed; a second look reads only what has come since. */
#ifndef CP_LEDGER_DEDUPE_H
#define CP_LEDGER_DEDUPE_H

#include "ledger/source.h"

struct dedupe_hit {
	struct span key;
	bool found;
	int64_t seq;
	char hash[DIGEST_TEXT];
	char stamp[ENTRY_STAMP];
	unsigned char body[DIGEST_LEN]; /* entry_body_sum */
};

struct dedupe;
struct dedupe *dedupe_new(void);
/* A key of the batch; twice is once. */
void dedupe_want(struct dedupe *d, struct span key);
/* Reads the ledger as it is now, or what was added to it since the last look. `known`: as source_open has it. */
void dedupe_look(struct dedupe *d, struct place *p, const struct snapshot *known);
/* The key's state; the caller sets it for an entry of its own batch. */
struct dedupe_hit *dedupe_find(struct dedupe *d, struct span key);
bool dedupe_empty(const struct dedupe *d);
void dedupe_free(struct dedupe *d);

#endif
