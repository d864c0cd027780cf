/* Path authorizations: the patterns in which a framework says what its specs and packages may own (004 section 2.2).
 *
 * A pattern is a glob (data/glob.h), in which `{package_id}`, `{spec_id}` and `{framework_id}` stand for an id. An id
 * that is known is the only one that fits. One that is not is any well-formed id, the same wherever it stands in the
 * pattern: the path must hold it as a longest run of the letters of ids (the first eight of each sort are tried). */
#ifndef CP_LAW_AUTHORITY_H
#define CP_LAW_AUTHORITY_H

#include "data/ident.h"

enum { AUTHORITY_IDS = IDENT_SPEC + 1 };

/* The ids that are known, by enum ident; n = 0: not known. */
struct authority_ids {
	struct span id[AUTHORITY_IDS];
};

/* Why the text is no path authorization, as a predicate, or NULL. */
const char *authority_bad(struct span pattern);
/* Has it neither wildcard nor placeholder? Then it is a path. */
bool authority_is_path(struct span pattern);
/* Does it allow the path? Where it does, `bound` (may be NULL) has the ids that stood in the placeholders of the
 * pattern: slices of `known` or of the path. */
bool authority_allows(struct span pattern, struct span path, const struct authority_ids *known,
		      struct authority_ids *bound);
/* The placeholder's name, without braces. */
const char *authority_placeholder(enum ident which);
/* Does pattern `wide` allow whatever `narrow` does, as far as their text tells: are they equal, or is `wide` a
 * directory and `**` around it? */
bool authority_covers(struct span wide, struct span narrow);

#endif
