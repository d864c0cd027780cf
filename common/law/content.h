/* What a law document may not hold (004 section 2.3), told by its text alone.
 *
 * Blocks of code: code, commands, examples of data, or anything else (a drawing). In a line: the path of one file (no
 * wildcard, no placeholder; with a slash and an extension, or in code a bare name with an extension that files have),
 * a call or the signature of a function, a command, data, and the version of a dependency (`name==1.2`). */
#ifndef CP_LAW_CONTENT_H
#define CP_LAW_CONTENT_H

#include "base/buf.h"

enum content {
	CONTENT_NONE,
	CONTENT_CODE,
	CONTENT_COMMAND,
	CONTENT_PAYLOAD,
	CONTENT_BLOCK,
	CONTENT_PATH,
	CONTENT_SIGNATURE,
	CONTENT_PIN,
};

/* The word for a record ("code", "path"), and what it is in a sentence. NULL for CONTENT_NONE. */
const char *content_name(enum content c);
const char *content_text(enum content c);
/* CONTENT_NONE where there is none of that name. */
enum content content_named(struct span name);

/* A block, whose first word behind the fence is `info`. Never CONTENT_NONE. */
enum content content_of_block(struct span info, struct span text);
/* What stands between backticks. */
enum content content_of_code(struct span text);
/* A word of plain text, which loses the punctuation around it. */
enum content content_of_word(struct span *word);
/* Where a link leads. Other documents of the law may be referred to. */
enum content content_of_link(struct span target);

#endif
