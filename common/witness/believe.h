/* A ledger read by who acts on what it says: nothing of it counts unless all of it holds, it begins at GENESIS, and has
 * what this user has seen of it. Whoever reads it so must not hold its write lock. */
#ifndef CP_WITNESS_BELIEVE_H
#define CP_WITNESS_BELIEVE_H

#include "chain/event.h"
#include "base/buf.h"

struct believe {
	const char *path;
	struct span plane_uid; /* whose it must be, where its GENESIS names a plane; n 0: of any */
	unsigned type;         /* enum ledger_type; 0: any */
	int schemas;           /* directory of the events' schemas; -1: do not apply them */
	void *ctx;
	/* Its name, before any entry. May be NULL. */
	void (*named)(void *ctx, struct span ledger);
	/* An entry, its line without LF. It is told before it is known that all holds: keep it, and conclude nothing
	 * before the return. */
	void (*entry)(void *ctx, struct span line);
};

/* Ends the process with 3 when it does not hold, is another plane's or type's, or has gone back, with 4 when it cannot
 * be read. */
void believe_ledger(const struct believe *b);
/* The same of the ledger of that name in a plane, with the schemas of its events; `path` and `schemas` are filled in.
 * False: it is not there. */
bool believe_of_plane(struct believe *b, const char *root_path, const char *name);

#endif
