/* The bytes of a ledger in the order of its entries: sealed segments (plain or archived), then the active file up to
 * what was there when it was opened. */
#ifndef CP_LEDGER_SOURCE_H
#define CP_LEDGER_SOURCE_H

#include "ledger/place.h"
#include "pack/squeeze.h"

struct source {
	struct place *place;
	int active;
	struct snapshot snapshot;
	struct opening opening;   /* of the active file */
	struct segments segments; /* those before it */
	bool stray;               /* there is one that is not before it, nor the active file itself, being sealed */
	struct segment strange;
	size_t at;                /* the next part: segments.n is the active file */
	uint64_t next;            /* seq with which it must begin, or before */
	/* the part under way */
	int fd;
	struct unsqueeze *unsqueeze;
	struct digest *digest;
	uint64_t left;
	struct buf name;          /* for messages */
	char *block;              /* of source_line */
	size_t from, to;
	uint64_t line;            /* number of the line it returned last */
	bool cut;                 /* behind that the part has bytes without a LF */
};

/* Opens the active file first, so that what is sealed meanwhile is seen at least once. `known`: how far to look, for
 * who holds the write lock; else NULL. 0, or -1 with errno. */
int source_open(struct source *s, struct place *p, const struct snapshot *known);
void source_close(struct source *s);

/* Leaves out segments that end before `seq`. Before the first source_next. */
void source_skip(struct source *s, uint64_t seq);
/* The next part. SOURCE_PART: it is open (*part: the segment, NULL for the active file); else *why. Its name for
 * messages is s->name. */
enum source_part {
	SOURCE_NO_PART,
	SOURCE_PART,
	SOURCE_PART_FAILED,  /* it cannot be opened */
	SOURCE_PART_DAMAGED, /* an archive that is none */
};
enum source_part source_next(struct source *s, const struct segment **part, const char **why);
/* The same for who cannot do without any of them: false when there is none. Ends the process with 4 when one cannot be
 * opened, with 3 when an archive is damaged or the entries before a part are missing. */
bool source_must(struct source *s, const struct segment **part);
/* Bytes of it, 0 at its end, -1: *why. */
ssize_t source_read(struct source *s, void *p, size_t n, const char **why);
/* Instead: the next line of it, without its LF, alive until the next call. SOURCE_CUT: bytes without a LF at the end of
 * the part. SOURCE_LONG: longer than `SOURCE_LINE` bytes. */
enum source_result { SOURCE_END, SOURCE_LINE_READ, SOURCE_CUT, SOURCE_LONG, SOURCE_FAILED };
enum { SOURCE_LINE = (1 << 20) - 512 /* a record with an entry in it is no longer than 1 MiB */ };
enum source_result source_line(struct source *s, struct span *line, const char **why);
/* Behind its end. NULL, or what is wrong with it as a whole: an archive that does not hold the bytes it was made of. */
const char *source_fault(struct source *s);
/* The next line for who cannot do without any of them: false at the end of the part. Ends the process with 4 when it
 * cannot be read, with 3 when a line is too long or the part is not what it should be as a whole. */
bool source_must_line(struct source *s, struct span *line);

/* Leaves out of the active file what is not known to be synced: it may be cut off yet. Before the first source_next. */
void source_only_synced(struct source *s);

#endif
