/* The shape of an SPDX license expression (SPDX 2.3, annex D): identifiers, `+`, WITH, AND, OR, parentheses.
 * Whether an identifier is on the list of licenses is not asked: the list grows. Pure. */
#ifndef CP_CATALOG_LICENSE_H
#define CP_CATALOG_LICENSE_H

#include "base/buf.h"

bool license_is(struct span text);

#endif
