/* The first entry of a ledger. */
#ifndef CP_LEDGER_GENESIS_H
#define CP_LEDGER_GENESIS_H

#include "chain/loose.h"
#include "ledger/book.h"

/* What it goes on from. */
struct genesis_legacy {
	const char *file;       /* the sealed ledger, from where the new one lies */
	unsigned char hash[DIGEST_LEN];
	enum chain_format format;
	struct loose_tally found;
	struct span head;       /* its last entry_hash, as written; n 0: none */
};

struct genesis_ask {
	const char *origin, *tier, *author, *level; /* level: may be NULL */
	enum ledger_type type;
	const char *parent;                         /* the ledger above; may be NULL */
	const struct genesis_legacy *legacy;        /* may be NULL */
};

/* Appends the line with its LF. */
void genesis_write(struct buf *line, const struct genesis_ask *ask, struct digest *d, struct book_ack *ack);
/* What a filter's options say: ends the process with 2 when the name is none. Appends nothing. */
void genesis_check(const struct genesis_ask *ask);

#endif
