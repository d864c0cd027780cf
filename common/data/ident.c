#include "data/ident.h"

bool ident_is(enum ident kind, struct span id)
{
	static const char *const prefix[] = {
		[IDENT_PACKAGE] = "PKG-",
		[IDENT_FRAMEWORK] = "FMWK-",
		[IDENT_SPEC] = "SPEC-",
	};
	size_t n = strlen(prefix[kind]);
	if (id.n <= n || id.n > IDENT_MAX || memcmp(id.p, prefix[kind], n) != 0)
		return false;
	for (size_t i = n; i < id.n; i++)
		if (!(id.p[i] >= 'A' && id.p[i] <= 'Z') && !(id.p[i] >= '0' && id.p[i] <= '9') && id.p[i] != '-')
			return false;
	return true;
}
