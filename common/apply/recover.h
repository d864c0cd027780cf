/* What a change that was interrupted left is finished or undone, before anything else happens to the plane. It needs
 * nobody's leave, and takes nobody's word: who began it, by which work order, and what it brings are judged again, and
 * what would not be allowed is undone (design: ruling 19). */
#ifndef CP_APPLY_RECOVER_H
#define CP_APPLY_RECOVER_H

#include "base/buf.h"

enum recovered { RECOVERED_DROPPED, RECOVERED_FINISHED, RECOVERED_UNDONE, RECOVERED_SETTLED };

/* The caller holds the plane's lock. `told` hears of each transaction. Ends the process with 3 when what is there
 * cannot be trusted, with 4 when the system fails. */
void recover_all(int root, const char *root_path, const char *author, const char *keyring,
		 void (*told)(struct span txn, enum recovered how));

#endif
