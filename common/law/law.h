/* Framework LAW documents (004 section 2, cp-law(5)): Markdown becomes a `framework` record. Read as a tree, never by
 * patterns over lines; metadata in each of the spellings that real documents have. Reading judges nothing: whatever
 * is Markdown becomes a record, and law_check says what is wrong with it. */
#ifndef CP_LAW_LAW_H
#define CP_LAW_LAW_H

#include "document/markdown.h"
#include "law/book.h"

/* The six sections that every document has. */
enum law_section {
	SECTION_METADATA,
	SECTION_INVARIANTS,
	SECTION_PATHS,
	SECTION_GATES,
	SECTION_CHANGES,
	SECTION_SECURITY,
	SECTION_COUNT,
};

/* How metadata are spelled; the first is the template's, and an earlier one is believed before a later one. */
enum law_style {
	STYLE_LIST,	 /* - version: 1.0.0 */
	STYLE_BOLD_LIST, /* - **Version**: 1.0.0 */
	STYLE_YAML,	 /* a block of YAML */
	STYLE_BOLD,	 /* **Version:** 1.0.0 */
	STYLE_STATUS,	 /* a section Status */
	STYLE_TITLE,	 /* # FMWK-100: Title */
	STYLE_NONE,
};

const char *law_section_name(enum law_section s);  /* "path_authorizations" */
const char *law_section_title(enum law_section s); /* "Path Authorizations" */
const char *law_style_name(enum law_style s);

/* Appends the members of a framework record behind its `"kind"`. */
void law_members(struct buf *b, const struct markdown *m, struct span file);

/* Where the metadata say that value; 0: nowhere. */
uint64_t law_field_line(const struct law_doc *d, const char *name);

/* Judges every framework of the book that is to be judged. Returns how many. */
uint64_t law_check(struct lawbook *b, const struct law_ends *e);

/* The ids of gates: capital letters, digits and `-`, at most 64. */
bool law_gate_ok(struct span gate);
/* The types of work orders (design: work orders). */
bool law_change_known(struct span type);

#endif
