/* A package's archive, read once and without belief: what it hashes to, what it holds and what its manifest says, as
 * records. Nothing is judged (judge.h does that), but what cannot be read whole is no archive: exactly one gzip member,
 * no more bytes than its size allows, a tar file that libarchive has no word against, and a manifest at its root.
 * Nothing is written but files without a name in TMPDIR. Ends the process with status 4 when the system fails. */
#ifndef CP_BUNDLE_BUNDLE_H
#define CP_BUNDLE_BUNDLE_H

#include "filter/effect.h"
#include "seal/digest.h"

struct bundle {
	char archive_hash[DIGEST_TEXT], tar_hash[DIGEST_TEXT];
	int tar;                /* what came out of it */
	int manifest;           /* its manifest */
	bool canonical;         /* the members, written anew, make that tar, byte for byte: all readers see the same */
	struct spool *members;  /* `member` records */
	struct spool *declared; /* the `package` record and `asset` records */
	struct buf why;
};

/* The archive, its tar file and its members, be there a manifest or not. NULL, or why it cannot be read, as a
 * predicate; bundle_free is called either way. */
const char *bundle_open(struct bundle *b, int fd);
/* Calls `take` with the content of the first member, a piece at a time. NULL, or why it cannot be read. */
const char *bundle_first(struct bundle *b, void (*take)(void *ctx, struct span piece), void *ctx);
/* `name` is what the package record calls the archive. NULL, or why it cannot be read, as a predicate, good until
 * bundle_free, which is called either way. */
const char *bundle_read(struct bundle *b, int fd, struct span name);
void bundle_free(struct bundle *b);

/* The `package` record, with `members` (`"path":"x"`, or nothing) in front of what the manifest says, and the `asset`
 * records. NULL, or why it is no manifest. */
const char *bundle_declared(struct spool *lines, int manifest, struct span members);

/* The manifest's place in a package. */
#define BUNDLE_MANIFEST "package.manifest.yaml"

#endif
