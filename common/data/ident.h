/* The ids of things: PKG-…, FMWK-…, SPEC-…: the prefix, then one or more of A-Z, 0-9 and `-` (004 §2, §4). */
#ifndef CP_DATA_IDENT_H
#define CP_DATA_IDENT_H

#include "base/buf.h"

enum ident { IDENT_PACKAGE, IDENT_FRAMEWORK, IDENT_SPEC };

enum { IDENT_MAX = 255 };

bool ident_is(enum ident kind, struct span id);

#endif
