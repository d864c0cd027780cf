/* What the law says becomes findings of the stream. */
#ifndef CP_CHARTER_SAY_H
#define CP_CHARTER_SAY_H

#include "law/book.h"

/* Ends whose reports are findings (filter/filter.h). */
struct law_ends charter_ends(void);

#endif
