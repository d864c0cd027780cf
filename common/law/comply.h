/* A framework's companion, compliance.json: what a tree under the framework must be like (cp-law(5)). Its shape is
 * that of schemas/compliance.json, which the caller has checked; names are globs (data/glob.h), patterns ECMAScript's.
 *
 * One tree: first the facts, then its files in any order, each with its lines where they are wanted, then the end.
 * Paths are those from the top of what is judged; the ends are told them behind `prefix`. */
#ifndef CP_LAW_COMPLY_H
#define CP_LAW_COMPLY_H

#include "document/markdown.h"
#include "law/book.h"

struct comply;

enum { COMPLY_LINE = 1 << 20 /* a longer line cannot be judged */ };

/* The document stays the caller's. NULL: *why says what is wrong with it, `at` in which place (a JSON Pointer). */
struct comply *comply_new(const struct json *companion, struct span prefix, struct law_ends ends, const char **why,
			  struct buf *at);
void comply_free(struct comply *c);

/* The facts that files say: the i-th one's name, file and heading; false behind the last. */
bool comply_asks(const struct comply *c, uint32_t i, struct span *name, struct span *file, struct span *heading,
		 struct buf scratch[3]);
/* What is so: `altitude`, `L4`. A fact that is set already is kept. */
void comply_fact(struct comply *c, struct span name, struct span value);
/* After the facts, before the first file: which conditions hold. */
void comply_decide(struct comply *c);

enum comply_wants { COMPLY_NOTHING = 0, COMPLY_LINES = 1, COMPLY_MARKDOWN = 2 };

/* A file is there: judges its name. Returns what else is to be known of it. */
unsigned comply_file(struct comply *c, struct span path);
/* The lines of the file last told, one by one, without their line feed; then how many there were. */
void comply_line(struct comply *c, struct span line);
void comply_lines_end(struct comply *c);
/* It as Markdown; NULL: it cannot be read as such, for that reason. */
void comply_markdown(struct comply *c, const struct markdown *m, const char *why, uint64_t line);
/* A file whose content could not be read. */
void comply_unread(struct comply *c, const char *why);
/* All files have been told: what is missing. */
void comply_end(struct comply *c);

#endif
