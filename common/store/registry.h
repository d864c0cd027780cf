/* Ownership registries read as sorted rows, whatever their dialect: file_ownership.csv (two real dialects), compiled
 * `file_path,owner_id,owner_registry,content_hash`, control_plane_registry.csv. Header-driven, strict, streaming. An
 * unsorted registry is sorted (externally when large) before the first row, with a warning. */
#ifndef CP_STORE_REGISTRY_H
#define CP_STORE_REGISTRY_H

#include "base/buf.h"
#include "seal/digest.h"

struct registry;

enum registry_mode { REGISTRY_MODE_UNKNOWN = -1, REGISTRY_MODE_LINK = -2 };

/* One owned path. Spans are good until the next call. */
struct registry_row {
	struct span path;    /* relative, checked with relpath_bad; no leading "/" whatever the dialect */
	struct span owner;
	struct span spec;    /* empty: none */
	struct span hash;    /* "sha256:…", or empty for the registry's own hashless row and for a directory's row */
	int mode;            /* permission bits up to 07777, or enum registry_mode */
	bool dir;            /* a directory's row (dialect of control_plane_registry) */
	unsigned long line;  /* where it stands in the file */
	struct span classification, installed_at;
};

/* Opens; NULL after a diagnostic on stderr, *status (enum status) says which: 3 for content (empty, bad header), 4
 * for the system (absent, unreadable). `path` is opened as it is; a FIFO or "-" is refused. `d` hashes the bytes as
 * they are read. */
struct registry *registry_open(const char *path, int *status);
/* The same of a descriptor, which is closed by registry_close; `path` is its name. That of a plane where nothing is
 * installed will do: a header without rows. */
struct registry *registry_open_fd(int fd, const char *path, int *status);
/* 1: a row, in path order (relpath_cmp; duplicates follow one another), 0: end, -1: a diagnostic was written,
 * *status set. */
int registry_next(struct registry *r, struct registry_row *row, int *status);
/* After the end: SHA-256 of the file's bytes. */
void registry_hash(const struct registry *r, unsigned char out[DIGEST_LEN]);
uint64_t registry_rows(const struct registry *r);
void registry_close(struct registry *r);

#endif
