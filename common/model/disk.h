/* What is on disk, as the records of a tree stream say it: file, dir, special, excluded. */
#ifndef CP_MODEL_DISK_H
#define CP_MODEL_DISK_H

#include "record/record.h"

enum disk_type { DISK_FILE, DISK_DIR, DISK_SPECIAL, DISK_EXCLUDED };
enum disk_error { DISK_FINE, DISK_UNREADABLE, DISK_CHANGING, DISK_GONE };
enum { MODE_UNKNOWN = -1, MODE_LINK = -2 /* in a registry: a symlink is owned */ };

/* One thing on disk. Spans are good as long as the record. */
struct disk {
	struct span path;     /* its own bytes */
	enum disk_type type;
	enum disk_error error;
	struct span hash;     /* empty: none (a directory, an error, not hashed) */
	struct span filetype; /* special: "symlink", "fifo", ... */
	int64_t size;         /* -1: the record has none */
	int mode;             /* permission bits, or MODE_UNKNOWN */
	int64_t links;        /* 1 where the record has none */
	bool dir;             /* compares as `name/`: a directory, also one that was left out */
	bool mount;           /* another file system begins here */
	bool utf8;
	bool unexpected;      /* excluded: a name that does not belong there */
	bool reused;          /* its hash is a former result's */
};

/* 1: the record is of a tree and *d is set; 0: it is of another kind; -1: *why says what is wrong with it. */
int disk_of(struct record *r, struct disk *d, const char **why);

#endif
