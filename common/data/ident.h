/* The ids of things. PKG-X, FMWK-X, SPEC-X: X is one or more of A-Z, 0-9 and `-` (004 sections 2 and 4). Work orders:
 * WO-YYYYMMDD-NNN, eight digits and three or more. */
#ifndef CP_DATA_IDENT_H
#define CP_DATA_IDENT_H

#include "base/buf.h"

enum ident { IDENT_PACKAGE, IDENT_FRAMEWORK, IDENT_SPEC, IDENT_WORK_ORDER };

enum { IDENT_MAX = 255 };

bool ident_is(enum ident kind, struct span id);

#endif
