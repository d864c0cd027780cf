/* A former, complete output of cp-hash, read beside the present stream: a merge in path order, O(1) memory. A hash is
 * re-used only for a file whose dev, ino, size, mtime and ctime are what they were, and whose times are older than the
 * former run's start by a margin: a file touched while the former run looked may differ with all of them equal. */
#ifndef CP_STORE_SINCE_H
#define CP_STORE_SINCE_H

#include "store/filehash.h"

struct since;

/* Opens and checks that the file is complete. NULL with errno; 0: it is not a complete output of cp-hash. */
struct since *since_open(const char *path);
/* NULL, or why it must not be used with this root: it is about another one, lies in it, or says it is of the future. */
const char *since_unfit(const struct since *s, const char *root);
enum since_result { SINCE_NO, SINCE_SAME, SINCE_BAD };
/* SINCE_SAME: *hash (alive until the next call) is the file's. Calls come in path order. SINCE_BAD: what it
 * holds is not to be trusted; a diagnostic was written, and it must not be asked again. */
enum since_result since_find(struct since *s, struct span path, const struct filehash_facts *now, struct span *hash);
void since_close(struct since *s);

#endif
