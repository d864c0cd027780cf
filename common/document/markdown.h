/* The outline of a Markdown document (CommonMark, and tables as GitHub has them), with line numbers. The only door to
 * libcmark.
 *
 * A document is a flat array of nodes in the order of the text: headings, paragraphs, items of lists, rows of tables,
 * blocks of code and of HTML. A heading that stands at the top, in no list or quotation, begins a section; the section
 * holds everything up to the next such heading of its level or above it. What a reader sees of a node is its text,
 * without markup, a line feed where a line ends; what was marked in it (code, links, strong...) are its parts.
 * Metadata in whatever spelling (`- id: X`, `**Id:** X`, `- **Id**: X`) so is a text line `Id: X`.
 *
 * Refused: more than MARKDOWN_BYTES (libcmark takes quadratic time for hostile text: below two seconds at this size),
 * nesting deeper than MARKDOWN_DEPTH, bytes that are not UTF-8, NUL, carriage returns, a byte-order mark and all else
 * that hides or reorders text (text_unsafe in base/text.h) but tab and line feed, and a document of nothing but blanks.
 * A last line without line feed is accepted.
 *
 * Lines of parts count the line breaks of their paragraph; one within a code span is not seen. A paragraph that begins
 * with definitions of links is said to begin where they do. In a table a `|`
 * separates cells unless it is in a code span. Thematic breaks and definitions of links are no nodes. */
#ifndef CP_DOCUMENT_MARKDOWN_H
#define CP_DOCUMENT_MARKDOWN_H

#include "base/buf.h"

enum { MARKDOWN_BYTES = 1 << 18, MARKDOWN_DEPTH = 64 };
#define MARKDOWN_NONE UINT32_MAX

enum markdown_kind {
	MARKDOWN_HEADING,
	MARKDOWN_PARAGRAPH, /* also a further one of an item */
	MARKDOWN_ITEM,      /* of a list; its text is that of its first paragraph */
	MARKDOWN_ROW,       /* of a table, the head too, the line of dashes not */
	MARKDOWN_CODE,      /* a block */
	MARKDOWN_HTML,      /* a block, a comment for instance */
};

enum markdown_mark {
	MARK_CODE,
	MARK_EMPHASIS,
	MARK_STRONG,
	MARK_LINK,
	MARK_IMAGE,
	MARK_HTML,
};

/* A slice of the text of all nodes. */
struct markdown_slice {
	uint32_t off, n;
};

struct markdown_part {
	enum markdown_mark mark;
	uint32_t line;
	struct markdown_slice text;   /* within the node's text */
	struct markdown_slice target; /* where a link or an image leads: see markdown_target */
};

struct markdown_node {
	enum markdown_kind kind;
	uint32_t level;           /* heading: 1 to 6; else in how many lists it stands */
	uint32_t line, last_line; /* 1-based; code: with its fences */
	uint32_t section;         /* the heading whose section it stands in directly, or MARKDOWN_NONE */
	uint32_t end;             /* of a heading: the first node behind its section; else its own index + 1 */
	bool nested;              /* heading: in a list or a quotation, so it begins no section */
	bool quoted;              /* in a quotation */
	bool ordered;             /* item: of a numbered list */
	bool fenced;              /* code: between fences, not by indentation */
	bool head;                /* row: the head of its table */
	struct markdown_slice text;
	struct markdown_slice info;  /* code: what stands behind the opening fence */
	uint32_t part, parts;        /* its parts, in order; one may lie in another */
	uint32_t cell, cells;        /* row: its cells, trimmed, in markdown.cell */
};

/* Zero-initialise; reading the next one reuses it. `source` is the caller's and must outlive its use. */
struct markdown {
	struct span source;
	struct markdown_node *node;
	uint32_t n, cap;
	struct markdown_part *part;
	uint32_t parts, parts_cap;
	struct markdown_slice *cell;
	uint32_t cells, cells_cap;
	struct buf text, targets;
	uint32_t *line_at; /* where each line of the source begins */
	uint32_t lines;
	const char *error;   /* after a failure: why, as a noun phrase */
	uint32_t error_line; /* 0: the document as a whole */
};

bool markdown_read(struct markdown *m, struct span source);
void markdown_free(struct markdown *m);

static inline struct span markdown_text(const struct markdown *m, struct markdown_slice s)
{
	return (struct span){s.n ? m->text.p + s.off : "", s.n};
}
static inline struct span markdown_target(const struct markdown *m, const struct markdown_part *part)
{
	return (struct span){part->target.n ? m->targets.p + part->target.off : "", part->target.n};
}
/* The bytes of the source from a heading's line on to the end of its section. */
struct span markdown_section(const struct markdown *m, uint32_t heading);
/* Steps through the lines of a text; false behind the last. *number goes up by one each time. */
bool markdown_line(struct span *rest, struct span *line, uint32_t *number);

#endif
