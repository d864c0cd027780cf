/* The digest that lies beside an archive, ARCHIVE.sha256, in one of three dialects: the bare hexadecimal digits, those
 * with two blanks (or ` *`) and the archive's name behind them as sha256sum(1) writes them, and the same with `sha256:`
 * in front; one line, whose end may be missing. It proves nothing: who can change the one can change the other. */
#ifndef CP_BUNDLE_SIDECAR_H
#define CP_BUNDLE_SIDECAR_H

#include "seal/digest.h"

/* `name` is the archive's, without directories. NULL, or why it is no digest of it, as a predicate. */
const char *sidecar_read(struct span text, struct span name, char hash[DIGEST_TEXT]);
/* Makes a finding (filter/filter.h) where there is one that is of something else, or is none. Ends the process with 4
 * when it cannot be read. */
void sidecar_check(const char *archive, const char hash[DIGEST_TEXT]);

#endif
