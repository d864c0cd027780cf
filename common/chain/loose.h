/* Ledgers of earlier formats, read and judged, never written (cp-ledger(5)):
 *   legacy: entry_hash = SHA-256 of the entry without it, keys sorted by code point at every level, ", " and ": "
 * between, non-ASCII as it is, number text as written; previous_hash inside, "" at first; hashes bare or "sha256:"
 *   seed:   CP-LEDGER-001 by its letter: entry_hash = SHA-256(JCS(entry without it) || prev_hash as written), without
 *           seq and with no demand on the bytes that are stored
 * Such a ledger is no chain by its form: whether a parent is known, and whether it has two children, is looked up. */
#ifndef CP_CHAIN_LOOSE_H
#define CP_CHAIN_LOOSE_H

#include "chain/chain.h"

enum loose_rule { LOOSE_LEGACY, LOOSE_SEED };

struct loose_tally {
	uint64_t lines, hash_ok, altered, unhashed, malformed, roots, forks, missing_parents;
};

struct loose;
struct loose *loose_new(enum loose_rule rule, chain_fault *fault, void *ctx);
void loose_line(struct loose *l, struct span line, uint64_t number);
const struct loose_tally *loose_tally(const struct loose *l);
/* The last entry_hash, as it is written there; empty: none. */
struct span loose_head(const struct loose *l);
void loose_free(struct loose *l);

/* Which format the first line that parses speaks of. Whatever has a mark of cp-ledger/1 is never read as an earlier
 * one. */
enum chain_format { FORMAT_V1, FORMAT_SEED, FORMAT_LEGACY };
/* False: the line says nothing (it is no JSON object). */
bool chain_format_of(struct json *j, struct span line, enum chain_format *out);

#endif
