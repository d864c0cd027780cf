/* The law at hand: framework and spec records (cp-records(5)), kept, found by id, and what it says of a path. */
#ifndef CP_LAW_BOOK_H
#define CP_LAW_BOOK_H

#include "law/authority.h"
#include "record/finding.h"
#include "record/record.h"

enum law_sort { LAW_FRAMEWORK, LAW_SPEC };

/* Where the value with that JSON Pointer stands. */
struct law_line {
	struct span pointer;
	uint64_t line;
};

/* One document. */
struct law_doc {
	struct record r; /* its own copy of the line */
	enum law_sort sort;
	struct span id;	       /* n = 0: it has none that is a string */
	struct span where;     /* the file, as its path or source says; n = 0: unknown */
	bool judged;	       /* it is what is asked about, not only what others refer to */
	unsigned mark;	       /* for who walks */
	struct law_line *line; /* of a spec's values, by pointer */
	size_t lines;
	char **asset; /* of a spec, sorted; its texts are its own */
	size_t assets;
	struct buf text, id_text, where_text;
};

struct lawbook {
	struct law_doc **doc;
	size_t n, cap;
	bool sorted;
	struct law_doc **by_id; /* by sort, id, order of arrival */
};

/* Keeps a copy of a framework or spec record; false: it is neither. */
bool lawbook_add(struct lawbook *b, const struct record *r, bool judged);
/* The first with that id, NULL: none. */
struct law_doc *lawbook_find(struct lawbook *b, enum law_sort sort, struct span id);
/* Is there another with this one's id that came before it? */
struct law_doc *lawbook_earlier(struct lawbook *b, const struct law_doc *d);
bool lawbook_has(const struct lawbook *b, enum law_sort sort);
void lawbook_free(struct lawbook *b);

/* A string member of a document, a slice that lives as long as `scratch`'s content; n = 0 where it is absent or no
 * string. */
struct span law_string(const struct law_doc *d, const char *key, struct buf *scratch);
/* The same of any object of its record. */
struct span law_member(const struct json *j, uint32_t at, const char *key, struct buf *scratch);
/* The line of a value of a spec's document; 0: unknown. */
uint64_t law_line_of(const struct law_doc *d, struct span pointer);
/* Integer member `line` of an object of its record; 0: none. */
uint64_t law_line(const struct json *j, uint32_t at);

/* The first path authorization of a framework that allows the path, by its place among them, -1: none does. */
int law_allows(const struct law_doc *framework, struct span path, const struct authority_ids *known,
	       struct authority_ids *bound, struct buf *pattern);
/* How many it has. */
uint32_t law_authorizations(const struct law_doc *framework);

/* Who is told what is wrong. line 0: of the document as a whole. */
struct law_ends {
	void (*report)(void *ctx, enum code c, enum severity s, struct span where, uint64_t line, const char *detail);
	void *ctx;
};
/* Reports with the code's own severity, or with another one. */
void law_say(const struct law_ends *e, enum code c, struct span where, uint64_t line, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void law_say_as(const struct law_ends *e, enum code c, enum severity s, struct span where, uint64_t line,
		const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* A slice of text that fits into a message: at most 80 bytes, whole characters. */
struct span law_brief(struct span s);
/* The statuses of the documents: `draft`, `active`, `deprecated`. */
bool law_status_known(struct span status);
/* The three planes: `ho3`, `ho2`, `ho1`. */
bool law_plane_known(struct span plane);

#endif
