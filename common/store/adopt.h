/* Taking a hashed walk for the truth of what a plane holds, before somebody is made its owner: whatever cannot be
 * owned as it stands is one finding, so that nothing is adopted that the next sweep would report. */
#ifndef CP_STORE_ADOPT_H
#define CP_STORE_ADOPT_H

#include "model/disk.h"

struct adopt {
	struct buf last; /* path of the record before */
	bool last_dir, plane;
	uint64_t refused; /* findings made */
};

/* Looks at one record. True: *d is a file or a symlink, hashed, that can be owned. False: a record without such a
 * thing, or one that was made a finding. Ends the process with status 3 when the stream is not a hashed walk in
 * path order. */
bool adopt_next(struct adopt *a, struct record *r, struct disk *d);
/* At the end of the stream: there was a plane record, so it is known whose files they are. Status 3 otherwise. */
void adopt_finish(struct adopt *a);

#endif
