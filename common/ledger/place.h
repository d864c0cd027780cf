/* Where a ledger lives. FILE is the active part; beside it, by its real name:
 *   FILE.lock      byte PLACE_WRITE, PLACE_SYNC, PLACE_TURN are locked; its content is the extent of a batch being
 *                  written
 *   FILE.durable   how far it was synced, and the entry_hash there: {"check","first_seq","head_hash","offset"}, itself
 *                  unsynced; `check` is a sum of the others
 *   FILE.poisoned  a sync failed: nothing is appended until cp-ledger-recover looked
 *   FILE.torn-SEQ  bytes that were cut off its end; entry SEQ (TAIL_REPAIRED) says so
 *   FILE.checkpoint
 *   STEM.d/        sealed segments FIRST-LAST.jsonl (.gz, .zst with FIRST-LAST.jsonl.sha256), their .checkpoint, and a
 *                  legacy ledger that was adopted; STEM is FILE without .jsonl
 * Nothing here is remembered between calls: whoever asks, looks. */
#ifndef CP_LEDGER_PLACE_H
#define CP_LEDGER_PLACE_H

#include "chain/entry.h"
#include "os/in.h"

enum { PLACE_WRITE = 0, PLACE_SYNC = 1, PLACE_TURN = 2 };
enum { PLACE_NAME = 200 };

struct place {
	const char *path;  /* as given, for messages */
	int dir;           /* the real directory of FILE */
	char *name;        /* FILE's real name in it */
	char *segments;    /* "STEM.d" */
	struct buf scratch;
};

/* Follows symlinks, so that all names of a ledger lead to the same lock. 0, or -1 with errno; the file may be absent
 * unless `must_exist`. */
int place_open(struct place *p, const char *path, bool must_exist);
void place_close(struct place *p);
/* The name of a file beside FILE; alive until the next call. */
const char *place_name(struct place *p, const char *suffix);
/* Opens FILE: a regular file. -1 with errno (EINVAL: something else). */
int place_file(const struct place *p, int flags);

/* --- sealed segments --- */

enum segment_form { SEGMENT_PLAIN, SEGMENT_GZIP, SEGMENT_ZSTD };
struct segment {
	uint64_t first, last;
	enum segment_form form;
};
struct segments {
	struct segment *item; /* by first; where a plain and an archived one are there, the plain one */
	size_t n;
};
/* Appends "000000000000-000000000041.jsonl" with the form's ending. */
void segment_name(struct buf *b, const struct segment *s);
/* Is that such a name? */
bool segment_named(const char *name, struct segment *s);
/* What STEM.d holds; an absent one holds nothing. 0, or -1 with errno. */
int segments_list(const struct place *p, struct segments *s);
void segments_free(struct segments *s);
/* Opens STEM.d; -1 with errno. Makes it first where asked. */
int segments_open(const struct place *p, bool make);

/* NULL, or what is in the way of a new ledger of that name, besides a file of it. */
const char *place_taken(struct place *p);

/* --- the sidecars --- */

/* Opens FILE.lock for reading and writing, and makes it where it is absent; a regular file with one name. -1 with
 * errno. */
int place_lock(struct place *p);
/* The same, only for reading and only if it is there. */
int place_lock_look(struct place *p);

struct durable {
	bool known;
	uint64_t first_seq, offset;
	char head_hash[DIGEST_TEXT];
};
/* What FILE.durable says; not known when absent or not whole. */
void durable_read(struct place *p, struct durable *d);
/* 0, or -1 with errno. */
int durable_write(struct place *p, const struct durable *d);

struct extent {
	uint64_t start, end; /* bytes of FILE; end 0: none */
};
void extent_read(int lock, struct extent *e);
/* Was it begun and not finished? What ends where it was to end was finished, and what follows came after it. */
bool extent_unfinished(int fd, uint64_t size, const struct extent *e);
int extent_write(int lock, const struct extent *e);

/* How far a reader may look: what was there between two writes. */
struct snapshot {
	uint64_t size;    /* bytes of the open file */
	bool settled;     /* taken under the lock: a line cut at the end stays so until somebody repairs it */
	bool unfinished;  /* behind `size` lies a batch whose writer died */
	bool doubtful;    /* FILE.lock says that there is one, and nothing says that it was never acknowledged */
};
/* Of an open FILE. 0, or -1 with errno. */
int snapshot_take(struct place *p, int fd, struct snapshot *s);

/* --- what the first line of a file says --- */

struct opening {
	enum opening_kind { OPENING_GENESIS, OPENING_SEGMENT, OPENING_OTHER, OPENING_EMPTY } kind;
	uint64_t first_seq;
	struct buf line;             /* its bytes, where opening_read read them */
	struct entry entry;          /* read from it, unless OTHER or EMPTY */
	struct span ledger, tier;
	enum ledger_type type;
	unsigned char genesis[DIGEST_LEN]; /* the entry_hash of GENESIS */
	const char *why;             /* OTHER: what is wrong with it */
};
/* A line without its LF, which must outlive the opening. */
void opening_parse(struct opening *o, struct span line);
/* Reads the first line of `size` bytes of fd. 0, or -1 with errno. */
int opening_read(int fd, uint64_t size, struct opening *o);
void opening_free(struct opening *o);

#endif
