/* Files that are put in the place of others together: each written in full to a file without a name first, then
 * compared with what is there, and only those that differ are written beside it, synced, and renamed one after the
 * other. Whoever is killed between two renames leaves some of the old and some of the new; doing it again finishes
 * it. */
#ifndef CP_REGISTRY_OUTPUTS_H
#define CP_REGISTRY_OUTPUTS_H

#include "os/out.h"
#include "os/save.h"
#include "seal/digest.h"

enum { OUTPUTS = 16 };

struct output {
	char *path; /* beneath the root */
	struct out out;
	struct digest *digest;
	char hash[DIGEST_TEXT]; /* once it is closed */
	uint64_t rows;
	bool closed, differs;   /* differs: known after outputs_compare */
	struct save save;
	bool saving;
};

struct outputs {
	int root;
	bool unsynced; /* set it, and none is synced by itself: the caller does that for all there is, behind it */
	bool together; /* with that: one syncfs for all that was written, before the first of them is renamed */
	struct output output[OUTPUTS];
	size_t n;
};

/* Whatever fails ends the process with 4. */
struct output *output_new(struct outputs *o, const char *path);
void output_add(struct output *o, struct span text);
/* Nothing is added any more. */
void output_close(struct output *o);
/* Closes all, and looks which of them differ from what is there. */
void outputs_compare(struct outputs *o);
/* Writes those that differ. The one that was made first, which may tell of the others, is renamed last. */
void outputs_save(struct outputs *o);
void outputs_free(struct outputs *o);

#endif
