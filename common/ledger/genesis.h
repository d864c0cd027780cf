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

/* What a plane pins with its first entry, for ever. */
struct genesis_pins {
	const char *plane_uid, *keyring_hash, *jwks_hash; /* NULL: not pinned */
	int64_t keyring_version;                          /* 0: not pinned */
	const char *const *provider;
	unsigned providers;                               /* 0: not pinned */
	bool development;
};

struct genesis_ask {
	const char *origin, *tier, *author, *level; /* level: may be NULL */
	enum ledger_type type;
	const char *parent;                         /* the ledger above; may be NULL */
	const struct genesis_legacy *legacy;        /* may be NULL */
	struct genesis_pins pins;
};

/* Appends the line with its LF. */
void genesis_write(struct buf *line, const struct genesis_ask *ask, struct digest *d, struct book_ack *ack);
/* What a filter's options say: ends the process with 2 when the name is none, or a pin not what it must be. Appends
 * nothing. */
void genesis_check(const struct genesis_ask *ask);

#endif
