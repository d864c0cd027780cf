/* Findings: one thing wrong. The one table of codes is codes.def; cp-codes(7) explains each. */
#ifndef CP_RECORD_FINDING_H
#define CP_RECORD_FINDING_H

#include "base/buf.h"

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

enum code {
#define CODE(name, severity, text) CODE_##name,
#include "record/codes.def"
#undef CODE
	CODE_COUNT
};

const char *code_name(enum code c);
enum severity code_severity(enum code c);
const char *code_text(enum code c); /* what it means, one line */
bool code_of(struct span name, enum code *out);
const char *severity_name(enum severity s);
bool severity_of(struct span name, enum severity *out);

/* A place in a file: line 0 and seq -1 where there is none. */
struct finding_place {
	const char *source; /* a file that is none of the plane's, as it was named; NULL: the finding's path */
	uint64_t line;
	int64_t seq; /* of a ledger's entry */
};

/* Appends one finding record (no LF). path.p NULL: none. place NULL: none. detail NULL: the code's own text. */
void finding_write(struct buf *b, enum code c, enum severity s, struct span path, const struct finding_place *place,
		   const char *detail, const char *by);

#endif
