/* Entries as records of kind `entry`. */
#ifndef CP_LEDGER_RECORD_H
#define CP_LEDGER_RECORD_H

#include "ledger/source.h"

/* Appends how records name the ledger: by its origin, one of an earlier format by its path. */
void ledger_label(struct buf *b, const struct source *s);
/* Appends a path, escaped where it is not UTF-8. */
void source_label(struct buf *b, struct span path);
/* Parses the line that was read last: what cannot be handed on as an entry ends the process with 3. `ours`: of our
 * format. */
void entry_line(struct json *j, struct source *s, struct span line, bool ours);
/* The number that an entry of our format says it has; -1: none. */
int64_t entry_seq(const struct json *j);
/* Appends the members behind the kind: ledger, source, seq (-1: none), line, entry as it is stored. */
void entry_members(struct buf *b, struct span ledger, struct span source, int64_t seq, uint64_t number,
		   struct span line);

#endif
