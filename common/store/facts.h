/* The facts a `file` record carries about what the walk saw: size, dev, ino, mtime, ctime. */
#ifndef CP_STORE_FACTS_H
#define CP_STORE_FACTS_H

#include "record/record.h"
#include "store/filehash.h"

enum { HAVE_ALL = HAVE_SIZE | HAVE_DEV | HAVE_INO | HAVE_MTIME | HAVE_CTIME };

/* Of a `file` record, all in one pass over its members. */
struct file_facts {
	struct filehash_facts stat;
	uint32_t hash, error, mode, reused; /* nodes of these members, 0 when absent */
};

/* NULL, or what is wrong with a member. */
const char *facts_read(const struct record *r, struct file_facts *f);

#endif
